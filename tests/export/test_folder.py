"""Folders that appear whole or not at all."""

import errno
from types import SimpleNamespace

import pytest

from raremask.errors import InputError, JobError
from raremask.export.folder import built_beside, refuse_standing


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_folder_appears_when_it_is_whole(tmp_path):
    with built_beside(tmp_path / "new" / "onnx") as temporary:
        (temporary / "model").write_text("half")
        assert not (tmp_path / "new" / "onnx").exists()
    assert (tmp_path / "new" / "onnx" / "model").read_text() == "half"
    assert names(tmp_path / "new") == ["onnx"]


@pytest.mark.parametrize("error", [JobError("no"), KeyError("a fault"), KeyboardInterrupt()])
def test_nothing_is_left_of_a_failure(tmp_path, error):
    def build():
        with built_beside(tmp_path / "onnx") as temporary:
            (temporary / "model").write_text("half")
            raise error

    with pytest.raises(type(error)):
        build()
    assert names(tmp_path) == []


def test_a_full_disk_is_one_line(tmp_path):
    with pytest.raises(JobError, match="no space left"), built_beside(tmp_path / "onnx"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert names(tmp_path) == []


@pytest.mark.parametrize("full", [True, False])
def test_a_writer_that_does_not_say_that_the_disk_is_full(tmp_path, monkeypatch, full):
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=9_999 if full else 10_000))
    kind, told = (JobError, "no space left") if full else (RuntimeError, "write failed")
    with pytest.raises(kind, match=told), built_beside(tmp_path / "onnx", needed=10_000):
        raise RuntimeError("write failed")
    assert names(tmp_path) == []


@pytest.mark.parametrize("make", ["mkdir", "touch", "symlink"])
def test_what_stands_there_is_left_alone(tmp_path, make):
    there = tmp_path / "onnx"
    there.symlink_to("nowhere") if make == "symlink" else getattr(there, make)()
    for refuse in (refuse_standing, lambda folder: built_beside(folder).__enter__()):
        with pytest.raises(InputError, match="exists already"):
            refuse(there)
    assert names(tmp_path) == ["onnx"]


def test_what_a_killed_process_left_goes_with_the_next(tmp_path):
    left, other = (tmp_path / f".writing-{name}-0123456789abcdef" for name in ("openvino", "openvino-int8"))
    left.mkdir()
    other.mkdir()
    with built_beside(tmp_path / "openvino"):
        assert not left.exists()
    assert names(tmp_path) == [other.name, "openvino"]


def test_what_another_process_is_writing_is_left_alone(tmp_path):
    with built_beside(tmp_path / "openvino") as first:
        (first / "model").write_text("half")
        with pytest.raises(KeyError), built_beside(tmp_path / "openvino"):
            raise KeyError("stopped")
        assert (first / "model").read_text() == "half"
    assert names(tmp_path / "openvino") == ["model"]


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(JobError, match="cannot write"), built_beside(tmp_path / "file" / "onnx"):
        pass
