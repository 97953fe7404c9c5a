"""Converted models on disk: whole, their own, and not without bound."""

import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from raremask.engines import store
from raremask.engines.store import file_digest, keep_choice, kept_choice, kept_model, key_of, make_model
from raremask.errors import JobError


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    own = []
    monkeypatch.setattr(store, "_OWN", own)
    yield tmp_path / "raremask" / "engines"
    for folder in own:
        shutil.rmtree(folder)


def writer(content=b"weights"):
    def make(folder):
        (folder / "model.xml").write_bytes(b"graph")
        (folder / "model.bin").write_bytes(content)

    return make


def test_a_model_is_kept_in_the_cache_folder(cache):
    assert kept_model("key") is None
    folder = make_model("key", writer())
    assert folder == cache / "key" == kept_model("key")
    assert (folder / "model.bin").read_bytes() == b"weights"
    assert [path.name for path in cache.iterdir()] == ["key"]


def test_nothing_is_seen_before_it_is_whole(cache):
    def make(folder):
        writer()(folder)
        assert kept_model("key") is None
        assert not (cache / "key").exists()

    make_model("key", make)


def test_what_fails_leaves_nothing(cache):
    def make(folder):
        writer()(folder)
        raise KeyError("the converter")

    with pytest.raises(KeyError):
        make_model("key", make)
    assert list(cache.iterdir()) == []


def cut(folder):
    (folder / "model.bin").write_bytes(b"weigh")


def change(folder):
    (folder / "model.bin").write_bytes(b"WEIGHTS")


def lose(folder):
    (folder / "model.bin").unlink()


def add(folder):
    (folder / "more.bin").write_bytes(b"")


def unseal(folder):
    (folder / "seal.json").unlink()


def spoil(folder):
    (folder / "seal.json").write_text("{")


@pytest.mark.parametrize("damage", [cut, change, lose, add, unseal, spoil])
def test_a_damaged_model_is_made_anew(cache, damage):
    damage(make_model("key", writer()))
    assert kept_model("key") is None
    folder = make_model("key", writer(b"new"))
    assert folder == kept_model("key") == cache / "key"
    assert (folder / "model.bin").read_bytes() == b"new"
    assert [path.name for path in cache.iterdir()] == ["key"]


def test_a_file_in_its_place_gives_way(cache):
    cache.mkdir(parents=True)
    (cache / "key").write_bytes(b"a file")
    make_model("key", writer())
    assert kept_model("key")


def test_one_that_another_process_made_meanwhile_stays(cache):
    def make(folder):
        writer()(folder)
        if not (cache / "key").exists():
            make_model("key", writer(b"the other's"))

    folder = make_model("key", make)
    assert (folder / "model.bin").read_bytes() == b"the other's"
    assert [path.name for path in cache.iterdir()] == ["key"]


def test_processes_that_make_one_model_at_once_leave_a_whole_one(cache, tmp_path):
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_survive, args=(tmp_path, number)) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    make_model("key", writer(b"same"))
    assert kept_model("key")
    assert [path.name for path in cache.iterdir()] == ["key"]


def test_one_that_appears_at_the_last_moment_stays(cache, monkeypatch):
    rename = os.rename

    def late(source, target):
        if target == cache / "key":
            monkeypatch.setattr(os, "rename", rename)
            make_model("key", writer(b"the other's"))
        rename(source, target)

    monkeypatch.setattr(os, "rename", late)
    folder = make_model("key", writer())
    assert (folder / "model.bin").read_bytes() == b"the other's"
    assert [path.name for path in cache.iterdir()] == ["key"]


def _survive(home, number):
    os.environ["XDG_CACHE_HOME"] = str(home)
    for _ in range(60):
        folder = make_model("key", writer(b"same"))
        assert (folder / "model.bin").read_bytes() == b"same"


def test_where_the_cache_cannot_be_written_a_folder_of_the_process_is_used(cache, tmp_path):
    cache.parent.mkdir(parents=True)
    cache.write_bytes(b"a file where the folder belongs")
    folder = make_model("key", writer())
    assert tmp_path not in folder.parents
    assert kept_model("key") == folder
    assert make_model("other", writer()).parent == folder.parent, "one folder for all"


