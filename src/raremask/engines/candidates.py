"""What may be chosen from: each engine in each way to run it, and how it is made from a run."""

from dataclasses import dataclass

from raremask import __version__
from raremask.engines.keras import KerasEngine
from raremask.engines.onnx import OnnxEngine
from raremask.engines.openvino import OpenVINOEngine, precisions
from raremask.engines.runtimes import RUNTIMES, installed, versions
from raremask.engines.store import kept_model, key_of, make_model
from raremask.errors import JobError

__all__ = ["Candidate", "candidates", "model_key", "open_kept", "opened"]

_WORDS = {"f32": "float32", "bf16": "bfloat16"}
_FILES = {"openvino": "model.xml", "onnx": "model.onnx"}


@dataclass(frozen=True)
class Candidate:
    """A way to run a model.

    Args:
        name: of the engine.
        precision: ``"f32"`` or ``"bf16"``.

    Example:

    >>> Candidate("openvino", "bf16").title
    'OpenVINO in bfloat16'
    """

    name: str
    precision: str = "f32"

    @property
    def title(self):
        """In words."""
        return f"{RUNTIMES[self.name][0]} in {_WORDS[self.precision]}"


def candidates(name="auto"):
    """The ways to run a model that this machine has: list of `Candidate`, Keras first.

    Args:
        name: of one engine, or ``"auto"`` for all that are installed.
    """
    found = [Candidate("keras")] if name in ("auto", "keras") else []
    if name in ("auto", "onnx") and installed("onnx"):
        found.append(Candidate("onnx"))
    if name in ("auto", "openvino") and installed("openvino"):
        found += [Candidate("openvino", precision) for precision in _precisions()]
    return found


def _precisions():
    try:
        return precisions()
    except Exception:  # what is broken will say so when it is opened
        return ("f32",)


def model_key(name, digest, run):
    """Under which name a run's model is kept, converted for an engine.

    Args:
        name: of the engine.
        digest: of model.keras.
        run: `raremask.run.Run`; its model is not used.
    """
    return key_of(
        {
            "engine": name,
            "model": digest,
            "bands": run.bands,
            "dtype": run.dtype,
            "raremask": __version__,
            "versions": versions(),
        }
    )


def opened(candidate, digest, run):
    """The engine of a candidate, converted if it was not.

    Args:
        candidate: `Candidate`.
        digest: of the model.keras that ``run`` was loaded from.
        run: `raremask.run.Run` with its model.

    Raises:
        Exception: of many kinds, from the libraries that convert and run.
    """
    if candidate.name == "keras":
        return KerasEngine(run)
    key = model_key(candidate.name, digest, run)
    folder = kept_model(key) or make_model(key, lambda folder: _convert(candidate.name, run, folder))
    return _engine(candidate, folder)


def open_kept(candidate, digest, run):
    """The engine of a candidate that was converted before, or None; needs neither the run's model nor Keras."""
    if not installed(candidate.name):
        return None
    folder = kept_model(model_key(candidate.name, digest, run))
    return None if folder is None else _engine(candidate, folder)


def _engine(candidate, folder):
    path = folder / _FILES[candidate.name]
    if candidate.name == "onnx":
        return OnnxEngine(path)
    return OpenVINOEngine(path, candidate.precision)


def _convert(name, run, folder):
    import keras

    if keras.backend.backend() != "tensorflow":
        raise JobError("models are converted on Keras's TensorFlow backend; set KERAS_BACKEND=tensorflow once")
    from raremask.engines.convert import tile_function, to_onnx, to_openvino
    from raremask.engines.runtimes import import_openvino

    function = tile_function(run.model, run.bands, run.dtype)
    if name == "onnx":
        to_onnx(function, folder / _FILES[name])
    else:
        import_openvino()
        to_openvino(function, folder / _FILES[name])
