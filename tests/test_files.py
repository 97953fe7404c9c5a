"""Files written beside and renamed; JSON read from untrusted files."""

import errno
import json
import os
import re
import shutil
import stat
import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest

from raremask.errors import InputError, JobError
from raremask.files import LARGEST_TEXT, HeldError, clear_leftovers, held, read_json, write_json, written_beside


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 1 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount a tmpfs: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_the_file_appears_only_when_it_is_whole(tmp_path):
    path = tmp_path / "deep" / "scores.csv"
    with written_beside(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        temporary.write_text("whole")
    assert path.read_text() == "whole"
    assert os.listdir(path.parent) == ["scores.csv"]


def test_the_temporary_file_keeps_the_suffix_and_the_folder(tmp_path):
    with written_beside(tmp_path / "model.keras") as temporary:
        assert temporary.suffix == ".keras"
        assert temporary.parent == tmp_path


def test_what_is_durable_waits_for_the_bytes_before_the_name_and_for_the_name(tmp_path, monkeypatch):
    done, replace = [], os.replace

    def sync(descriptor):
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")

    def rename(source, target):
        done.append("name")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "replace", rename)
    write_json(tmp_path / "run.json", {})
    assert done == ["name"]
    write_json(tmp_path / "run.json", {}, durable=True)
    assert done[1:] == ["file", "name", "folder"]


def test_a_folder_is_held_by_one_at_a_time(tmp_path):
    pytest.importorskip("fcntl")
    with held(tmp_path), pytest.raises(HeldError, match="another process"), held(tmp_path):
        pass
    with held(tmp_path) as sure:
        assert sure


def test_a_folder_that_was_taken_away_before_it_was_held_is_not_held(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")
    (tmp_path / "run").mkdir()
    # As the process does that held it until now.
    monkeypatch.setattr(fcntl, "flock", lambda *arguments: (tmp_path / "run").rmdir())
    with pytest.raises(HeldError, match=r"taken .* away; type the command again"), held(tmp_path / "run"):
        pass
    with pytest.raises(JobError, match=r"cannot open .*run: No such file"), held(tmp_path / "run"):
        pass


def test_a_leftover_on_a_disk_that_cannot_be_written_is_one_line(tmp_path, monkeypatch):
    def refuse(path, **options):
        raise OSError(errno.EROFS, "Read-only file system")

    (tmp_path / ".writing-0123.npz").touch()
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(JobError, match=r"cannot remove .*0123\.npz.*: Read-only file system\. Check"):
        clear_leftovers(tmp_path)


def test_only_what_was_left_half_written_is_cleared(tmp_path):
    (tmp_path / "kept").touch()
    with written_beside(tmp_path / "model.keras") as temporary:
        shutil.copy(temporary, temporary.with_name(f"{temporary.name}.left"))
    (tmp_path / "model.keras").unlink()
    # An export's folder, which may be under way.
    (tmp_path / ".writing-onnx-0123456789abcdef").mkdir()
    clear_leftovers(tmp_path)
    (tmp_path / ".writing-onnx-0123456789abcdef").rmdir()
    assert os.listdir(tmp_path) == ["kept"]


def test_an_earlier_file_is_replaced(tmp_path):
    path = tmp_path / "run.json"
    for text in ("first", "second"):
        with written_beside(path) as temporary:
            temporary.write_text(text)
    assert path.read_text() == "second"


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ValueError, SystemExit, OSError])
def test_a_failure_leaves_the_earlier_file_and_no_temporary_one(tmp_path, failure):
    path = tmp_path / "run.json"
    path.write_text("earlier")

    def work():
        with written_beside(path) as temporary:
            temporary.write_text("half")
            raise failure

    with pytest.raises((failure, JobError)):
        work()
    assert path.read_text() == "earlier"
    assert os.listdir(tmp_path) == ["run.json"]


