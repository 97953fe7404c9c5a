"""How a run makes masks of its probabilities: chosen on validation pairs, by what its plan aims at."""

from raremask.evaluation.aims import score_of
from raremask.evaluation.evaluate import Evaluation, evaluate, scores_over
from raremask.evaluation.predicted import predicted
from raremask.evaluation.threshold import best_threshold
from raremask.evaluation.tuning import CleanUpCounts

__all__ = ["choose_threshold"]


def choose_threshold(run, pairs, progress=None):
    """Choose the threshold that serves the plan's aim best on validation pairs and, if it asks for it, the clean-up.

    Args:
        run: `raremask.run.Run`, whose ``plan.mask`` says what to aim at (`raremask.evaluation.aims.score_of`).
        pairs: list of `raremask.data.Pair`.
        progress: called as ``progress(done, total)``.

    Returns:
        (`Run` with that threshold, the sizes of that clean-up and the validation scores, `Evaluation`). Validation
        masks without any foreground leave the threshold at 0.5 and the masks as they are.

    Raises:
        InputError: see `evaluate`.
    """
    asked = run.plan.mask
    tried = 2 if asked.clean_up else 1

    def told(pass_):
        return progress and (lambda done, total: progress(pass_ * total + done, tried * total))

    evaluation = evaluate(run, pairs, progress=told(0))
    pooled, threshold, smallest, hole = evaluation.pooled, 0.5, 0, 0
    if pooled.foreground.sum():
        threshold = best_threshold(pooled, score_of(asked.aim))
    evaluation = Evaluation(evaluation.histograms, threshold)
    scores = evaluation.to_dict()
    if asked.clean_up and pooled.foreground.sum():
        counts = _counted(run, pairs, threshold, told(1))
        smallest, hole = counts.best(score_of(asked.aim))
        scores["at_threshold"] = scores_over(counts.confusions(smallest, hole))
    scores = {**run.scores, "validation": scores}
    return run.changed(threshold=threshold, smallest=smallest, hole=hole, scores=scores), evaluation


def _counted(run, pairs, threshold, progress):
    """A second pass: which threshold the masks have is known only now, and probabilities are not kept."""
    counts = CleanUpCounts()
    for _, truth, probability in predicted(run, pairs, progress=progress):
        counts.add(probability >= threshold, truth)
    return counts
