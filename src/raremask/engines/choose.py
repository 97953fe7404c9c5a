"""Which engine runs a model: the fastest on this machine of those that compute what Keras does in float32.

Keras itself has to be faster by a quarter, as it takes seconds to start.

What is found out is kept in the user's cache folder and holds for one model, one machine and one set of libraries;
after that, no later command needs Keras to predict.
"""

import math
import os
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np

from raremask import __version__
from raremask.engines.candidates import Candidate, candidates, open_kept, opened
from raremask.engines.keras import KerasEngine
from raremask.engines.machine import machine
from raremask.engines.runtimes import RUNTIMES, installed, refuse_missing, versions
from raremask.engines.store import file_digest, keep_choice, kept_choice, key_of
from raremask.errors import InputError, JobError
from raremask.model_file import refuse_large_model
from raremask.run import load_run

__all__ = ["ENGINES", "choose_engine"]

ENGINES = ("auto", "keras", "openvino", "onnx")

# Seconds after which an engine that failed, such as on a full disk, is tried anew.
_FAILED = 24 * 3600

# Keras and TensorFlow take seconds to start, each time: they must be faster by that to be worth it.
_WORTH_STARTING = 1.25


def choose_engine(folder, name="auto", *, tile=512, batch=4, start=None, say=None):
    """Open a run's engine.

    Every engine but Keras is compared with Keras in float32 before it is used (`raremask.engines.agreement`), and is
    not used where their masks differ. Those that are left are measured once for each run and machine, and the choice
    is kept. From then on neither TensorFlow nor Keras is imported, unless Keras was the fastest.

    Args:
        folder: of a run.
        name: ``"auto"``, or the engine to use: ``"keras"``, ``"openvino"`` in the fastest way that agrees, ``"onnx"``.
        tile, batch: edge length and number of the tiles that the engine will get at once, mostly; the tile is
            rounded up to the model's stride.
        start: called before Keras is needed, or None.
        say: called with a line before what takes long, or None.

    Returns:
        (engine, a sentence that says which it is and why). An engine has a ``name``, and is called with tiles
        (n, h, w, bands) of the run's dtype, C-contiguous, h and w divisible by the model's stride; it gives the
        probability of foreground, float32 (n, h, w).

    Raises:
        InputError: not a run, or an engine that is unknown or not installed.
        JobError: the named engine does not compute what Keras does, or fails.
    """
    if name not in ENGINES:
        raise InputError(f"there is no engine {name!r}; choose one of {', '.join(ENGINES)}")
    start, say = start or _nothing, say or _nothing
    if name == "keras":
        start()
        return KerasEngine(load_run(folder)), "engine: Keras in float32, as asked"
    if name != "auto":
        refuse_missing(name)
    elif not any(map(installed, ("openvino", "onnx"))):
        start()
        sentence = "engine: Keras in float32, as no other is installed; pip install openvino for a faster one"
        return KerasEngine(load_run(folder)), sentence
    return _kept(folder, name, tile, batch, start) or _chosen(folder, name, tile, batch, start, say)


def _kept(folder, name, tile, batch, start):
    run = load_run(folder, model=False)
    digest = _digest(folder)
    choice = kept_choice(_key(run, digest, name, tile, batch))
    try:
        if choice["until"] is not None and not 0 <= choice["until"] - time.time() <= _FAILED:
            return None
        candidate, sentence = Candidate(**choice["candidate"]), str(choice["sentence"])
        if candidate.name == "keras":
            start()
            return KerasEngine(load_run(folder)), sentence
        engine = open_kept(candidate, digest, run)
    except (InputError, JobError):
        raise
    except Exception:  # damaged, by hand or by another version, in whatever way: it is made anew
        return None
    return None if engine is None else (engine, sentence)


