"""The order of the trainings, the plan of each, and their clock."""

import pytest

from raremask.errors import InputError
from raremask.evaluation.experiment import by_fold, by_seed
from raremask.evaluation.experiment.experiment import MINIMUM, clock_of
from support.experiments import experiment_of

DECIDED = {"precision": "mixed_bfloat16", "clock": None, "overhead": 0.0}


def test_every_candidate_has_the_first_seed_before_any_has_the_second(scene_set):
    experiment = experiment_of(scene_set, "dice, iou, article 1:9")
    assert [trial.folder for trial in experiment.trials] == [
        f"{name}/seed-{seed}" for seed in (0, 1) for name in ("dice", "iou", "article-1-9")
    ]
    assert experiment.trials[5].describe() == "article 1:9, seed 1"


def test_a_plan_leaves_nothing_to_decide_and_differs_only_by_candidate_and_seed(scene_set):
    experiment = experiment_of(scene_set, "dice, iou 1:3", epochs=4)
    plans = [experiment.plan_of(trial, DECIDED) for trial in experiment.trials]
    assert [(plan.loss.name, plan.training.seed) for plan in plans] == [
        ("dice", 0),
        ("iou", 0),
        ("dice", 1),
        ("iou", 1),
    ]
    for plan in plans:
        assert (plan.training.precision, plan.training.epochs, plan.training.minutes) == ("mixed_bfloat16", 4, None)
        assert (
            plan.changed({"loss": experiment.plan.to_dict()["loss"]}).changed(
                {"training": experiment.plan.to_dict()["training"]}
            )
            == experiment.plan
        )


def test_under_minutes_all_have_the_same_clock(scene_set):
    experiment = experiment_of(scene_set, minutes=60.0)
    clocks = {experiment.plan_of(trial, DECIDED | {"clock": 7.5}).training.minutes for trial in experiment.trials}
    assert clocks == {7.5}
    assert experiment.plan_of(experiment.trials[0], DECIDED | {"clock": 7.5}).training.epochs is None


def test_a_fold_is_normalised_by_its_own_training_images(scene_set):
    experiment = experiment_of(scene_set, repeats=by_fold(scene_set, 2))
    for trial in experiment.trials:
        mean, std = scene_set.statistics(trial.repeat.splits.train)
        normalisation = experiment.plan_of(trial, DECIDED).normalisation
        assert normalisation.mean == tuple(mean)
        assert normalisation.std == tuple(std)
        assert experiment.dataset_of(trial.repeat).splits == trial.repeat.splits


def test_the_plans_own_loss_is_known_among_the_candidates(scene_set):
    assert experiment_of(scene_set, "dice, iou+crossentropy").own == 1
    assert experiment_of(scene_set, "dice, iou").own is None


def test_under_epochs_more_may_be_added_and_under_a_clock_not(scene_set):
    more = {"names": "dice, iou 1:3, lovasz", "repeats": by_seed(scene_set, range(3))}
    assert experiment_of(scene_set).asked() == experiment_of(scene_set, **more).asked()
    timed = experiment_of(scene_set, minutes=60.0), experiment_of(scene_set, **more, minutes=60.0)
    assert timed[0].asked() != timed[1].asked()
    assert experiment_of(scene_set).asked() != experiment_of(scene_set, epochs=2).asked()
    assert experiment_of(scene_set).asked() != experiment_of(scene_set, repeats=by_fold(scene_set, 2)).asked()


def test_the_clock_is_an_equal_part_of_what_is_left_of_the_time():
    assert clock_of(120, 10, 2) == 10
    assert clock_of(MINIMUM * 4, 4, 0) == MINIMUM
    with pytest.raises(
        InputError, match=r"12 minutes for 6 trainings leave 2.0 for each, less 1.5 .* give --minutes 16"
    ):
        clock_of(12, 6, 1.5)
    # What it says to type is enough.
    assert clock_of(16, 6, 1.5) >= MINIMUM
