"""The model card beside an export (Mitchell et al. 2019, https://arxiv.org/abs/1810.03993): what it is and is not."""

import hashlib
import importlib.metadata
from pathlib import Path

from raremask import __version__
from raremask.export.formats import FORMATS, INT8
from raremask.export.samples import SIDE

__all__ = ["card_of"]

_SCORES = {"iou": "IoU", "dice": "Dice", "precision": "precision", "recall": "recall"}
_AIMS = {"iou": "the IoU"}


def card_of(run, name, comparison, model, digest=None, test=None):
    """The text of MODEL_CARD.md.

    Args:
        run: `raremask.run.Run`.
        name: in `raremask.export.formats.FORMATS`.
        comparison: `raremask.export.comparison.Comparison`.
        model: the exported file or folder.
        digest: SHA-256 of the run's own model, or None.
        test: what ``raremask evaluate`` wrote of the test split, dict, or None.
    """
    parts = [
        _head(run, name),
        _data(run),
        _scores(run, test),
        _mask(run),
        _interface(run, name),
        _comparison(comparison),
        _limits(run, name),
        _licence(),
        _origin(run, name, Path(model), digest),
    ]
    return "\n\n".join(parts) + "\n"


def _head(run, name):
    source = _name_of(run)
    return (
        f"# Model card: {source}, {FORMATS[name].title}\n\n"
        "One class against the rest: the graph marks the pixels of an image that are foreground. What foreground is, "
        f"the masks of {source} said: {run.decoding.describe()}.\n\n"
        f"{run.plan.model.describe()}, {run.model.count_params():,} parameters, trained with the loss "
        f"{run.plan.loss.name} (weights of background and foreground {run.plan.loss.weight_background:g} to "
        f"{run.plan.loss.weight_foreground:g})."
    )


def _data(run):
    seen = run.plan.fingerprint
    counts = {split: len(run.splits.get(split) or ()) for split in ("train", "val", "test")}
    lines = [
        "## Data",
        "",
        f"- {_name_of(run)}: {counts['train']} images to train on, {counts['val']} to choose the weights and the "
        f"threshold by, {counts['test']} left for the proof (split by {run.splits.get('origin', 'raremask')}).",
    ]
    if seen is not None:
        lines += [
            f"- {100 * seen.foreground_share:.3g} % of the valid training pixels are foreground; half of it is "
            f"narrower than {seen.foreground_width:.3g} pixels; {100 * seen.empty:.3g} % of the training masks "
            "have none.",
            f"- Images of {seen.shortest} to {seen.longest} pixels a side.",
        ]
    mean, std = (", ".join(f"{value:.4g}" for value in values) for values in (run.mean, run.std))
    lines.append(f"- Mean of the training images by band {mean}; standard deviation {std}.")
    return "\n".join(lines)


def _scores(run, test):
    lines = ["## Scores", ""]
    told = {"validation (the threshold was chosen on it)": run.scores.get("validation"), "test": test}
    known = {split: cells for split, scores in told.items() if (cells := _pooled(scores))}
    if known:
        lines += [f"| split | {' | '.join(_SCORES.values())} |", "|---" * (1 + len(_SCORES)) + "|"]
        lines += [f"| {split} | {' | '.join(cells)} |" for split, cells in known.items()]
        lines += ["", "Pooled over all pixels; in parentheses the 95 % interval, where it was measured."]
    if test is None:
        lines += ["", "Nothing was scored on the test split when this was exported: `raremask evaluate RUN DATA` does."]
    return "\n".join(lines)


def _mask(run):
    aim = run.plan.mask.aim
    lines = [
        "## From probability to mask",
        "",
        f"The threshold is {run.threshold:.6g}, inside the graph: a pixel of that probability is foreground. It was "
        f"chosen for {_AIMS.get(aim, aim)} on the validation images. For another, compare `probability` with it.",
    ]
    if run.smallest > 1 or run.hole > 1:
        lines += [
            "",
            "**The run cleans its masks up, the graph does not.** Afterwards take out components of foreground below "
            f"{run.smallest} pixels (8-connected), then fill holes below {run.hole} pixels (4-connected, not at the "
            "border), such as with scikit-image's `remove_small_objects` and `remove_small_holes`.",
        ]
    return "\n".join(lines)


