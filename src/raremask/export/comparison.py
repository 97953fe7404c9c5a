"""An export, run in its own runtime in a process of its own, beside the masks of the run itself."""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from raremask.engines.agreement import LEAST_IOU
from raremask.engines.runtimes import keep_all_digits
from raremask.errors import JobError
from raremask.export import runner
from raremask.export.formats import FORMATS
from raremask.files import explain
from raremask.prediction import predict_probability

__all__ = ["Comparison", "Native", "compare", "predict_natively"]

# The largest difference of a probability: 5 of the 255 levels that one is written in.
MOST_DIFFERENCE = 0.02

# The same where the native masks hold nothing, so that their IoU proves nothing.
MOST_DIFFERENCE_UNSEEN = 1e-4


@dataclass(frozen=True)
class Native:
    """What the run itself makes of images, in float32.

    Args:
        images: dict of name to pixels (n, h, w, bands). Those called ``timed_...`` are the samples.
        probabilities: dict of name to float32 (n, h, w).
        truths: dict of name to uint8 (1, h, w), of those samples that have a mask.
        threshold: the run's.
        milliseconds: median of a sample's prediction.
    """

    images: dict
    probabilities: dict
    truths: dict
    threshold: float
    milliseconds: float

    def masks(self):
        """Dict of name to bool (n, h, w)."""
        return {key: probability >= self.threshold for key, probability in self.probabilities.items()}


@dataclass(frozen=True)
class Comparison:
    """How an export compares with its run.

    Args:
        format: in `raremask.export.formats.FORMATS`.
        images: how many samples.
        pixels: how many were compared, those of the odd sizes too.
        foreground: pixels of them that are foreground in the native masks.
        iou: of its masks with the native ones, pooled over the pixels; 1 where neither has any foreground.
        difference: the largest of two probabilities of one pixel.
        megabytes: of its files.
        milliseconds, native_milliseconds: median of a sample, in its runtime and in Keras.
        true_iou, native_true_iou: of its masks, and of the native ones, with the true masks of the samples; None
            where there are none.
    """

    format: str
    images: int
    pixels: int
    foreground: int
    iou: float
    difference: float
    megabytes: float
    milliseconds: float
    native_milliseconds: float
    true_iou: float | None = None
    native_true_iou: float | None = None

    def to_dict(self):
        """As plain JSON values."""
        return asdict(self)

    def why_not(self):
        """What keeps the export from being given out, in words, or None."""
        if not FORMATS[self.format].exact:
            return None
        if self.iou < LEAST_IOU:
            return f"its masks have an IoU of {np.floor(self.iou * 1e4) / 1e4:.4f} with the native ones"
        most = MOST_DIFFERENCE if self.foreground else MOST_DIFFERENCE_UNSEEN
        if not self.difference <= most:
            return f"its probabilities differ by up to {self.difference:.2g} from the native ones"
        return None


def predict_natively(run, samples):
    """Predict the samples, and cuts of them of odd sizes and as a batch, by `raremask.prediction`.

    Args:
        run: `raremask.run.Run`; it is predicted in float32, whatever it was trained in.
        samples: list of `raremask.export.samples.Sample`, at least one.

    Returns:
        `Native`.
    """
    images = {f"timed_{at}": sample.image[None] for at, sample in enumerate(samples)}
    images |= _odd_ones(samples[0].image, run.plan.model.stride)
    probabilities, milliseconds = {}, []
    for key, batch in images.items():
        probabilities[key] = np.stack([predict_probability(run, image) for image in batch])
        if key.startswith("timed"):
            began = time.perf_counter()
            predict_probability(run, batch[0])
            milliseconds.append(1e3 * (time.perf_counter() - began))
    truths = {f"timed_{at}": sample.truth[None] for at, sample in enumerate(samples) if sample.truth is not None}
    return Native(images, probabilities, truths, run.threshold, float(np.median(milliseconds)))


