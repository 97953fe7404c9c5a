import pytest

from raremask.errors import InputError
from raremask.run_folder import holds_checkpoint, new_run_folder, refuse_existing, removed_unless_run


def test_a_folder_in_use_is_refused(tmp_path):
    refuse_existing(tmp_path / "new")
    (tmp_path / "new" / "file").touch()
    with pytest.raises(InputError, match="exists already"):
        refuse_existing(tmp_path / "new")


def interrupted_after(folder, *names):
    with removed_unless_run(folder):
        for name in names:
            (folder / name).touch()
        raise KeyboardInterrupt


def test_what_did_not_become_a_run_is_taken_away(tmp_path):
    refuse_existing(tmp_path / "new")
    with pytest.raises(KeyboardInterrupt):
        interrupted_after(tmp_path / "new", "history.csv", "model.keras")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["run.json", "checkpoint.npz", "checkpoint-previous.npz", "notes.txt"])
def test_a_run_and_what_is_not_ours_are_left_alone(tmp_path, name):
    with pytest.raises(KeyboardInterrupt):
        interrupted_after(tmp_path, name, "model.keras")
    assert (tmp_path / name).exists()
    assert (tmp_path / "model.keras").exists() is (name != "notes.txt")


def test_new_folders_are_numbered(tmp_path):
    names = []
    for _ in range(3):
        folder = new_run_folder(tmp_path, "roads")
        folder.mkdir()
        names.append(folder.name)
    assert names == ["roads", "roads-2", "roads-3"]


def test_what_a_killed_process_left_half_written_is_no_use_of_a_folder(tmp_path):
    (tmp_path / ".writing-0123.npz").touch()
    refuse_existing(tmp_path)
    assert not holds_checkpoint(tmp_path)