def _chosen(folder, name, tile, batch, start, say):
    start()
    say("trying engines on this machine, once for this run")
    digest = _digest(folder)
    run = load_run(folder)
    if _digest(folder) != digest:
        raise JobError(f"{folder}/model.keras was written anew while it was read; predict again when that has ended")
    candidate, engine, sentence, errors = _fastest(run, digest, name, tile, batch)
    # Of what raremask itself refuses, such as another backend, the remedy is told, and may follow at once.
    if not any(isinstance(error, JobError) for error in errors):
        until = time.time() + _FAILED if errors else None
        choice = {"candidate": asdict(candidate), "sentence": sentence, "until": until, **machine()}
        keep_choice(_key(run, digest, name, tile, batch), choice)
    return engine, sentence


def _fastest(run, digest, name, tile, batch):
    # Late: what is known already needs none of it.
    from raremask.engines.agreement import compare
    from raremask.engines.speed import megapixels_a_second
    from raremask.engines.tiles import choose_tiles

    tiles = choose_tiles(run, _rounded(tile, run))
    native = _computed(KerasEngine(run), tiles, batch)
    good, refused, errors = {}, {}, []
    for candidate in candidates(name):
        try:
            engine = opened(candidate, digest, run)
            if candidate.name != "keras":
                agreement = compare(native, _computed(engine, tiles, batch), run.threshold)
                if not agreement.good:
                    refused[candidate.title] = agreement.why_not()
                    continue
            good[candidate] = engine
        except Exception as error:  # converters and runtimes raise errors of every kind
            refused[candidate.title] = _in_short(error)
            errors.append(error)
    if not good:
        reasons = "; ".join(f"{title}: {reason}" for title, reason in refused.items())
        raise JobError(f"{RUNTIMES[name][0]} cannot be used for this run ({reasons}); use --engine auto or keras")
    speeds = megapixels_a_second(good, np.resize(tiles.pixels, (batch, *tiles.pixels.shape[1:])))
    best = _best(speeds)
    return best, good[best], _sentence(best, speeds, refused, tiles.origin), errors


def _best(speeds):
    def worth(candidate):
        return speeds[candidate] / (_WORTH_STARTING if candidate.name == "keras" else 1)

    return max(speeds, key=worth)


def _computed(engine, tiles, batch):
    """The engine's probabilities of all tiles, in batches of the size that it will get."""
    batches = (tiles.pixels[start : start + batch] for start in range(0, len(tiles.pixels), batch))
    return [np.concatenate([engine(pixels) for pixels in batches]), engine(tiles.odd)]


def _sentence(best, speeds, refused, origin):
    by_title = {}
    for candidate, speed in speeds.items():
        by_title[candidate.title] = max(speed, by_title.get(candidate.title, 0))
    chosen = by_title.pop(best.title)
    others = [f"{title} {_short(speed)}" for title, speed in sorted(by_title.items(), key=lambda entry: -entry[1])]
    beside = f" ({', '.join(others)})" if others else ""
    if speeds[best] < max(speeds.values()):
        beside += ", and it starts without TensorFlow"
    left_out = "".join(f"; not {title}: {reason}" for title, reason in refused.items())
    return f"engine: {best.title}: {_short(chosen)} million pixels a second here{beside}, tried on {origin}{left_out}"


def _key(run, digest, name, tile, batch):
    return key_of(
        {
            "asked": name,
            "model": digest,
            "bands": run.bands,
            "dtype": run.dtype,
            "stride": run.plan.model.stride,
            "threshold": run.threshold,
            "tile": _rounded(tile, run),
            "batch": batch,
            # Of Keras, where it is among those that are measured.
            "backend": os.environ.get("KERAS_BACKEND", "tensorflow"),
            "machine": machine(),
            "raremask": __version__,
            "versions": versions(),
        }
    )


def _digest(folder):
    path = Path(folder) / "model.keras"
    refuse_large_model(path)
    try:
        return file_digest(path)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def _rounded(tile, run):
    stride = run.plan.model.stride
    return math.ceil(tile / stride) * stride


def _in_short(error):
    return (" ".join(str(error).split()) or type(error).__name__)[:160]


def _short(speed):
    return f"{speed:.{2 if speed < 1 else 1 if speed < 10 else 0}f}"


def _nothing(*_):
    pass
