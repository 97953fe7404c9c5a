import json
import os
import subprocess
import zipfile

import numpy as np
import pytest

from raremask.errors import InputError, JobError
from raremask.run_folder import CHECKPOINTS
from raremask.training.checkpoint import Checkpoint, read_checkpoints, read_state, write_checkpoint

NEWEST, PREVIOUS = CHECKPOINTS


# As small as a state can be.
STATE = {
    "fingerprint": {"plan": {"training": {"precision": "float32", "epochs": 9, "minutes": None}}},
    "epoch": 1,
    "minutes": 0.1 + 0.2,
    "good": True,
    "stopped": None,
    "rows": [{"epoch": 1, "val_foreground_iou": float("inf")}],
    "callbacks": {"keeper": {"best_epoch": 0}},
}


def checkpoint(epoch):
    variables = [np.full((2, 3), epoch, np.float32), np.array(epoch, np.int32), np.zeros((0, 4), np.float32)]
    return Checkpoint({**STATE, "epoch": epoch}, variables)


def same(one, other):
    counted = {"format": 1, "entries": len(other.variables)}
    return one.state == {**counted, **other.state} and [(array.dtype, array.tolist()) for array in one.variables] == [
        (array.dtype, array.tolist()) for array in other.variables
    ]


def epochs(folder, say=None):
    return [one.state["epoch"] for one in read_checkpoints(folder, say)]


@pytest.fixture
def folder(tmp_path):
    for epoch in (1, 2):
        write_checkpoint(tmp_path, checkpoint(epoch))
    return tmp_path


def test_what_is_written_is_read_and_the_one_before_stays(folder):
    write_checkpoint(folder, checkpoint(3))
    read = list(read_checkpoints(folder))
    assert [same(one, checkpoint(epoch)) for one, epoch in zip(read, (3, 2), strict=True)] == [True, True]
    assert [one.path.name for one in read] == [NEWEST, PREVIOUS]
    assert read_state(folder)["epoch"] == 3
    assert sorted(os.listdir(folder)) == sorted(CHECKPOINTS)


def test_it_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.path.exists(tmp_path / NEWEST)))
    write_checkpoint(tmp_path, checkpoint(1))
    assert synced == [False, True]


def test_the_one_before_keeps_its_name_until_the_new_one_is_on_the_disk(tmp_path, monkeypatch):
    write_checkpoint(tmp_path, checkpoint(1))
    there = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: there.append({path.name for path in tmp_path.glob("check*")}))
    write_checkpoint(tmp_path, checkpoint(2))
    assert there == [{NEWEST}, {NEWEST, PREVIOUS}]


def test_one_that_is_not_worth_it_does_not_become_the_previous(folder):
    write_checkpoint(folder, checkpoint(3), keep_earlier=False)
    assert epochs(folder) == [3, 1]


def test_nothing_is_there_at_first(tmp_path):
    assert epochs(tmp_path) == []
    assert read_state(tmp_path) is None


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9, 0.99])
def test_one_that_was_cut_is_left_out_and_told_of(folder, share):
    os.truncate(folder / NEWEST, int(share * (folder / NEWEST).stat().st_size))
    said = []
    assert epochs(folder, said.append) == [1]
    assert said == [f"warning: {folder / NEWEST} is damaged and is left out"]
    assert read_state(folder)["epoch"] == 1


def test_a_byte_that_rotted_is_never_read_as_if_it_were_whole(folder):
    whole, changed = (folder / NEWEST).read_bytes(), 0
    for place in range(len(whole)):
        (folder / NEWEST).write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        read = next(read_checkpoints(folder))
        # Some bytes say nothing that is read, such as the time of an entry.
        assert same(read, checkpoint(2)) or same(read, checkpoint(1))
        changed += read.state["epoch"] == 1
    assert changed > len(whole) / 2


def test_where_none_is_whole_it_is_an_error(folder):
    for name in CHECKPOINTS:
        (folder / name).write_bytes(b"PK")
    with pytest.raises(InputError, match=r"no checkpoint in .* is whole"):
        epochs(folder)
    assert read_state(folder) is None


@pytest.mark.parametrize("name", STATE)
def test_one_whose_state_lacks_an_entry_counts_as_damaged(folder, name):
    state = checkpoint(3).state
    del state[name]
    write_checkpoint(folder, Checkpoint(state, []))
    assert epochs(folder) == [2]
    assert read_state(folder)["epoch"] == 2


@pytest.mark.parametrize(("name", "value"), [("rows", []), ("callbacks", {}), ("fingerprint", {}), ("minutes", "1")])
def test_so_does_one_with_an_entry_that_cannot_be(folder, name, value):
    write_checkpoint(folder, Checkpoint({**STATE, "epoch": 3, name: value}, []))
    assert epochs(folder) == [2]


def test_one_of_a_later_version_is_refused(folder):
    np.savez(folder / NEWEST, state=np.frombuffer(json.dumps({"format": 9}).encode(), np.uint8))
    for read in (read_state, epochs):
        with pytest.raises(InputError, match="format 9, this version reads 1"):
            read(folder)


class Code:
    def __init__(self, made):
        self.made = made

    def __reduce__(self):
        return os.mkdir, (str(self.made),)


def test_neither_code_nor_a_bomb_is_unpacked(folder):
    state = np.frombuffer(json.dumps({"format": 1, **STATE}).encode(), np.uint8)
    np.savez(folder / NEWEST, state=state, a=np.array([Code(folder / "made")], object))
    assert epochs(folder) == [1]
    assert not (folder / "made").exists()
    np.savez_compressed(folder / NEWEST, state=state, a=np.zeros(10**6))
    assert zipfile.ZipFile(folder / NEWEST).testzip() is None
    assert epochs(folder) == [1]


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("mounting a tmpfs needs root")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_leaves_the_last_ones(small_disk):
    for epoch in (1, 2):
        write_checkpoint(small_disk, checkpoint(epoch))
    large = Checkpoint(STATE, [np.zeros(10**5)])
    with pytest.raises(JobError, match=r"no space left on the disk while writing .*checkpoint\.npz"):
        write_checkpoint(small_disk, large)
    assert epochs(small_disk) == [2, 1]
    assert sorted(os.listdir(small_disk)) == sorted(CHECKPOINTS)
