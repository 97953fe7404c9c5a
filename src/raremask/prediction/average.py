"""Engines made of engines: the mean over flips and quarter turns of a tile, and the mean over several runs."""

import numpy as np

__all__ = ["AVERAGES", "Averaged", "Ensemble"]

# (quarter turns, whether the columns are then mirrored): what leaves a rectangle's sides upright, and the symmetries of
# the square.
_FLIPS = ((0, False), (2, False), (0, True), (2, True))
AVERAGES = {"flips": _FLIPS, "turns": (*_FLIPS, (1, False), (3, False), (1, True), (3, True))}


class Averaged:
    """Judges a tile as it lies, mirrored and turned, and takes the mean of the probabilities.

    What the model has learnt of no direction in particular it then finds in all alike; it costs as many times the work.

    Args:
        engine: an engine.
        name: in `AVERAGES`: ``"flips"``, four ways, or ``"turns"``, those and their quarter turns, eight.

    Example: an engine that looks at one corner.

    >>> corner = lambda tiles: tiles[:, :1, :1, 0] * np.ones(tiles.shape[:3], "float32")
    >>> Averaged(corner, "flips")(np.array([[[[1], [2]], [[3], [6]]]]))[0].tolist()
    [[3.0, 3.0], [3.0, 3.0]]
    """

    def __init__(self, engine, name):
        self._engine, self._ways = engine, AVERAGES[name]
        self.name = f"{getattr(engine, 'name', 'engine')}, mean over {name}"

    def __call__(self, tiles):
        """As `raremask.engines.KerasEngine`."""
        total = 0
        for turns, mirrored in self._ways:
            laid = np.rot90(tiles, turns, (1, 2))
            laid = laid[:, :, ::-1] if mirrored else laid
            found = self._engine(np.ascontiguousarray(laid))
            found = found[:, :, ::-1] if mirrored else found
            total = total + np.rot90(found, -turns, (1, 2))
        return total / np.float32(len(self._ways))


class Ensemble:
    """The mean of the probabilities of several engines.

    Args:
        engines: of runs on images of the same bands and pixel type, on tiles that suit all.
    """

    def __init__(self, engines):
        self._engines = list(engines)
        self.name = " and ".join(getattr(engine, "name", "engine") for engine in self._engines)

    def __call__(self, tiles):
        """As `raremask.engines.KerasEngine`."""
        return sum(engine(tiles) for engine in self._engines) / np.float32(len(self._engines))
