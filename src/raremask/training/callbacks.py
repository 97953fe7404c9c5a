"""What runs beside the steps of a training: pace, watch, judge, rows, disk."""

from dataclasses import dataclass

import keras

from raremask.plan import write_plan
from raremask.run import save_run
from raremask.training.average import WeightAverage
from raremask.training.keeper import Keeper
from raremask.training.pace import Pace
from raremask.training.progress import ProgressRows
from raremask.training.saver import Saver
from raremask.training.state import LastGood
from raremask.training.trackers import tracker_for
from raremask.training.watch import GradientWatch

__all__ = ["Callbacks", "make_callbacks"]


@dataclass
class Callbacks:
    """Those of one training; `make_callbacks` makes them."""

    pace: Pace
    watch: GradientWatch
    average: WeightAverage
    keeper: Keeper
    rows: ProgressRows
    tracker: keras.callbacks.Callback | None
    saver: Saver

    @property
    def events(self):
        """What the watch has said, a list of lines."""
        return self.watch.watcher.events

    def in_order(self, crops):
        """As Keras calls them: what judges before what tells; the disk, then a tracker that may fail or hang."""
        drawing = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: crops.begin(epoch))
        trackers = [] if self.tracker is None else [self.tracker]
        return [drawing, self.pace, self.watch, self.average, self.keeper, self.rows, self.saver, *trackers]

    def close(self):
        """Leave nothing open where an error has ended the training."""
        if self.tracker is not None:
            self.tracker.close()

    def go_on(self, newest, earlier):
        """Stand where the newest checkpoint is; the last good state may be that of an earlier one."""
        self.saver.restore(newest)
        good = newest if newest.state["good"] else next((one for one in earlier if one.state["good"]), None)
        if good is not None:
            self.saver.last_good.remember(good.state["epoch"], good.variables)


def make_callbacks(run, folder, marks, say, step_done, tracker=None):
    """The callbacks of a training that begins; `Callbacks.go_on` for one that goes on.

    Args:
        run: `Run` with the compiled model.
        folder: of the run.
        marks: its `fingerprint`.
        say, step_done, tracker: as in `raremask.training.train`.
    """
    plan = run.plan

    def save_best(epoch, row):
        scores = {"validation_tiles_iou": row["val_foreground_iou"]}
        with average.applied():
            save_run(run.changed(scores=scores, best_epoch=epoch), folder)
        write_plan(plan, folder / "plan.toml")

    average = WeightAverage()
    average.set_model(run.model)
    pace, keeper, last_good = Pace(plan), Keeper(plan.training.patience), LastGood(run.model)
    watch = GradientWatch(pace, say, last_good.roll_back)
    saver = Saver(folder, marks, save_best, pace, watch, keeper, last_good)
    saver.set_model(run.model)
    rows = ProgressRows(plan.crops.batch, keeper, pace, say, step_done)
    told = None if tracker is None else tracker_for(tracker, plan, folder, watch.norms_of_steps, say)
    return Callbacks(pace, watch, average, keeper, rows, told, saver)