def compare(name, model, native):
    """Run an export on what was predicted natively.

    Args:
        name: in `raremask.export.formats.FORMATS`.
        model: its file or folder.
        native: `Native`.

    Returns:
        `Comparison`.

    Raises:
        JobError: it cannot be loaded or run, or gives something other than masks and probabilities.
    """
    found, facts = _run_apart(name, Path(model), native.images)
    masks = native.masks()
    for key, mask in masks.items():
        _refuse_other_form(name, found, key, mask.shape)
    own = {key: found[f"mask_{key}"] == 1 for key in masks}
    # NumPy's maximum keeps NaN, Python's may lose it.
    difference = np.max([np.abs(found[f"probability_{key}"] - p).max() for key, p in native.probabilities.items()])
    return Comparison(
        format=name,
        images=sum(key.startswith("timed") for key in masks),
        pixels=sum(mask.size for mask in masks.values()),
        foreground=int(sum(np.count_nonzero(mask) for mask in masks.values())),
        iou=_iou((own[key], masks[key]) for key in masks),
        difference=float(difference),
        megabytes=round(_bytes(Path(model)) / 1e6, 3),
        milliseconds=round(facts["milliseconds"], 1),
        native_milliseconds=round(native.milliseconds, 1),
        true_iou=_true_iou(own, native.truths),
        native_true_iou=_true_iou(masks, native.truths),
    )


def _odd_ones(image, stride):
    """Cuts that no stride divides, down to one pixel, and two of them as a batch."""
    sizes = {"pixel": (1, 1), "row": (1, 40), "small": (17, 33), "uneven": (stride + 1, 2 * stride - 1)}
    cuts = {name: np.ascontiguousarray(image[None, :height, :width]) for name, (height, width) in sizes.items()}
    pair = np.concatenate([cuts["small"], cuts["small"][:, ::-1]])
    return cuts | {"pair": np.ascontiguousarray(pair)}


def _run_apart(name, model, images):
    with tempfile.TemporaryDirectory(prefix="raremask-") as folder:
        given, results = Path(folder) / "images.npz", Path(folder) / "results.npz"
        try:
            np.savez(given, **images)
        except OSError as error:
            raise JobError(explain(error, given)) from error
        # -P: what lies beside the runner is not for import.
        command = [sys.executable, "-P", runner.__file__, name, str(model), str(given), str(results)]
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "ORT_DISABLE_TELEMETRY": "1"}
        environment = {**os.environ, **quiet}
        keep_all_digits(environment)
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        if done.returncode:
            lines = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
            raise JobError(f"the export to {FORMATS[name].title} does not run: {lines[-1][:300]}")
        with np.load(results, allow_pickle=False) as stored:
            found = {key: stored[key] for key in stored.files}
    return found, json.loads(found.pop("facts").tobytes())


def _refuse_other_form(name, found, key, shape):
    for kind, dtype in (("mask", np.uint8), ("probability", np.float32)):
        array = found[f"{kind}_{key}"]
        if array.shape != shape or array.dtype != dtype:
            raise JobError(
                f"the export to {FORMATS[name].title} gives a {kind} of {array.dtype} {array.shape} for an image of "
                f"{shape}, where {np.dtype(dtype)} of that shape was expected"
            )


def _true_iou(masks, truths):
    return _iou((masks[key][truth <= 1], truth[truth <= 1] == 1) for key, truth in truths.items()) if truths else None


def _iou(pairs):
    both = either = 0
    for one, other in pairs:
        both += np.count_nonzero(one & other)
        either += np.count_nonzero(one | other)
    return float(both / either) if either else 1.0


def _bytes(model):
    """Of a model: a file with what belongs to it by name, or a folder."""
    files = model.rglob("*") if model.is_dir() else model.parent.glob(f"{model.stem}.*")
    return sum(file.stat().st_size for file in files if file.is_file())
