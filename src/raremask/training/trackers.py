"""What an experiment tracker is told: the plan once, and each epoch's numbers."""

import math
from pathlib import Path

import keras

from raremask.errors import InputError
from raremask.files import written_beside
from raremask.plan.names import TRACKERS

__all__ = ["TRACKERS", "tracker_for"]

# Below the run's folder, which TensorBoard is pointed at.
_LOGS = "tensorboard"

# Holds the run's identity in MLflow, for a training that goes on.
_MLFLOW_RUN = "mlflow.txt"


def tracker_for(name, plan, folder):
    """The Keras callback of a tracker; goes behind those that log.

    Args:
        name: one of `TRACKERS`. TensorBoard's files lie in the run's folder; MLflow's lie where its own settings say
            (``MLFLOW_TRACKING_URI``, ``MLFLOW_EXPERIMENT_NAME``).
        plan: `raremask.plan.Plan`, told as parameters.
        folder: of the run, whose name the tracked run bears.

    Raises:
        InputError: the tracker is not installed, or there is none of this name.
    """
    makers = {"tensorboard": _tensorboard, "mlflow": _Mlflow}
    if name not in makers:
        raise InputError(f"there is no tracker {name!r}; choose one of {', '.join(TRACKERS)}")
    try:
        return makers[name](plan, Path(folder))
    except ImportError as error:
        raise InputError(
            f"the tracker {name} is not installed ({error}); install it with: pip install 'raremask[{name}]'"
        ) from error


def _tensorboard(plan, folder):
    import tensorboard  # noqa: F401

    return _TensorBoard(plan, folder)


class _TensorBoard(keras.callbacks.TensorBoard):
    """Keras's own, with the plan as text and no graph or profile, which few read and many wait for."""

    def __init__(self, plan, folder):
        super().__init__(folder / _LOGS, write_graph=False, profile_batch=0)
        self.plan = plan

    def on_train_begin(self, logs=None):
        """Write the plan."""
        super().on_train_begin(logs)
        from raremask.plan import to_toml

        with self._train_writer.as_default():
            self.summary.text("plan", f"```\n{to_toml(self.plan)}```", step=0)


class _Mlflow(keras.callbacks.Callback):
    """One MLflow run; a training that goes on adds to the run that it began."""

    def __init__(self, plan, folder):
        super().__init__()
        import mlflow

        self.mlflow = mlflow
        self.plan = plan
        self.folder = folder

    def on_train_begin(self, logs=None):
        """Begin the run, or find it again."""
        known = self.folder / _MLFLOW_RUN
        begun = known.read_text(encoding="utf-8").strip() if known.exists() else None
        # Nested where whoever calls has a run of their own going on.
        run = self.mlflow.start_run(run_id=begun, run_name=self.folder.name, nested=True)
        if begun is None:
            self.mlflow.log_params(_flat(self.plan.to_dict()))
            with written_beside(known) as temporary:
                temporary.write_text(run.info.run_id, encoding="utf-8")

    def on_epoch_end(self, epoch, logs=None):
        """Tell the epoch's numbers; its stores take no infinite ones."""
        finite = {name: float(value) for name, value in (logs or {}).items() if math.isfinite(value)}
        self.mlflow.log_metrics(finite, step=epoch + 1)

    def on_train_end(self, logs=None):
        """End the run."""
        self.mlflow.end_run()


def _flat(parts):
    return {
        f"{name}.{key}": value
        for name, part in parts.items()
        for key, value in (part or {}).items()
        if value is not None
    }