def test_the_folder_of_a_process_goes_with_it(cache):
    cache.parent.mkdir(parents=True)
    cache.write_bytes(b"")
    code = """
from raremask.engines.store import make_model
print(make_model("key", lambda folder: (folder / "model.bin").write_bytes(b"")))
"""
    folder = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert folder
    assert not Path(folder).parent.exists()


def test_without_a_home_a_folder_of_the_process_is_used(monkeypatch):
    monkeypatch.setattr(store, "cache_folder", lambda: None)
    assert kept_model("key") is None
    assert make_model("key", writer()) == kept_model("key")
    keep_choice("key", {"a": 1})
    assert kept_choice("key") is None


def test_no_room_anywhere_is_one_line(cache):
    def full(folder):
        raise OSError(28, "No space left on device")

    with pytest.raises(JobError, match="no space left"):
        make_model("key", full)


def test_the_longest_unused_makes_room(cache, monkeypatch):
    for age, name in enumerate(["new", "used", "old"]):
        folder = make_model(name, writer(b"x" * 1000))
        os.utime(folder / "seal.json", (time.time() - 100 * (age + 1),) * 2)
    os.utime(cache / "old" / "seal.json", (time.time() - 999,) * 2)
    assert kept_model("used")
    one = sum(path.stat().st_size for path in (cache / "new").iterdir())
    monkeypatch.setattr(store, "_MOST_BYTES", 3 * one)
    make_model("newest", writer(b"x" * 1000))
    assert sorted(path.name for path in cache.iterdir()) == ["new", "newest", "used"]
    make_model("last", writer(b"x" * 1000))
    left = sorted(path.name for path in cache.iterdir())
    assert left == ["last", "newest", "used"], "using a model makes it younger"
    monkeypatch.setattr(store, "_MOST_BYTES", 0)
    make_model("large", writer())
    assert [path.name for path in cache.iterdir()] == ["large"], "the newest stays, however large"


def test_what_killed_processes_left_is_removed_when_it_is_old(cache):
    for name, age in (("killed", 9999), ("writing", 5)):
        (cache / f".writing-{name}").mkdir(parents=True)
        os.utime(cache / f".writing-{name}", (time.time() - age,) * 2)
    make_model("key", writer())
    assert sorted(path.name for path in cache.iterdir()) == [".writing-writing", "key"]


def test_choices_are_kept_and_damaged_ones_are_none(cache):
    assert kept_choice("key") is None
    keep_choice("key", {"candidate": {"name": "keras"}})
    assert kept_choice("key") == {"candidate": {"name": "keras"}}
    (cache / "key.json").write_text("[")
    assert kept_choice("key") is None


def test_choices_are_bounded(cache, monkeypatch):
    monkeypatch.setattr(store, "_MOST_CHOICES", 2)
    for age, name in ((300, "a"), (200, "b")):
        keep_choice(name, {})
        os.utime(cache / f"{name}.json", (time.time() - age,) * 2)
    assert kept_choice("a") == {}
    keep_choice("c", {})
    assert sorted(path.stem for path in cache.iterdir()) == ["a", "c"], "using a choice makes it younger"


def test_a_choice_that_cannot_be_kept_fails_nothing(cache):
    cache.parent.mkdir(parents=True)
    cache.write_bytes(b"")
    keep_choice("key", {})
    assert kept_choice("key") is None


def test_keys_depend_on_every_fact_and_not_on_their_order(tmp_path):
    assert key_of({"a": 1, "b": None}) == key_of({"b": None, "a": 1})
    assert len({key_of({"a": 1}), key_of({"a": 2}), key_of({"b": 1}), key_of({"a": "1"})}) == 4
    (tmp_path / "file").write_bytes(b"abc")
    # The example of FIPS 180-2.
    assert file_digest(tmp_path / "file").startswith("ba7816bf8f01cfea414140de5dae2223")
