"""A threshold chosen on some images and scored on others, both ways, where there are no images to spare for it."""

from raremask.data.splits.draw import deal
from raremask.evaluation.confusion import ProbabilityHistogram
from raremask.evaluation.scores import iou
from raremask.evaluation.threshold import best_threshold

__all__ = ["cross_fitted", "halves"]


def halves(stems, seed=0, groups=None, counts=None):
    """Deal images into two halves alike in foreground, whole groups at a time.

    Args:
        stems: of the images.
        seed: of the draw.
        groups: dict of stem to group, or None.
        counts: dict of stem to `PixelCounts`, or None.

    Returns:
        Two lists of stems; the second is empty where all stems are of one group.

    Example:

    >>> halves(["a1", "a2", "b1", "b2"], groups={"a1": "a", "a2": "a", "b1": "b", "b2": "b"})
    [['a1', 'a2'], ['b1', 'b2']]
    """
    stems = sorted(stems)
    return deal(stems, [0.5, 0.5], seed, groups, counts)


def cross_fitted(histograms, parts, score=iou):
    """Count each image at the threshold that is best on the images of the other part.

    A threshold chosen on the very images that it is scored on flatters, and flatters most who has most to gain. So
    each half is scored by what the other half chose: two-fold cross-fitting, as Chernozhukov et al. 2018
    (https://doi.org/10.1111/ectj.12097) name it.

    Args:
        histograms: dict of stem to `ProbabilityHistogram`.
        parts: two lists of stems, as `halves` deals them.
        score: function of a `Confusion` that the threshold is best for.

    Returns:
        (dict of stem to `Confusion`, the thresholds by which the first part and the second were scored). Where the
        other part holds no foreground to choose by, the threshold is 0.5.

    Example:

    >>> one = ProbabilityHistogram.of([[0.25, 0.75]], [[0, 1]])
    >>> cross_fitted({"a": one, "b": one}, [["a"], ["b"]])[1]
    (0.5, 0.5)
    """
    pooled = [sum((histograms[stem] for stem in part), ProbabilityHistogram()) for part in parts]
    thresholds = tuple(
        best_threshold(other, score) if other.foreground.sum() else 0.5 for other in (pooled[1], pooled[0])
    )
    at = {stem: threshold for part, threshold in zip(parts, thresholds, strict=True) for stem in part}
    return {stem: histogram.confusion(at[stem]) for stem, histogram in histograms.items()}, thresholds
