"""A trained run on disk: RUN/model.keras and RUN/run.json hold everything that later stages need.

One saver, one loader, used by training, prediction and evaluation alike. The model carries its own
normalisation, so a run cannot be used with the wrong one. Runs come from strangers too: the model is loaded in
Keras's safe mode, without compiling, within a size limit, and every entry of run.json is checked.
"""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

from raremask import __version__
from raremask.data.masks import Decoding
from raremask.data.rasters import parse_bands
from raremask.errors import InputError
from raremask.files import read_json, write_json, written_beside
from raremask.model_file import refuse_large_model
from raremask.plan import Plan

__all__ = ["OtherFormatError", "Run", "load_run", "read_as_asked", "save_run"]

FORMAT = 2

# Characters of where the images were.
_LONGEST_PATH = 4096


class OtherFormatError(InputError):
    """The run was written by a later or an earlier version, and is not damaged."""


@dataclass(frozen=True)
class Run:
    """What training leaves behind.

    Args:
        model: `keras.Model`, raw pixel values (batch, height, width, bands) -> logits; None where it was not loaded.
        plan: the `Plan` it was trained by.
        decoding: what its masks meant.
        bands, dtype: of the images it takes.
        read_bands: which bands of a file those are, counted from 1, or None for `raremask.data.read_image`'s own.
        mean, std: of the training images by band, for people to read: the model normalises by itself.
        threshold: probability from which a pixel is foreground.
        smallest, hole: pixels of the smallest component of foreground, and of the smallest hole in it, that stay in a
            mask; 0 for all.
        splits: dict of the stems it was trained, chosen and to be tested on.
        source: where the images and masks lay, dict of JSON values.
        scores: what was measured, dict of JSON values.
        events: what the gradient watch said, in words.
        best_epoch: the epoch whose weights these are, from 1; None where it is not known.
        epochs: how many were trained, once the training has ended or was interrupted.
    """

    model: object
    plan: Plan
    decoding: Decoding
    bands: int
    dtype: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    threshold: float = 0.5
    smallest: int = 0
    hole: int = 0
    splits: dict = field(default_factory=dict)
    source: dict = field(default_factory=dict)
    scores: dict = field(default_factory=dict)
    events: tuple[str, ...] = ()
    read_bands: tuple[int, ...] | None = None
    best_epoch: int | None = None
    epochs: int | None = None

    @property
    def local_source(self):
        """``source``, or nothing where it names another computer: none is asked for a file because a run says so."""
        elsewhere = any(value.startswith(("//", "\\\\")) for value in self.source.values())
        return {} if elsewhere else self.source

    def changed(self, **fields):
        """A copy with some fields changed."""
        return dataclasses.replace(self, **fields)


def read_as_asked(run, bands):
    """The run with what ``--bands`` says instead of its own bands; the same run for None.

    Raises:
        InputError: not band numbers, or not as many as the run was trained on.
    """
    bands = parse_bands(bands)
    if bands is not None and len(bands) != run.bands:
        raise InputError(f"--bands names {len(bands)} bands, but the run was trained on {run.bands}; name as many")
    return run if bands is None else run.changed(read_bands=bands)


def save_run(run, folder, model=True):
    """Write a run, atomically file by file and through to the disk: the model first, then run.json, the seal.

    A reader between the two finds new weights beside old facts; that ``best_epoch`` is written last tells a training
    that goes on whether both are there.

    Args:
        run: `Run`.
        folder: created where it is missing.
        model: False to leave the model file alone, where only the facts have changed.

    Raises:
        JobError: the disk is full or the folder cannot be written.
    """
    folder = Path(folder)
    if model:
        with written_beside(folder / "model.keras", durable=True) as temporary:
            _write_model(run.model, temporary)
    facts = {
        "format": FORMAT,
        "raremask": __version__,
        "plan": run.plan.to_dict(),
        "decoding": run.decoding.to_dict(),
        "bands": run.bands,
        "dtype": run.dtype,
        "normalisation": {"mean": list(run.mean), "std": list(run.std)},
        "threshold": run.threshold,
        "smallest": run.smallest,
        "hole": run.hole,
        "splits": run.splits,
        "source": run.source,
        "scores": run.scores,
        "events": list(run.events),
        "read_bands": run.read_bands and list(run.read_bands),
        "best_epoch": run.best_epoch,
        "epochs": run.epochs,
    }
    write_json(folder / "run.json", facts, durable=True)


