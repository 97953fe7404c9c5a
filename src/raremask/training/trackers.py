"""What an experiment tracker is told: the plan once, each epoch's numbers, and TensorBoard each step's gradient too."""

import contextlib
import math
from pathlib import Path

import keras

from raremask.errors import InputError
from raremask.files import written_beside
from raremask.plan.names import TRACKERS
from raremask.run_folder import MLFLOW_RUN, TENSORBOARD

__all__ = ["TRACKERS", "tracker_for"]


def tracker_for(name, plan, folder, norms=None, say=None):
    """The Keras callback of a tracker; goes behind those that log.

    Args:
        name: one of `TRACKERS`. TensorBoard's files lie in the run's folder; MLflow's lie where its own settings say
            (``MLFLOW_TRACKING_URI``, ``MLFLOW_EXPERIMENT_NAME``).
        plan: `raremask.plan.Plan`, told as parameters.
        folder: of the run, whose name the tracked run bears.
        norms: called at the end of an epoch for its steps' gradient norms, as `GradientWatch.norms_of_steps` gives
            them; TensorBoard draws each. None for none.
        say: called with a line when the tracker is lost on the way, or None.

    Returns:
        `keras.callbacks.Callback` with a method ``close`` for a training that ends by an error.

    Raises:
        InputError: the tracker is not installed, or there is none of this name.
    """
    makers = {"tensorboard": _tensorboard, "mlflow": _Mlflow}
    if name not in makers:
        raise InputError(f"there is no tracker {name!r}; choose one of {', '.join(TRACKERS)}")
    try:
        return makers[name](plan, Path(folder), norms, say or (lambda line: None))
    except ImportError as error:
        raise InputError(
            f"the tracker {name} is not installed ({error}); install it with: pip install 'raremask[{name}]'"
        ) from error


def _tensorboard(plan, folder, norms, say):
    import tensorboard  # noqa: F401

    return _TensorBoard(plan, folder, norms)


class _TensorBoard(keras.callbacks.TensorBoard):
    """Keras's own, with the plan as text, each step's norms, and no graph or profile: few read and many wait for them.

    The norms are written at the end of the epoch, so that no step waits for a file.
    """

    def __init__(self, plan, folder, norms):
        super().__init__(folder / TENSORBOARD, write_graph=False, profile_batch=0)
        self.plan = plan
        self.norms = norms

    def on_train_begin(self, logs=None):
        """Write the plan."""
        super().on_train_begin(logs)
        from raremask.plan import to_toml

        with self._train_writer.as_default():
            self.summary.text("plan", f"```\n{to_toml(self.plan)}```", step=0)

    def on_epoch_end(self, epoch, logs=None):
        """Write the epoch's numbers and its steps' norms."""
        super().on_epoch_end(epoch, logs)
        if self.norms is None:
            return
        first, series = self.norms()
        with self._train_writer.as_default():
            for name, values in series.items():
                for step, value in enumerate(values, start=first):
                    self.summary.scalar(f"step_{name}", value, step=step)

    def close(self):
        """Nothing is left open: the files are whole as they are."""


class _Mlflow(keras.callbacks.Callback):
    """One MLflow run; a training that goes on adds to the run that it began.

    A store that cannot be reached at the start is refused. One that is lost on the way is said, and told no more: no
    tracker may end a training.
    """

    def __init__(self, plan, folder, norms, say):
        super().__init__()
        import mlflow

        self.mlflow = mlflow
        self.plan = plan
        self.folder = folder
        self.say = say
        self._open = self._telling = False

    def on_train_begin(self, logs=None):
        """Begin the run, or find it again."""
        try:
            self._begin()
        except Exception as error:  # whatever the store is: a server, a database, a folder
            self.close()
            raise InputError(
                f"MLflow cannot log this training ({_first_line(error)}); name a store that it can reach, such as a "
                "server's MLFLOW_TRACKING_URI, or leave out --tracker"
            ) from error
        self._telling = True

    def _begin(self):
        known = self.folder / MLFLOW_RUN
        begun = known.read_text(encoding="utf-8").strip() if known.exists() else None
        if begun is not None and not self._has(begun):
            self.say(f"warning: MLflow has no run {begun} any more; it gets a new one")
            begun = None
        # Nested where whoever calls has a run of their own going on.
        run = self.mlflow.start_run(run_id=begun, run_name=self.folder.name, nested=True)
        self._open = True
        if begun is None:
            self.mlflow.log_params(_flat(self.plan.to_dict()))
            with written_beside(known) as temporary:
                temporary.write_text(run.info.run_id, encoding="utf-8")

    def _has(self, run):
        try:
            self.mlflow.get_run(run)
        except self.mlflow.exceptions.MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return False
            raise
        return True

    def on_epoch_end(self, epoch, logs=None):
        """Tell the epoch's numbers; its stores take no infinite ones."""
        if not self._telling:
            return
        finite = {name: float(value) for name, value in (logs or {}).items() if math.isfinite(value)}
        try:
            self.mlflow.log_metrics(finite, step=epoch + 1)
        except Exception as error:  # as above
            self._telling = False
            self.say(f"warning: MLflow was lost in epoch {epoch + 1} and is told no more ({_first_line(error)})")

    def on_train_end(self, logs=None):
        """End the run."""
        self._end("FINISHED")

    def close(self):
        """End the run of a training that was stopped on its way."""
        self._end("KILLED")

    def _end(self, status):
        if self._open:
            self._open = self._telling = False
            with contextlib.suppress(Exception):  # as above; there is nobody left to tell
                self.mlflow.end_run(status)


def _first_line(error):
    return (str(error).splitlines() or [type(error).__name__])[0]


def _flat(parts):
    return {
        f"{name}.{key}": value
        for name, part in parts.items()
        for key, value in (part or {}).items()
        if value is not None
    }
