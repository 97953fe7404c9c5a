"""Training: a data set and a plan in, a run on disk out."""

from raremask.training.gradients import Watcher
from raremask.training.optimizer import WatchedAdamW
from raremask.training.pace import Pace
from raremask.training.standing import find_unfinished, standing
from raremask.training.train import DivergedError, train
from raremask.training.watch import GradientWatch

__all__ = ["DivergedError", "GradientWatch", "Pace", "WatchedAdamW", "Watcher", "find_unfinished", "standing", "train"]
