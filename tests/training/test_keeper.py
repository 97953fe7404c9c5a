import math

import pytest

from raremask.training.keeper import Keeper


def kept_epochs(logs):
    kept = []
    keeper = Keeper(lambda model, logs: kept.append(logs["epoch"]))
    for epoch, (iou, loss) in enumerate(logs):
        keeper.on_epoch_end(epoch, {"epoch": epoch, "val_foreground_iou": iou, "val_loss": loss})
    return kept, keeper.best_epoch


def test_only_what_is_better_than_all_before_is_kept():
    assert kept_epochs([(0.2, 1.0), (0.5, 2.0), (0.4, 0.1), (0.6, 3.0), (0.3, 0.1)]) == ([0, 1, 3], 3)


def test_between_equals_the_loss_decides():
    assert kept_epochs([(0.0, 2.0), (0.0, 1.0), (0.0, 1.5)]) == ([0, 1], 1)


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_what_is_not_finite_is_never_kept(loss):
    assert kept_epochs([(0.9, loss), (0.1, 1.0), (0.9, loss)]) == ([1], 1)


def test_a_save_that_was_interrupted_kept_nothing():
    def interrupted(model, logs):
        raise KeyboardInterrupt

    keeper = Keeper(interrupted)
    with pytest.raises(KeyboardInterrupt):
        keeper.on_epoch_end(0, {"val_foreground_iou": 0.5, "val_loss": 1.0})
    assert keeper.best_epoch is None
