"""What is kept of the experiment on disk: how it began, and what each training scored."""

from dataclasses import dataclass
from pathlib import Path

from raremask.errors import InputError
from raremask.evaluation import Confusion
from raremask.files import read_json, write_json

__all__ = ["BEGUN", "Record", "difference", "read_begun", "read_record", "write_begun", "write_record"]

FORMAT = 1
BEGUN = "experiment.json"
RECORD = "trial.json"


@dataclass(frozen=True)
class Record:
    """What one training scored.

    Args:
        plan: it was trained by, as JSON values.
        at_threshold: dict of stem to `Confusion`, at a threshold that these images have not chosen.
        at_half: the same at 0.5.
        thresholds: that were chosen.
        epochs: that were trained.
        minutes: that training and scoring took, all in all.
        events: what the gradient watch said.
        failed: why there is nothing to score, or None.
    """

    plan: dict
    at_threshold: dict
    at_half: dict
    thresholds: tuple[float, ...] = ()
    epochs: int | None = None
    minutes: float = 0.0
    events: tuple[str, ...] = ()
    failed: str | None = None

    @property
    def pooled(self):
        """One `Confusion` over all images, at the threshold."""
        return sum(self.at_threshold.values(), Confusion())


def write_record(folder, record):
    """Write what a training scored into its folder.

    Raises:
        JobError: the disk is full or the folder cannot be written.
    """
    images = {
        stem: {"at_threshold": _counts(record.at_threshold[stem]), "at_half": _counts(record.at_half[stem])}
        for stem in record.at_threshold
    }
    told = {
        "format": FORMAT,
        "failed": record.failed,
        "epochs": record.epochs,
        "minutes": record.minutes,
        "thresholds": list(record.thresholds),
        "events": list(record.events),
        "counts": ["tp", "fp", "fn", "tn"],
        "images": images,
        "plan": record.plan,
    }
    write_json(Path(folder) / RECORD, told, durable=True)


def read_record(folder, plan, stems):
    """Read what a training scored, or None where it has not ended.

    Args:
        folder: of the training.
        plan: `Plan` that it must have been trained by.
        stems: of the images that must have been scored.

    Raises:
        InputError: it was another training, or the file is damaged.
    """
    path = Path(folder) / RECORD
    if not path.is_file():
        return None
    told = read_json(path)
    _refuse_format(told, path)
    try:
        images = {
            str(stem): [Confusion(*map(_whole, counts[at])) for at in ("at_threshold", "at_half")]
            for stem, counts in told["images"].items()
        }
        record = Record(
            plan=dict(told["plan"]),
            at_threshold={stem: counts[0] for stem, counts in images.items()},
            at_half={stem: counts[1] for stem, counts in images.items()},
            thresholds=tuple(map(float, told["thresholds"])),
            epochs=told["epochs"],
            minutes=float(told["minutes"]),
            events=tuple(map(str, told["events"])),
            failed=told["failed"] and str(told["failed"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} is damaged ({error!r}); delete its folder, and it is trained anew") from error
    other = difference(record.plan, plan.to_dict())
    if other is None and not record.failed and set(record.at_threshold) != set(stems):
        other = "it scored other images"
    if other is not None:
        raise InputError(f"{path} is of another training ({other}); choose another folder with -o")
    return record


def write_begun(folder, asked, decided):
    """Write what the experiment was asked for and what was decided for all its trainings."""
    write_json(Path(folder) / BEGUN, {"format": FORMAT, "asked": asked, "decided": decided}, durable=True)


def read_begun(folder, asked):
    """What was decided for all trainings, if the experiment has begun in this folder; else None.

    Args:
        folder: of the experiment.
        asked: what `Experiment.asked` says now.

    Raises:
        InputError: another experiment has begun there.
    """
    path = Path(folder) / BEGUN
    if not path.is_file():
        return None
    told = read_json(path)
    _refuse_format(told, path)
    other = difference(told.get("asked"), asked)
    if other is not None:
        raise InputError(
            f"{folder} holds another comparison ({other}); go on with what it began with, or choose another folder "
            "with -o"
        )
    decided = told.get("decided")
    if not isinstance(decided, dict) or not {"precision", "clock", "overhead"} <= decided.keys():
        raise InputError(f"{path} is damaged; choose another folder with -o")
    return decided


def difference(was, now, name=""):
    """The first difference between two JSON values in words, or None.

    Example:

    >>> difference({"plan": {"crops": {"batch": 8}}}, {"plan": {"crops": {"batch": 4}}})
    'plan.crops.batch was 8 and is 4'
    """
    if isinstance(was, dict) and isinstance(now, dict):
        keys = dict.fromkeys([*was, *now])
        found = (difference(was.get(key), now.get(key), f"{name}.{key}" if name else key) for key in keys)
        return next((told for told in found if told is not None), None)
    if was == now:
        return None
    if isinstance(was, list) and isinstance(now, list):
        return f"{name or 'they'} are others"
    return f"{name or 'it'} was {_short(was)} and is {_short(now)}"


def _short(value):
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _refuse_format(told, path):
    if told.get("format") != FORMAT:
        raise InputError(f"{path} has format {told.get('format')!r}, this version reads {FORMAT}; update raremask")


def _counts(confusion):
    return [confusion.tp, confusion.fp, confusion.fn, confusion.tn]


def _whole(value):
    if type(value) is not int:
        raise TypeError(f"{str(value)[:40]!r} is no count")
    return value
