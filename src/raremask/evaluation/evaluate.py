"""Measure a run on image and mask pairs, at 0.5 and at its own threshold, beside the trivial baselines."""

from dataclasses import dataclass

from raremask.errors import InputError
from raremask.evaluation.confusion import Confusion, ProbabilityHistogram, nearest_threshold
from raremask.evaluation.predicted import predicted
from raremask.evaluation.scores import baselines, mean_scores, scores_of

__all__ = ["Evaluation", "evaluate", "scores_over"]


@dataclass(frozen=True)
class Evaluation:
    """What was counted on each image: `ProbabilityHistogram` by stem, and the threshold of the run."""

    histograms: dict[str, ProbabilityHistogram]
    threshold: float

    @property
    def pooled(self):
        """One histogram over all images."""
        return sum(self.histograms.values(), ProbabilityHistogram())

    def confusions(self, threshold):
        """`Confusion` by stem."""
        return {stem: histogram.confusion(threshold) for stem, histogram in self.histograms.items()}

    def to_dict(self):
        """All scores as plain JSON values.

        ``pooled`` counts every pixel alike, ``per_image`` every image.
        """
        pooled = self.pooled
        trivial = baselines(pooled.confusion(0.5))._asdict()
        return {
            "images": len(self.histograms),
            "pixels": pooled.confusion(0.5).total,
            "foreground_share": trivial["all_foreground"].tp / max(1, pooled.confusion(0.5).total),
            "threshold": self.threshold,
            "at_half": scores_over(self.confusions(0.5).values()),
            "at_threshold": scores_over(self.confusions(self.threshold).values()),
            "baselines": {name: scores_of(confusion)._asdict() for name, confusion in trivial.items()},
        }


def scores_over(confusions):
    """The scores of some images' `Confusion`, pooled over pixels and averaged over images, as plain JSON values."""
    confusions = list(confusions)
    pooled = scores_of(sum(confusions, Confusion()))
    return {"pooled": pooled._asdict(), "per_image": mean_scores(confusions)._asdict()}


def evaluate(run, pairs, decoding=None, progress=None):
    """Predict every pair's image and count it against its mask; where an image has no data, nothing is counted.

    Args:
        run: `raremask.run.Run`.
        pairs: list of `raremask.data.Pair`.
        decoding: of the masks; the run's own by default.
        progress: called as ``progress(done, total)``.

    Returns:
        `Evaluation`.

    Raises:
        InputError: a file cannot be read, sizes differ, or nothing but void is there to be scored.
    """
    histograms = {
        pair.stem: ProbabilityHistogram.of(probability, truth)
        for pair, truth, probability in predicted(run, pairs, decoding, progress)
    }
    evaluation = Evaluation(histograms, nearest_threshold(run.threshold))
    if not evaluation.pooled.confusion(0.5).total:
        raise InputError("there is nothing to score: every pixel of every mask is void")
    return evaluation
