"""How fast engines are, side by side."""

import statistics
import time

__all__ = ["megapixels_a_second"]

# Rounds of an engine that may win, seconds after which none is begun, and how far behind the fastest one gives up.
_ROUNDS = 5
_SECONDS = 20.0
_BEHIND = 2.0


def megapixels_a_second(engines, tiles):
    """Measure engines on one batch of tiles.

    They take turns, so that a machine's drift favours none; the median counts. One that took twice as long as the
    fastest in the first round has lost and takes no more turns.

    Args:
        engines: dict of any key to engine.
        tiles: (n, h, w, bands).

    Returns:
        Dict of key to million pixels a second.
    """
    for engine in engines.values():
        # The first call of a shape compiles.
        engine(tiles)
    seconds = {key: [] for key in engines}
    began = time.perf_counter()
    for round_ in range(_ROUNDS):
        fastest = min((min(taken) for taken in seconds.values() if taken), default=0)
        for key, engine in engines.items():
            if round_ and seconds[key][0] > _BEHIND * fastest:
                continue
            start = time.perf_counter()
            engine(tiles)
            seconds[key].append(time.perf_counter() - start)
        if time.perf_counter() - began > _SECONDS:
            break
    pixels = tiles.shape[0] * tiles.shape[1] * tiles.shape[2] / 1e6
    return {key: pixels / statistics.median(taken) for key, taken in seconds.items()}