def _interface(run, name):
    bands = f"bands {', '.join(map(str, run.read_bands))} of a file" if run.read_bands else "in the order of the file"
    lines = [
        "## Input and output",
        "",
        "| | name | shape | type | |",
        "|---|---|---|---|---|",
        f"| input | `image` | (batch, height, width, {run.bands}) | {run.dtype} | raw pixel values, {bands}: not "
        "scaled, not normalised |",
        "| output | `mask` | (batch, height, width) | uint8 | 1 foreground, 0 background |",
        "| output | `probability` | (batch, height, width) | float32 | of foreground, 0 to 1 |",
        "",
        "Any batch, height and width from 1 on. Inside, the image is mirrored at its bottom and right to a multiple of "
        f"{run.plan.model.stride} pixels. `example.py` masks one image.",
    ]
    if name in ("openvino", INT8):
        lines += [
            "",
            "OpenVINO computes in bfloat16 by itself where the processor has it: faster, and with other masks. What "
            "was compared is float32, `INFERENCE_PRECISION_HINT: f32`, as in `example.py`.",
        ]
    return "\n".join(lines)


def _comparison(comparison):
    lines = [
        "## Beside the run itself",
        "",
        f"On {comparison.images} windows of at most {SIDE} x {SIDE} pixels of real images, and cuts of odd sizes down "
        f"to one pixel ({comparison.pixels:,} pixels, {comparison.foreground:,} of them foreground), in its own "
        "runtime on the processor, beside Keras in float32:",
        "",
        "| | |",
        "|---|---|",
        f"| IoU of its masks with the native ones | {comparison.iou:.6f} |",
        f"| largest difference of a probability | {comparison.difference:.2g} |",
        f"| size | {comparison.megabytes:.2f} MB |",
        f"| time a window | {comparison.milliseconds:.1f} ms; Keras {comparison.native_milliseconds:.1f} ms |",
    ]
    if comparison.true_iou is not None:
        lines.append(
            f"| IoU with the true masks of these windows | {comparison.true_iou:.4f}; native "
            f"{comparison.native_true_iou:.4f} |"
        )
    if not FORMATS[comparison.format].exact:
        lines += ["", "8 bits are not float32: these masks differ from the run's, by what the table says."]
    return "\n".join(lines)


def _limits(run, name):
    lines = [
        "## Limits",
        "",
        "- It knows what its training images showed: other sensors, scales, seasons or places need a "
        "test of their own.",
        "- It says something for every pixel, also where an image has no data: mask those out.",
        "- The graph sees the whole image at once and needs memory for it, 100 to 300 times the image's bytes. "
        "Cutting large images into tiles is the caller's: let them overlap, and leave out, or blend, what lies near "
        "their rims. `raremask predict` does so.",
    ]
    return "\n".join(lines)


def _licence():
    return (
        "## Licence\n\nNot stated: it is for whoever trained the model to say, and depends on the images it was "
        "trained on. raremask's own licence (Apache-2.0) does not extend to it."
    )


def _origin(run, name, model, digest):
    best = f", the weights of epoch {run.best_epoch}" if run.best_epoch else ""
    libraries = ("keras", "tensorflow", "tensorflow-cpu", *_PACKAGES[name])
    versions = [f"{library} {version}" for library in libraries if (version := _version(library))]
    lines = [
        "## Origin",
        "",
        f"- Exported by raremask {__version__}{best}, with {', '.join(versions)}.",
    ]
    if digest is not None:
        lines.append(f"- SHA-256 of the run's own model.keras: `{digest}`.")
    lines += [f"- SHA-256 of {path.relative_to(model.parent)}: `{_digest(path)}`." for path in _files(model)]
    return "\n".join(lines)


_PACKAGES = {
    "onnx": ("tf2onnx", "onnx", "onnxruntime"),
    "openvino": ("openvino",),
    "litert": ("ai-edge-litert",),
    "savedmodel": (),
    INT8: ("openvino", "nncf"),
}


def _name_of(run):
    return Path(run.source.get("data") or "a data set that the run does not name").name


def _pooled(scores):
    """The cells of a line; none where there are no scores, or what a stranger wrote in their place."""
    try:
        return [_spell(scores["at_threshold"]["pooled"].get(score)) for score in _SCORES]
    except (AttributeError, KeyError, TypeError, ValueError):
        return []


def _spell(score):
    """A number, or one with the ends of its interval."""
    if not isinstance(score, dict):
        return "not defined" if score is None else f"{score:.3f}"
    value, low, high = (score.get(key) for key in ("value", "low", "high"))
    if value is None:
        return "not defined"
    return f"{value:.3f}" + ("" if low is None or high is None else f" ({low:.3f} to {high:.3f})")


def _version(library):
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return None


def _files(model):
    """Of a model: a folder's, or those of the file's name."""
    files = model.rglob("*") if model.is_dir() else model.parent.glob(f"{model.stem}.*")
    return sorted(file for file in files if file.is_file())


def _digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
