"""From a run to a folder that works without raremask: converted, run, compared, and described."""

import tempfile
from pathlib import Path

from raremask.errors import InputError, JobError
from raremask.export.card import card_of
from raremask.export.comparison import compare
from raremask.export.example import example_of
from raremask.export.folder import built_beside
from raremask.export.formats import FORMATS, INT8
from raremask.export.quantise import quantise
from raremask.files import write_json

__all__ = ["export", "refuse_other_backend"]


def refuse_other_backend():
    """Refuse to convert where Keras does not compute on TensorFlow, before the work.

    Raises:
        InputError: with what to type.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        raise InputError(
            f"models are converted on Keras's TensorFlow backend, not on {keras.backend.backend()}; a run of any "
            "backend will do: set KERAS_BACKEND=tensorflow for this command"
        )


def export(run, name, folder, native, calibration=(), facts=None):
    """Export a run in one form.

    Args:
        run: `raremask.run.Run`.
        name: in `raremask.export.formats.FORMATS`.
        folder: that appears, whole: the model, MODEL_CARD.md, example.py and comparison.json.
        native: `raremask.export.comparison.Native`, what the run makes of images.
        calibration: list of arrays (n, h, w, bands) to quantise by, where the form is in whole numbers.
        facts: for the card, as `raremask.export.card.card_of`.

    Returns:
        `raremask.export.comparison.Comparison`.

    Raises:
        InputError: the folder exists.
        JobError: the export's masks are not the native ones, it does not run, or it cannot be written.
    """
    try:
        return _export(run, name, folder, native, calibration, facts)
    except (InputError, JobError):
        raise
    except Exception as error:  # converters raise errors of every kind
        reason = " ".join(str(error).split()) or type(error).__name__
        raise JobError(f"no export to {FORMATS[name].title}: {reason[:300]}") from error


def _export(run, name, folder, native, calibration, facts):
    # Here, so that the room is open without TensorFlow.
    from raremask.engines import convert

    # The weights, in float32 or in 8 bits.
    needed = (1 if name == INT8 else 4) * run.model.count_params()
    with built_beside(folder, needed) as temporary:
        model = temporary / FORMATS[name].file
        function = convert.whole_function(run.model, run.bands, run.dtype, run.plan.model.stride, run.threshold)
        if name == INT8:
            with tempfile.TemporaryDirectory(prefix="raremask-") as scratch:
                convert.to_openvino(function, Path(scratch) / "float.xml")
                quantise(Path(scratch) / "float.xml", model, list(calibration))
        else:
            getattr(convert, f"to_{name}")(function, model)
        comparison = compare(name, model, native)
        why = comparison.why_not()
        if why is not None:
            raise JobError(f"no export to {FORMATS[name].title}: {why}. Use another format, and please report it")
        write_json(temporary / "comparison.json", comparison.to_dict())
        example = example_of(name, run.bands, run.dtype, run.read_bands)
        (temporary / "example.py").write_text(example, encoding="utf-8")
        card = card_of(run, name, comparison, model, **(facts or {}))
        # A name of a folder or an image may be no UTF-8.
        (temporary / "MODEL_CARD.md").write_text(card, encoding="utf-8", errors="backslashreplace")
    return comparison
