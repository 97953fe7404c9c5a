import sys

import keras
import numpy as np
import pytest

from raremask.errors import InputError
from raremask.training.trackers import TRACKERS, tracker_for
from support.plans import plan_of


def fit(tracker, epochs, initial=0):
    """Two numbers an epoch, one of which may be no number."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")

    class Logs(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["gradient_norm"] = float("nan") if epoch == 0 else 0.5 * epoch

    batch = np.ones((2, 1), "float32")
    model.fit(batch, batch, epochs=epochs, initial_epoch=initial, callbacks=[Logs(), tracker], verbose=0)


def test_tensorboard_gets_each_epoch_and_the_plan(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    fit(tracker_for("tensorboard", plan_of(loss="dice"), tmp_path / "run"), 3)
    [folder] = {path.parent for path in (tmp_path / "run" / "tensorboard").rglob("events*")}
    told = EventAccumulator(str(folder), {"tensors": 0})
    told.Reload()
    steps = [event.step for event in told.Tensors("epoch_gradient_norm")]
    assert steps == [0, 1, 2]
    [text] = told.Tensors("plan")
    assert b'name = "dice"' in text.tensor_proto.string_val[0]


@pytest.fixture
def mlflow(tmp_path, monkeypatch):
    """MLflow with a store of its own: a folder, which it takes where it is told to."""
    module = pytest.importorskip("mlflow")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    module.set_tracking_uri((tmp_path / "store").as_uri())
    yield module
    module.set_tracking_uri(None)


def test_mlflow_gets_the_plan_once_and_each_epoch_of_a_training_that_goes_on(mlflow, tmp_path):
    folder = tmp_path / "roads"
    fit(tracker_for("mlflow", plan_of(loss="dice"), folder), 2)
    fit(tracker_for("mlflow", plan_of(loss="dice"), folder), 4, initial=2)
    client = mlflow.MlflowClient()
    [run] = client.search_runs([experiment.experiment_id for experiment in client.search_experiments()])
    assert run.info.run_name == "roads"
    assert run.info.status == "FINISHED"
    assert run.data.params["loss.name"] == "dice"
    assert "training.minutes" not in run.data.params
    # The first epoch's norm was no number.
    norms = client.get_metric_history(run.info.run_id, "gradient_norm")
    assert [(metric.step, metric.value) for metric in norms] == [(2, 0.5), (3, 1.0), (4, 1.5)]
    assert len(client.get_metric_history(run.info.run_id, "loss")) == 4


def test_a_store_that_cannot_be_reached_is_refused_in_one_line(mlflow, tmp_path):
    mlflow.set_tracking_uri("http://127.0.0.1:9")
    with pytest.raises(InputError, match=r"MLflow cannot log this training .*MLFLOW_TRACKING_URI") as refused:
        fit(tracker_for("mlflow", plan_of(), tmp_path / "roads"), 1)
    assert "\n" not in str(refused.value)
    assert mlflow.active_run() is None


def test_a_store_that_is_lost_on_the_way_is_said_once_and_ends_no_training(mlflow, tmp_path, monkeypatch):
    said = []
    tracker = tracker_for("mlflow", plan_of(), tmp_path / "roads", say=said.append)
    log = mlflow.log_metrics

    def lost(metrics, step):
        if step > 1:
            raise OSError("the cable\nis out")
        log(metrics, step=step)

    monkeypatch.setattr(mlflow, "log_metrics", lost)
    fit(tracker, 4)
    assert said == ["warning: MLflow was lost in epoch 2 and is told no more (the cable)"]
    assert mlflow.active_run() is None


def test_a_run_that_the_store_has_no_more_is_begun_anew(mlflow, tmp_path):
    said, folder = [], tmp_path / "roads"
    folder.mkdir()
    (folder / "mlflow.txt").write_text("0" * 32)
    fit(tracker_for("mlflow", plan_of(), folder, say=said.append), 2, initial=1)
    assert said == [f"warning: MLflow has no run {'0' * 32} any more; it gets a new one"]
    assert mlflow.get_run((folder / "mlflow.txt").read_text()).info.status == "FINISHED"


def test_a_training_that_is_stopped_leaves_no_run_open_but_the_caller_s(mlflow, tmp_path):
    with mlflow.start_run() as own:
        tracker = tracker_for("mlflow", plan_of(), tmp_path / "roads")
        tracker.on_train_begin()
        tracker.close()
        tracker.close()
        assert mlflow.active_run().info.run_id == own.info.run_id
    assert mlflow.get_run((tmp_path / "roads" / "mlflow.txt").read_text()).info.status == "KILLED"


@pytest.mark.parametrize("name", TRACKERS)
def test_a_tracker_that_is_not_installed_is_one_line(name, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match=rf"pip install 'raremask\[{name}\]'"):
        tracker_for(name, plan_of(), tmp_path)


def test_a_tracker_that_is_none_is_refused(tmp_path):
    with pytest.raises(InputError, match="tensorboard, mlflow"):
        tracker_for("wandb", plan_of(), tmp_path)