def test_errors_of_the_block_that_are_no_disk_errors_pass_through(tmp_path):
    with pytest.raises(InputError, match="mine"), written_beside(tmp_path / "x"):
        raise InputError("mine")


def _write_bytes(path):
    path.write_bytes(bytes(2 * 2**20))


def _write_array(path):
    # NumPy stops short without saying that the disk is full.
    np.zeros(2 * 2**20, np.uint8).tofile(path)


@pytest.mark.parametrize("write", [_write_bytes, _write_array])
def test_a_full_disk_is_named_and_spares_the_earlier_file(small_disk, write):
    path = small_disk / "mask.png"
    path.write_text("earlier")
    message = f"no space left on the disk while writing {re.escape(str(path))}"
    with pytest.raises(JobError, match=message) as caught, written_beside(path) as temporary:
        write(temporary)
    assert "\n" not in str(caught.value)
    assert path.read_text() == "earlier"
    assert os.listdir(small_disk) == ["mask.png"]


def test_a_folder_that_cannot_be_made_is_a_job_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(JobError, match=r"cannot write .*file/run\.json: .*Check the folder"):
        write_json(tmp_path / "file" / "run.json", {})


def test_a_folder_in_the_place_of_the_file_is_a_job_error(tmp_path):
    (tmp_path / "run.json").mkdir()
    with pytest.raises(JobError, match="cannot write"):
        write_json(tmp_path / "run.json", {})
    assert os.listdir(tmp_path) == ["run.json"]


def test_an_unwritable_folder_is_a_job_error(tmp_path, monkeypatch):
    # Root may write everywhere, so the refusal is acted.
    def refuse(path, *_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(JobError, match=r"cannot write .*run\.json: Permission denied"):
        write_json(tmp_path / "run.json", {})


def test_files_get_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "plain").touch()
    write_json(tmp_path / "run.json", {})
    assert stat.S_IMODE((tmp_path / "run.json").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_writing_never_changes_the_umask(tmp_path, monkeypatch):
    # It belongs to all threads: a file made meanwhile elsewhere would be open to everybody.
    monkeypatch.setattr(os, "umask", lambda mask: pytest.fail("umask was set"))
    write_json(tmp_path / "run.json", {})


def test_many_threads_may_write_one_path(tmp_path):
    path = tmp_path / "run.json"
    threads = [threading.Thread(target=write_json, args=(path, {"from": index})) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read_json(path)["from"] in range(8)
    assert os.listdir(tmp_path) == ["run.json"]


def test_json_comes_back(tmp_path):
    value = {"threshold": 0.1 + 0.2, "stems": ["é", "b"], "none": None}
    write_json(tmp_path / "run.json", value)
    assert read_json(tmp_path / "run.json") == value


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_a_job_error(tmp_path, number):
    with pytest.raises(JobError, match=r"run\.json: a value in it is not a finite number"):
        write_json(tmp_path / "run.json", {"iou": number})
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not valid JSON"),
        (b'{"half":', "is not valid JSON"),
        (b"\xff\xfe\x00", "is not valid text"),
        (b"[" * 100_000, "is not valid JSON"),
        (b"[1, 2]", "expected a JSON object, found list"),
    ],
)
def test_a_damaged_json_file_is_one_line(tmp_path, content, message):
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_json(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_json_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match=r"cannot read .*run\.json: No such file"):
        read_json(tmp_path / "run.json")


def test_a_giant_json_file_is_refused_as_too_large(tmp_path):
    path = tmp_path / "run.json"
    with open(path, "wb") as file:
        file.truncate(LARGEST_TEXT + 1)
    with pytest.raises(InputError, match="larger than 64 MB") as caught:
        read_json(path)
    assert "JSON (" not in str(caught.value)


def test_written_json_ends_with_a_line_break(tmp_path):
    write_json(tmp_path / "run.json", {"a": 1})
    text = (tmp_path / "run.json").read_text()
    assert text.endswith("}\n")
    assert json.loads(text) == {"a": 1}
