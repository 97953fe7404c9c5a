"""Whether an engine computes what the run's model does: its masks beside those of Keras in float32."""

from dataclasses import dataclass

import numpy as np

__all__ = ["LEAST_IOU", "Agreement", "compare", "telling_thresholds"]

# IoU that an engine's masks must have with those of Keras in float32.
LEAST_IOU = 0.999

# The largest difference of a probability: 5 of the 255 levels that a probability is written in.
_FURTHEST = 0.02

# The same where no mask says anything.
_FURTHEST_UNSEEN = 1e-4

# Pixels that a mask, and what is not in it, must hold to tell IoUs of 0.999 and 1 apart.
_TELLING = 2000

# Shares of foreground at whose thresholds masks are compared, whatever the run's own.
_SHARES = (0.005, 0.05, 0.3)

# Share of the pixels, to either side, among which the widest gap is sought; and logits that they must span at least.
_NEAR = 0.001
_SPAN = 1e-4


@dataclass(frozen=True)
class Agreement:
    """How an engine's probabilities compare with those of Keras in float32.

    Args:
        iou: of the two masks, at the worst of the thresholds; None where no mask said anything.
        threshold: the worst, or None.
        difference: the largest of two probabilities of one pixel; infinite where one is no probability.
    """

    iou: float | None
    threshold: float | None
    difference: float

    @property
    def good(self):
        """Whether the engine may be used."""
        if self.iou is None:
            return self.difference <= _FURTHEST_UNSEEN
        return self.iou >= LEAST_IOU and self.difference <= _FURTHEST

    def why_not(self):
        """In words, what is wrong."""
        if not np.isfinite(self.difference):
            return "it computes what is no probability"
        if self.iou is not None and self.iou < LEAST_IOU:
            return (
                f"its masks have an IoU of {np.floor(self.iou * 1e4) / 1e4:.4f} with those of Keras in float32 "
                f"at the threshold {self.threshold:.3g}"
            )
        return f"its probabilities differ by up to {self.difference:.2g} from those of Keras in float32"


def compare(native, others, threshold):
    """Compare an engine with Keras in float32.

    What shows that two engines agree is not one number of one mask. The masks are compared at the run's threshold,
    and at those at which 0.5, 5 and 30 % of the pixels are foreground: an empty mask equals any other empty one, and
    the threshold may be chosen anew. The probabilities are compared too, on all pixels: what is right only near the
    threshold would be wrong in a map of probabilities.

    Args:
        native: list of float32 arrays (n, h, w), the probabilities of Keras in float32. Masks are compared on the
            first, pooled over its tiles, the probabilities on all.
        others: the same of the engine.
        threshold: the run's.

    Returns:
        `Agreement`.

    Example:

    >>> native = 0.9 * np.random.default_rng(0).random((1, 256, 256), "float32")
    >>> compare([native], [native], 0.5)
    Agreement(iou=1.0, threshold=0.5, difference=0.0)
    >>> compare([native], [native + np.float32(0.001)], 0.5).why_not()
    'its masks have an IoU of 0.9764 with those of Keras in float32 at the threshold 0.854'
    """
    if not all(_are_probabilities(other, like) for like, other in zip(native, others, strict=True)):
        return Agreement(None, None, float("inf"))
    difference = max(float(np.abs(other - like).max()) for like, other in zip(native, others, strict=True))
    scores = [(_iou(native[0] >= at, others[0] >= at), at) for at in telling_thresholds(native[0], threshold)]
    iou, worst = min(scores, key=lambda score: score[0], default=(None, None))
    return Agreement(iou, worst, difference)


def telling_thresholds(probability, threshold):
    """Thresholds at which masks of some probabilities hold enough pixels, and leave enough out, to be compared.

    Besides the run's own there are some that give a share of foreground. Many pixels may have one and the same
    probability, up to its last digit, such as those of an area without data; a threshold between them would tell two
    correct engines apart. So each is put into the widest gap nearby, and left out where all nearby are the same.

    Args:
        probability: float32 array.
        threshold: the run's.

    Returns:
        List of float.
    """
    ordered = np.sort(probability, axis=None).astype(np.float64)
    near = max(1, int(_NEAR * ordered.size))
    thresholds = [threshold]
    for share in _SHARES:
        middle = int((1 - share) * ordered.size)
        around = ordered[max(0, middle - near) : middle + near + 1]
        # What a logit's step is worth in probability.
        slope = around[len(around) // 2] * (1 - around[len(around) // 2])
        if around[-1] - around[0] > _SPAN * slope:
            widest = int(np.argmax(np.diff(around)))
            thresholds.append(float(around[widest : widest + 2].mean()))
    least, most = _TELLING, ordered.size - _TELLING
    return [at for at in thresholds if least <= ordered.size - np.searchsorted(ordered, np.float32(at)) <= most]


def _iou(native, other):
    """Of whichever is rarer in the native mask, foreground or background."""
    if np.count_nonzero(native) > native.size / 2:
        native, other = ~native, ~other
    return float(np.count_nonzero(native & other) / np.count_nonzero(native | other))


def _are_probabilities(other, like):
    if other.shape != like.shape or other.dtype != np.float32:
        return False
    # NaN compares as false.
    return bool(other.min() >= -1e-6 and other.max() <= 1 + 1e-6)
