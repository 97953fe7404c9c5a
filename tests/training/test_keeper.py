import json
import math
from types import SimpleNamespace

import pytest

from raremask.training.keeper import Keeper


def kept_epochs(logs, go_on_at=None):
    kept, keeper = [], Keeper()
    for epoch, (iou, loss) in enumerate(logs):
        if epoch == go_on_at:
            state = json.loads(json.dumps(keeper.get_state()))
            keeper = Keeper()
            keeper.set_state(state)
        keeper.on_epoch_end(epoch, {"val_foreground_iou": iou, "val_loss": loss})
        if keeper.best_epoch == epoch:
            kept.append(epoch)
    return kept, keeper.best_epoch


def test_only_what_is_better_than_all_before_is_kept():
    assert kept_epochs([(0.2, 1.0), (0.5, 2.0), (0.4, 0.1), (0.6, 3.0), (0.3, 0.1)]) == ([0, 1, 3], 3)


def test_between_equals_the_loss_decides():
    assert kept_epochs([(0.0, 2.0), (0.0, 1.0), (0.0, 1.5)]) == ([0, 1], 1)


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_what_is_not_finite_is_never_kept(loss):
    assert kept_epochs([(0.9, loss), (0.1, 1.0), (0.9, loss)]) == ([1], 1)


@pytest.mark.parametrize("epoch", range(5))
def test_one_that_goes_on_judges_as_if_it_had_never_stopped(epoch):
    logs = [(0.1, math.nan), (0.5, 2.0), (0.5, 2.0), (0.5, 1.9), (0.4, 0.1)]
    assert kept_epochs(logs, go_on_at=epoch) == kept_epochs(logs) == ([1, 3], 3)


@pytest.mark.parametrize(("patience", "stops_at"), [(1, 2), (2, 5), (9, None), (None, None)])
def test_it_stops_after_so_many_epochs_without_a_better_one(patience, stops_at):
    keeper = Keeper(patience)
    keeper.set_model(SimpleNamespace(stop_training=False))
    for epoch, iou in enumerate((0.1, 0.3, 0.2, 0.4, 0.1, 0.1)):
        keeper.on_epoch_end(epoch, {"val_loss": 1.0, "val_foreground_iou": iou})
        if keeper.model.stop_training:
            break
    assert keeper.model.stop_training == (stops_at is not None)
    if stops_at is not None:
        assert epoch == stops_at
        assert keeper.stopped == f"stopped: {patience} epochs without a better one than epoch {stops_at - patience + 1}"
