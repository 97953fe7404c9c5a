"""The cache: it remembers what did not change, forgets what did, and breaks nothing whatever becomes of it."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from raremask.data import cache as cache_module
from raremask.data.cache import FactCache, cache_folder


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "raremask"


@pytest.fixture
def files(tmp_path):
    """Four files that have not changed for a minute."""
    folder = tmp_path / "masks"
    folder.mkdir()
    made = [folder / f"{name}.png" for name in "abcd"]
    for file in made:
        file.write_bytes(b"12345")
        age(file)
    return made


def age(file, seconds=60):
    os.utime(file, (time.time() - seconds,) * 2)


def remember(files, facts=(1, 2, 3), version="1", question="q"):
    cache = FactCache(files, version)
    for file in files:
        cache.put(file, question, np.array(facts, np.int64))
    cache.save()


def recall(files, version="1", question="q"):
    cache = FactCache(files, version)
    return [None if (facts := cache.get(file, question)) is None else facts.tolist() for file in files]


def test_what_was_put_is_told_again(home, files):
    assert recall(files) == [None] * 4
    cache = FactCache(files, "1")
    for index, file in enumerate(files[:3]):
        cache.put(file, "q", np.arange(index, dtype=np.int64))
        cache.put(file, "other", np.array([-(2**60)]))
    cache.save()
    assert recall(files) == [[], [0], [0, 1], None]
    assert recall(files, question="other") == [[-(2**60)]] * 3 + [None]
    assert len(list(home.iterdir())) == 1


def test_a_changed_file_is_forgotten_alone(home, files):
    remember(files)
    files[0].write_bytes(b"123456")
    age(files[0])
    moment = files[1].stat()
    files[1].write_bytes(b"54321")
    os.utime(files[1], ns=(moment.st_atime_ns, moment.st_mtime_ns + 1))
    os.utime(files[2], (1, 1))
    assert recall(files) == [None, None, None, [1, 2, 3]]
    remember(files[:3], (4,))
    assert recall(files) == [[4], [4], [4], [1, 2, 3]]


def test_another_file_of_the_same_size_and_time_is_another(home, files):
    moment = files[0].stat()
    remember(files)
    other = files[0].with_name("other")
    other.write_bytes(b"54321")
    other.replace(files[0])
    os.utime(files[0], ns=(moment.st_atime_ns, moment.st_mtime_ns))
    assert recall(files) == [None, *[[1, 2, 3]] * 3]


def test_a_file_rewritten_under_its_old_time_is_another(home, files):
    moment = files[0].stat()
    remember(files)
    with open(files[0], "r+b") as file:
        file.write(b"54321")
    os.utime(files[0], ns=(moment.st_atime_ns, moment.st_mtime_ns))
    assert recall(files)[0] is None


@pytest.mark.parametrize("seconds", [0, 1.5, -3600])
def test_a_file_that_changed_just_now_is_not_remembered(home, files, seconds):
    age(files[0], seconds)
    remember(files)
    assert recall(files) == [None, *[[1, 2, 3]] * 3]


def test_a_file_that_changes_while_it_is_read_is_not_remembered(home, files):
    cache = FactCache(files, "1")
    for file in files:
        cache.put(file, "q", np.array([1]))
    files[0].write_bytes(b"1234567")
    age(files[0])
    files[1].unlink()
    cache.save()
    assert recall(files) == [None, None, [1], [1]]


def test_another_version_of_the_code_begins_anew(home, files):
    remember(files)
    assert recall(files, version="2") == [None] * 4
    remember(files[:1], version="2")
    assert recall(files, version="2") == [[1, 2, 3], None, None, None]
    assert recall(files, version="1") == [None] * 4


def test_a_part_of_the_files_keeps_the_others_but_not_the_removed(home, files):
    remember(files)
    files[3].unlink()
    remember(files[:1], (7,))
    assert recall(files[:3]) == [[7], [1, 2, 3], [1, 2, 3]]
    [path] = home.iterdir()
    assert not any(key.endswith("d.png") for key in cache_module._load(path, "1"))


def test_two_at_once_keep_what_the_other_wrote(home, files):
    one, other = FactCache(files, "1"), FactCache(files, "1")
    one.put(files[0], "q", np.array([1]))
    other.put(files[1], "q", np.array([2]))
    one.save()
    other.save()
    assert recall(files) == [[1], [2], None, None]


def test_threads_may_put_at_once(home, files):
    cache = FactCache(files, "1")
    threads = [
        threading.Thread(target=lambda file=file: [cache.put(file, str(k), np.array([k])) for k in range(50)])
        for file in files
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cache.save()
    assert all(recall(files, question=str(k)) == [[k]] * 4 for k in range(50))


def test_folders_in_folders_and_odd_names(home, tmp_path):
    odd = [
        tmp_path / "z" / "1" / "2.png",
        tmp_path / "z" / "2" / "2.png",
        tmp_path / "z" / "3" / "ünï\ncode \udcff.png",
    ]
    for file in odd:
        file.parent.mkdir(parents=True)
        file.touch()
        age(file)
    for index, file in enumerate(odd):
        remember([*odd[:index], file], (index,))
    assert recall(odd) == [[2], [2], [2]]


def test_a_damaged_cache_is_none_and_is_written_anew(home, files):
    remember(files)
    [path] = home.iterdir()
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for content in (b"", b"\0" * 50, b"not a cache", whole[:-1], whole[: len(whole) // 2], os.urandom(500)):
        path.write_bytes(content)
        assert recall(files) == [None] * 4
    for place in rng.integers(0, len(whole), 200):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        assert all(facts in (None, [1, 2, 3]) for facts in recall(files))
    path.write_bytes(b"x")
    remember(files)
    assert recall(files) == [[1, 2, 3]] * 4


def test_a_foreign_archive_is_none(home, files, tmp_path):
    remember(files)
    [path] = home.iterdir()
    for stored in ({"a": np.zeros(3)}, {"version": np.frombuffer(b"1", np.uint8)}, {"version": np.array([{}], object)}):
        with open(path, "wb") as file:
            np.savez(file, **stored)
        assert recall(files) == [None] * 4


@pytest.mark.parametrize("where", ["a file in the way", "not writable", "no home"])
def test_where_it_cannot_be_kept_nothing_fails(tmp_path, files, monkeypatch, where):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    if where == "a file in the way":
        (tmp_path / "cache").touch()
    elif where == "not writable":
        monkeypatch.setenv("XDG_CACHE_HOME", "/proc/no such place")
    else:
        monkeypatch.setattr(cache_module, "cache_folder", lambda: None)
    remember(files)
    assert recall(files) == [None] * 4


def test_files_without_a_common_folder_are_not_kept(home, files, monkeypatch):
    def several_drives(paths):
        raise ValueError

    monkeypatch.setattr(os.path, "commonpath", several_drives)
    remember(files)
    assert recall(files) == [None] * 4
    assert not home.exists()


def test_no_file_at_all(home):
    remember([])
    assert recall([]) == []


def test_much_is_not_remembered(home, files, monkeypatch):
    remember(files[:1], range(8193))
    remember(files[1:2], range(8192))
    assert recall(files)[0] is None
    assert len(recall(files)[1]) == 8192
    monkeypatch.setattr(cache_module, "_MOST_BYTES", 3 * 8 * 8192)
    remember(files, range(8000))
    assert 1 <= sum(facts is not None and len(facts) == 8000 for facts in recall(files)) < 4


def test_old_caches_and_leftovers_are_swept(home, files, monkeypatch):
    home.mkdir(parents=True)
    for name, days in (("old", 9), ("older", 10), ("new", 1)):
        (home / f"{name}.npz").write_bytes(bytes(1000))
        age(home / f"{name}.npz", days * 86400)
    (home / ".writing-0.npz").touch()
    age(home / ".writing-0.npz", 7200)
    (home / ".writing-1.npz").touch()
    (home / "notes.txt").touch()
    remember(files)
    own = {path.name for path in home.iterdir()} - {"old.npz", "older.npz", "new.npz", ".writing-1.npz", "notes.txt"}
    assert len(own) == 1
    monkeypatch.setattr(cache_module, "_MOST_BYTES_IN_ALL", (home / own.pop()).stat().st_size + 2500)
    remember(files, (5,))
    assert {path.name for path in home.iterdir()} >= {"old.npz", "new.npz", ".writing-1.npz", "notes.txt"}
    assert not (home / "older.npz").exists()
    assert recall(files) == [[5]] * 4


WRITER = """
import signal
import sys
import numpy as np
from raremask.data.cache import FactCache
# Where a shell started the tests in the background, Ctrl-C is ignored from birth.
signal.signal(signal.SIGINT, signal.default_int_handler)
files = sys.argv[1:]
number = 0
while True:
    cache = FactCache(files, "1")
    for file in files:
        cache.put(file, "q", np.full(4000, number))
    cache.save()
    print(number, flush=True)
    number += 1
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_whoever_is_stopped_leaves_a_whole_cache(home, files, end):
    rng = np.random.default_rng(end.value)
    for _ in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, *map(str, files)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        writer.stdout.readline()
        time.sleep(rng.uniform(0, 0.05))
        writer.send_signal(end)
        writer.wait(30)
        writer.stdout.close()
        told = recall(files)
        assert all(facts is not None and len(set(facts)) == 1 and len(facts) == 4000 for facts in told)
        assert len({facts[0] for facts in told}) == 1
    remember(files, (1,))
    assert recall(files) == [[1]] * 4


def test_two_processes_at_once_leave_a_whole_cache(home, files):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, *map(str, files)], stdout=subprocess.PIPE) for _ in range(2)
    ]
    for writer in writers:
        for _ in range(5):
            writer.stdout.readline()
    told = recall(files)
    for writer in writers:
        writer.kill()
        writer.wait()
        writer.stdout.close()
    assert all(facts is not None and len(facts) == 4000 for facts in told)


@pytest.mark.parametrize(
    ("platform", "variables", "wanted"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/raremask"),
        ("linux", {"XDG_CACHE_HOME": "x", "HOME": "/h"}, "/h/.cache/raremask"),
        ("linux", {"HOME": "/h"}, "/h/.cache/raremask"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Caches/raremask"),
        ("darwin", {"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/x/raremask"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/raremask"),
        ("win32", {}, None),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="the paths are those of other systems")
def test_the_folder_is_the_systems(monkeypatch, platform, variables, wanted):
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert cache_folder() == (wanted and Path(wanted))
