"""Measure a run on image and mask pairs, at 0.5 and at its own threshold, beside the trivial baselines."""

from dataclasses import dataclass

from raremask.data.windows import read_pair
from raremask.errors import InputError
from raremask.evaluation.confusion import Confusion, ProbabilityHistogram, nearest_threshold
from raremask.evaluation.scores import baselines, mean_scores, scores_of
from raremask.evaluation.threshold import best_threshold
from raremask.prediction import predict_probability

__all__ = ["Evaluation", "choose_threshold", "evaluate"]


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
            "at_half": self._at(0.5),
            "at_threshold": self._at(self.threshold),
            "baselines": {name: scores_of(confusion)._asdict() for name, confusion in trivial.items()},
        }

    def _at(self, threshold):
        confusions = self.confusions(threshold)
        pooled = scores_of(sum(confusions.values(), Confusion()))
        return {"pooled": pooled._asdict(), "per_image": mean_scores(confusions.values())._asdict()}


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
    histograms = {}
    for done, pair in enumerate(pairs, start=1):
        image, truth = read_pair(pair, decoding or run.decoding, run.read_bands)
        try:
            probability = predict_probability(run, image)
        except InputError as error:
            raise InputError(f"{pair.image}: {error}") from error
        histograms[pair.stem] = ProbabilityHistogram.of(probability, truth)
        if progress is not None:
            progress(done, len(pairs))
    evaluation = Evaluation(histograms, nearest_threshold(run.threshold))
    if not evaluation.pooled.confusion(0.5).total:
        raise InputError("there is nothing to score: every pixel of every mask is void")
    return evaluation


def choose_threshold(run, pairs, progress=None):
    """Choose the threshold with the highest pooled foreground IoU on validation pairs.

    Returns:
        (`Run` with that threshold and the validation scores, `Evaluation`). Validation masks without any
        foreground leave the threshold at 0.5.
    """
    evaluation = evaluate(run, pairs, progress=progress)
    pooled = evaluation.pooled
    threshold = best_threshold(pooled) if pooled.foreground.sum() else 0.5
    evaluation = Evaluation(evaluation.histograms, threshold)
    scores = {**run.scores, "validation": evaluation.to_dict()}
    return run.changed(threshold=threshold, scores=scores), evaluation
