import errno
import json
import os
import subprocess

import numpy as np
import pytest

from raremask.errors import JobError
from raremask.prediction.unfinished import Unfinished
from raremask.tiling import Window


def work_of(folder, fingerprint=("one", 1), shape=(6, 5), dtype="uint8"):
    return Unfinished(folder / "out.tif", shape, dtype, fingerprint)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_windows_and_rows_are_written_where_they_belong(tmp_path, dtype):
    expected = np.arange(30).reshape(6, 5).astype(dtype)
    work = work_of(tmp_path, dtype=dtype)
    with work.opened():
        for window in (Window(0, 0, 4, 3), Window(0, 3, 4, 2)):
            work.write(window, expected[window.slices])
        work.write_rows(4, expected[4:])
        assert np.array_equal(work.read(0, 6), expected)
        assert np.array_equal(work.read(3, 2), expected[3:5])
    assert work.rows_path.read_bytes() == expected.tobytes()
    assert work.folder == tmp_path / "out.tif.part"


def test_a_system_that_takes_a_part_at_a_time_gets_all(tmp_path):
    with work_of(tmp_path).opened() as work:
        file = work._file

        class Slow:
            seek = staticmethod(file.seek)

            def write(self, content):
                return file.write(content[:4])

        work._file = Slow()
        work.write_rows(0, np.arange(30).reshape(6, 5))
        work._file = file
        assert np.array_equal(work.read(0, 6), np.arange(30).reshape(6, 5))


def test_it_goes_on_where_it_was_with_the_same_fingerprint_only(tmp_path):
    with work_of(tmp_path).opened() as work:
        assert work.done == 0
        work.write_rows(0, np.full((3, 5), 7))
        work.keep(2)
        work.write_rows(3, np.full((1, 5), 8))
    with work_of(tmp_path).opened() as again:
        assert again.done == 2
        assert (again.read(0, 3) == 7).all()
    with work_of(tmp_path, "another").opened() as other:
        assert other.done == 0
        assert not other.read(0, 6).any(), "nothing of before is left"
    with work_of(tmp_path).opened() as later:
        assert later.done == 0, "what another has begun is not this one's"


@pytest.mark.parametrize("damage", ["journal", "list", "rows", "count", "gone"])
def test_what_is_damaged_is_begun_anew(tmp_path, damage):
    with work_of(tmp_path).opened() as work:
        work.keep(2)
    journal, rows = work.folder / "journal.json", work.folder / "rows.raw"
    if damage == "journal":
        journal.write_text(journal.read_text()[:20])
    elif damage == "list":
        journal.write_text("[]")
    elif damage == "rows":
        os.truncate(rows, 29)
    elif damage == "count":
        journal.write_text(json.dumps({"fingerprint": ["one", 1], "done": "2"}))
    else:
        rows.unlink()
    with work_of(tmp_path).opened() as again:
        assert again.done == 0
        assert rows.stat().st_size == 30


def test_two_at_once_are_refused(tmp_path):
    with (
        work_of(tmp_path).opened(),
        pytest.raises(JobError, match="another process is predicting"),
        work_of(tmp_path).opened(),
    ):
        pass


def test_it_stays_when_the_work_fails_and_goes_when_it_is_removed(tmp_path):
    work = work_of(tmp_path)
    with pytest.raises(KeyError), work.opened():
        raise KeyError
    assert work.folder.is_dir()
    work.remove()
    assert not work.folder.exists()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(JobError, match=r"cannot write .*out\.tif: ") as refusal, work_of(tmp_path / "file").opened():
        pass
    assert "\n" not in str(refusal.value)


def test_an_error_of_the_disk_is_one_line(tmp_path):
    with pytest.raises(JobError, match=r"no space left on the disk.*goes on where it was"), work_of(tmp_path).opened():
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_that_fills_up_is_noticed(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("mounting a tmpfs needs root")
    try:
        with pytest.raises(JobError, match="no space left"), work_of(disk, shape=(300, 300)).opened() as work:
            work.write(Window(0, 0, 300, 300), np.ones((300, 300)))
        assert (disk / "out.tif.part").is_dir()
    finally:
        subprocess.run(["umount", disk], check=True)
