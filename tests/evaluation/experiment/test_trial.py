"""One real training, tiny: what it scored is what evaluation finds, and it stops and goes on."""

import pytest

from raremask.evaluation import best_threshold, evaluate
from raremask.evaluation.aims import score_of
from raremask.evaluation.crossfit import cross_fitted
from raremask.evaluation.experiment import by_fold, by_seed
from raremask.evaluation.experiment.trial import Task, rehearse, run_trial
from raremask.run import load_run
from raremask.training import DivergedError
from support.experiments import experiment_of

DECIDED = {"precision": "float32", "clock": None, "overhead": 0.0}


def nothing(*what):
    pass


def task_of(dataset, repeats, folder, **options):
    experiment = experiment_of(dataset, repeats=repeats, **options)
    trial = experiment.trials[0]
    plan = experiment.plan_of(trial, DECIDED)
    return Task(experiment.dataset_of(trial.repeat), plan, folder, trial.repeat, experiment.source)


def pairs_of(task, stems):
    return [task.dataset.pairs[stem] for stem in stems]


def test_over_seeds_each_half_of_validation_is_scored_at_the_others_threshold(scene_set, tmp_path):
    task, told = task_of(scene_set, by_seed(scene_set, [3]), tmp_path / "run"), []
    record = run_trial(task, lambda *what: told.append(what))
    run = load_run(tmp_path / "run")
    found = evaluate(run, pairs_of(task, scene_set.splits.val))
    at_threshold, thresholds = cross_fitted(found.histograms, task.repeat.halves)
    assert (record.at_threshold, record.thresholds) == (at_threshold, thresholds)
    assert record.at_half == found.confusions(0.5)
    assert record.plan == run.plan.to_dict() == task.plan.to_dict()
    assert (record.epochs, record.failed, run.source) == (1, None, {"data": "/data/roads"})
    assert run.threshold == best_threshold(found.pooled) == run.scores["validation"]["threshold"]
    assert {what for what, _, _ in told} == {"indexing masks", "training", "choosing the threshold"}
    assert 0 < record.minutes < 5


def test_the_halves_thresholds_serve_the_aim_of_the_plan(scene_set, tmp_path):
    task = task_of(scene_set, by_seed(scene_set, [3]), tmp_path / "run")
    aimed = Task(scene_set, task.plan.changed({"mask.aim": "f4"}), tmp_path / "run", task.repeat)
    record = run_trial(aimed, nothing)
    found = evaluate(load_run(tmp_path / "run"), pairs_of(task, scene_set.splits.val))
    assert record.thresholds == cross_fitted(found.histograms, task.repeat.halves, score_of("f4"))[1]
    assert record.thresholds != cross_fitted(found.histograms, task.repeat.halves)[1]


def test_over_folds_validation_chooses_the_threshold_and_the_fold_is_scored(scene_set, tmp_path):
    task = task_of(scene_set, by_fold(scene_set, 2), tmp_path / "run")
    record = run_trial(task, nothing)
    run = load_run(tmp_path / "run")
    chosen = evaluate(run, pairs_of(task, task.repeat.splits.val))
    assert record.thresholds == (run.threshold,) == (best_threshold(chosen.pooled),)
    held_out = evaluate(run, pairs_of(task, task.repeat.scored))
    assert record.at_threshold == held_out.confusions(run.threshold)
    assert record.at_half == held_out.confusions(0.5)
    assert set(record.at_threshold) == set(task.repeat.scored)


@pytest.mark.slow
def test_an_interrupted_training_goes_on_to_the_same_end(scene_set, tmp_path):
    repeats = by_seed(scene_set, [0])
    whole = run_trial(task_of(scene_set, repeats, tmp_path / "whole", epochs=3), nothing)
    task, steps = task_of(scene_set, repeats, tmp_path / "run", epochs=3), []

    def stop(what, done, of):
        steps.append(what)
        if steps.count("training") == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_trial(task, stop)
    assert not (tmp_path / "run" / "trial.json").exists()
    again = []
    record = run_trial(task, lambda *what: again.append(what[0]))
    assert again.count("training") == 6
    assert record.at_threshold == whole.at_threshold
    # Once more: nothing is left to train.
    once_more = []
    assert run_trial(task, lambda *what: once_more.append(what[0])).at_threshold == whole.at_threshold
    assert "training" not in once_more


def test_an_interruption_while_scoring_scores_nothing(scene_set, tmp_path):
    def stop(what, done, of):
        if what == "choosing the threshold":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_trial(task_of(scene_set, by_seed(scene_set, [0]), tmp_path / "run"), stop)


def test_one_that_diverges_says_so(scene_set, tmp_path, monkeypatch):
    def diverge(*arguments, **options):
        raise DivergedError("the training diverged")

    monkeypatch.setattr("raremask.training.train", diverge)
    record = run_trial(task_of(scene_set, by_seed(scene_set, [0]), tmp_path / "run"), nothing)
    assert (record.failed, record.at_threshold) == ("the training diverged", {})


def test_a_rehearsal_settles_the_precision_and_times_all_that_is_to_be_predicted(scene_set, tmp_path, monkeypatch):
    monkeypatch.setattr("raremask.training.settle.fastest_policy", lambda *arguments: "mixed_bfloat16")
    seeds = task_of(scene_set, by_seed(scene_set, [0]), tmp_path / "run")
    asked = Task(scene_set, seeds.plan.changed({"training.precision": "auto"}), tmp_path / "run", seeds.repeat)
    found = rehearse(asked, False, nothing)
    assert (found.precision, found.scoring) == ("mixed_bfloat16", 0.0)
    predicted = []
    now = iter(range(100))
    monkeypatch.setattr("raremask.evaluation.experiment.trial.evaluate", lambda run, pairs: predicted.extend(pairs))
    monkeypatch.setattr("raremask.evaluation.experiment.trial.time.monotonic", lambda: float(next(now)))
    fold = task_of(scene_set, by_fold(scene_set, 2), tmp_path / "run")
    found = rehearse(fold, True, nothing)
    # The clock goes on by 1 with each look: the first image takes 1, and so does each of the others, all being alike.
    assert found.scoring == len(fold.repeat.predicted)
    assert len(predicted) == 2
    assert predicted[0] == predicted[1]
    assert predicted[0].stem in fold.repeat.predicted
    assert not (tmp_path / "run").exists()