def load_run(folder, model=True):
    """Read a run.

    Args:
        folder: what `save_run` wrote.
        model: False to read the facts alone, which takes neither Keras nor its backend. Whether they fit the model is
            then not known: use them with an engine that was made of both, as `raremask.engines.choose_engine` gives.

    Returns:
        `Run`; without ``model`` its model is None.

    Raises:
        InputError: not a run, damaged, of a later format, or holding code.
    """
    folder = Path(folder)
    if not (folder / "run.json").is_file():
        raise InputError(
            f"{folder} is not a run: it holds no run.json. Train one with: raremask train DATA -o {folder}"
        )
    facts = read_json(folder / "run.json")
    if facts.get("format") != FORMAT:
        raise OtherFormatError(
            f"{folder}/run.json has format {facts.get('format')!r}, this version reads {FORMAT}; use the version of "
            "raremask that wrote it, or train anew"
        )
    try:
        fields = {
            "plan": Plan.from_dict(dict(facts["plan"])),
            "decoding": Decoding.from_dict(dict(facts["decoding"])),
            "bands": int(facts["bands"]),
            "dtype": _dtype(facts["dtype"]),
            "mean": tuple(float(value) for value in facts["normalisation"]["mean"]),
            "std": tuple(float(value) for value in facts["normalisation"]["std"]),
            "threshold": float(facts["threshold"]),
            **{name: _size(facts.get(name, 0)) for name in ("smallest", "hole")},
            "splits": {name: _split(name, stems) for name, stems in dict(facts["splits"]).items()},
            "source": {str(name): _text(value) for name, value in dict(facts["source"]).items()},
            "scores": dict(facts["scores"]),
            "events": tuple(str(event) for event in facts["events"]),
            "read_bands": _bands(facts.get("read_bands"), facts["bands"]),
            "best_epoch": _count(facts.get("best_epoch")),
            "epochs": _count(facts.get("epochs")),
        }
    except KeyError as error:
        raise InputError(f"{folder}/run.json lacks the entry {error}") from error
    except InputError as error:
        raise InputError(f"{folder}/run.json: {error}") from error
    except (OverflowError, TypeError, ValueError) as error:
        raise InputError(f"{folder}/run.json holds a value that does not fit: {error}") from error
    if not 0 <= fields["threshold"] <= 1:
        raise InputError(f"{folder}/run.json: the threshold must lie between 0 and 1, not {fields['threshold']}")
    if not model:
        return Run(model=None, **fields)
    model = _read_model(folder / "model.keras")
    _refuse_other_model(model, fields["bands"], fields["plan"].model.stride, folder)
    return Run(model=model, **fields)


def _bands(numbers, count):
    if numbers is None:
        return None
    if (
        not isinstance(numbers, list)
        or len(numbers) != count
        or not all(type(number) is int and number > 0 for number in numbers)
    ):
        raise TypeError(f"read_bands is no list of {count} band numbers from 1")
    return tuple(numbers)


def _dtype(name):
    if name not in ("uint8", "uint16"):
        raise TypeError(f"the pixel type is uint8 or uint16, not {str(name)[:40]!r}")
    return name


def _text(value):
    if not isinstance(value, str) or len(value) > _LONGEST_PATH:
        raise TypeError(f"{str(value)[:40]!r} is no path")
    return value


def _count(value):
    if value is not None and not (type(value) is int and value > 0):
        raise TypeError(f"{str(value)[:40]!r} is no number of epochs")
    return value


def _size(value):
    if not (type(value) is int and 0 <= value < 2**31):
        raise TypeError(f"{str(value)[:40]!r} is no number of pixels")
    return value


def _split(name, stems):
    if name == "origin":
        return str(stems)
    if not isinstance(stems, list) or not all(isinstance(stem, str) for stem in stems):
        raise TypeError(f"the split {name!r} is no list of stems")
    return stems


def _refuse_other_model(model, bands, stride, folder):
    taken, given = getattr(model, "input_shape", None), getattr(model, "output_shape", None)
    if (taken, given) != ((None, None, None, bands), (None, None, None, 1)):
        raise InputError(
            f"{folder}/model.keras takes {taken} and gives {given}, but run.json says {bands} bands and one logit a "
            "pixel; the two are not of one training"
        )
    # Down to pieces of one pixel and up again: with another depth the sides would not meet.
    try:
        smallest = model.compute_output_shape((1, stride, stride, bands))
    except Exception:  # of many kinds, from whichever layer does not fit
        smallest = None
    if smallest != (1, stride, stride, 1):
        raise InputError(
            f"{folder}/model.keras is no model of the plan in run.json: images of {stride} x {stride} pixels, the "
            "plan's stride, do not pass through it"
        )


def _write_model(model, path):
    import keras

    from raremask.models import portable

    # Without optimizer, loss and layers of ours it loads anywhere, without raremask.
    keras.saving.save_model(portable(model), path)


def _read_model(path):
    import keras

    refuse_large_model(path)
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises many kinds on a damaged or hostile file
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path} cannot be loaded as a Keras model: {reason[:200]}") from error
