import shutil

import pytest

from raremask.errors import InputError, JobError
from raremask.files import held
from raremask.run_folder import (
    held_new_run,
    held_run,
    holds_checkpoint,
    new_run_folder,
    refuse_existing,
    removed_unless_run,
)

NOTHING_JUDGED = "epoch,loss,val_loss\n1,0.7,nan\n2,0.6,inf\n"
PLAN = 300 * b"-" + b"# The plan of a training, by raremask."
EVENTS = "events.out.tfevents.1.vm.2.0.v2"


def write(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def interrupt(folder, files):
    """A training that writes these files and is stopped."""

    def training():
        with removed_unless_run(folder):
            write(folder, files)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training()


# What trainings leave before their first checkpoint.
LEFT = {
    "nothing": {},
    "half-written": {".writing-0123.npz": ""},
    "epochs without a finite validation": {"history.csv": NOTHING_JUDGED},
    "as a diverged one": {"history.csv": "epoch,loss\n1,nan\n"},
    "MLflow": {"mlflow.txt": 8 * "0a1b"},
    "TensorBoard, killed at once": {f"tensorboard/train/{EVENTS}": "begin"},
    "TensorBoard": {f"tensorboard/train/{EVENTS}": PLAN, f"tensorboard/validation/{EVENTS}": PLAN},
}

# What looks like it, and may be somebody's.
OTHERS = {
    "notes": {"notes.txt": "mine"},
    "a plan": {"plan.toml": ""},
    "weights": {"model.keras": ""},
    "a sound history": {"history.csv": "epoch,loss,val_loss\n0,0.7,0.6\n"},
    "a sound history without validation": {"history.csv": "epoch,loss\n0,0.7\n"},
    "another history": {"history.csv": "year,event\n1066,a battle\n"},
    "no history": {"history.csv": "\xff"},
    "words on MLflow": {"mlflow.txt": "how to start it"},
    "other events": {f"tensorboard/train/{EVENTS}": 300 * b"-"},
    "other events of validation": {f"tensorboard/validation/{EVENTS}": 300 * b"-"},
    "other trainings": {f"tensorboard/lr-0.1/{EVENTS}": PLAN},
    "something beside": {f"tensorboard/train/{EVENTS}": PLAN, "tensorboard/notes.txt": ""},
}


def test_a_new_folder_is_made(tmp_path):
    refuse_existing(tmp_path / "deep" / "new")
    assert (tmp_path / "deep" / "new").is_dir()


@pytest.mark.parametrize("files", LEFT.values(), ids=LEFT)
def test_what_a_stopped_training_left_is_no_use_of_a_folder_and_is_taken_away(tmp_path, files):
    folder = tmp_path / "run"
    folder.mkdir()
    write(folder, files)
    refuse_existing(folder)
    assert not holds_checkpoint(folder)
    interrupt(folder, {})
    assert not folder.exists()


def test_what_tensorboard_was_told_is_known_again(tmp_path):
    pytest.importorskip("tensorboard")
    keras = pytest.importorskip("keras")
    from raremask.training.trackers import tracker_for
    from support.plans import plan_of

    tracker = tracker_for("tensorboard", plan_of(), tmp_path / "run")
    tracker.set_model(keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]))
    tracker.on_train_begin()
    # As a kill leaves it.
    shutil.copytree(tmp_path / "run", tmp_path / "killed")
    tracker.on_train_end()
    for folder in (tmp_path / "run", tmp_path / "killed"):
        assert [path.name for path in folder.iterdir()] == ["tensorboard"]
        refuse_existing(folder)


@pytest.mark.parametrize("files", OTHERS.values(), ids=OTHERS)
def test_a_folder_in_use_is_refused_and_what_is_not_ours_is_never_taken_away(tmp_path, files):
    write(tmp_path, files)
    with pytest.raises(InputError, match="exists already"):
        refuse_existing(tmp_path)
    interrupt(tmp_path, {"mlflow.txt": 8 * "0a1b", **files})
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == set(files)


def test_logs_that_lie_elsewhere_stay(tmp_path):
    write(tmp_path, {f"logs/train/{EVENTS}": PLAN})
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "tensorboard").symlink_to(tmp_path / "logs")
    with pytest.raises(InputError, match="exists already"):
        refuse_existing(tmp_path / "run")


@pytest.mark.parametrize("name", ["run.json", "checkpoint.npz", "checkpoint-previous.npz"])
def test_what_became_a_run_stays(tmp_path, name):
    interrupt(tmp_path, {name: "", "history.csv": NOTHING_JUDGED})
    assert (tmp_path / "history.csv").exists()


def test_who_is_refused_a_held_folder_touches_nothing(tmp_path):
    pytest.importorskip("fcntl")
    with held_run(tmp_path / "run"):
        write(tmp_path / "run", {"history.csv": NOTHING_JUDGED})
        with pytest.raises(JobError, match="another process is training into"), held_run(tmp_path / "run"):
            pass
        assert (tmp_path / "run" / "history.csv").exists()
    assert not (tmp_path / "run").exists()


def test_new_folders_are_numbered(tmp_path):
    names = []
    for _ in range(3):
        folder = new_run_folder(tmp_path, "roads")
        folder.mkdir()
        names.append(folder.name)
    assert names == ["roads", "roads-2", "roads-3"]


def test_a_free_folder_is_new_or_was_left_before_it_was_a_run(tmp_path):
    pytest.importorskip("fcntl")

    def free():
        with held_new_run(tmp_path, "roads") as folder:
            return folder.name

    assert free() == "roads"
    assert list(tmp_path.iterdir()) == []
    for number, files in enumerate(({"run.json": ""}, {"checkpoint.npz": ""}, {"notes.txt": ""}), start=2):
        write(tmp_path / f"roads-{number}", files)
    (tmp_path / "roads").write_text("no folder")
    write(tmp_path / "roads-5", {"history.csv": NOTHING_JUDGED})
    (tmp_path / "roads-6").mkdir()
    with held(tmp_path / "roads-5"):
        assert free() == "roads-6"
    assert free() == "roads-5"
    assert {path.name for path in tmp_path.iterdir()} == {"roads", "roads-2", "roads-3", "roads-4"}


def test_where_nothing_can_be_held_an_empty_folder_may_be_in_use(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def refuse(*arguments):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    (tmp_path / "roads").mkdir()
    with held_new_run(tmp_path, "roads") as folder:
        assert folder.name == "roads-2"
    assert [path.name for path in tmp_path.iterdir()] == ["roads"]
