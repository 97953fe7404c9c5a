"""A function in a process of its own answers, fails, dies and is interrupted."""

import os
import signal
import threading

import pytest

from raremask.errors import InputError, JobError
from raremask.evaluation.experiment.process import in_own_process
from support import works

posix = pytest.mark.skipif(os.name == "nt", reason="needs signals between processes")


def test_it_runs_elsewhere_is_prepared_tells_and_answers():
    told = []
    answer = in_own_process(works.tell_and_answer, 7, told=lambda *what: told.append(what), prepare=works.prepare)
    assert (answer["answer"], answer["prepared"]) == (21, "yes")
    assert answer["process"] != os.getpid()
    assert told == [("half", 7), ("whole", 14)]
    assert "PREPARED" not in os.environ


def test_errors_come_back_as_they_were():
    told = {"input": (InputError, "what was given"), "job": (JobError, "what failed")}
    for name, (kind, text) in (told | {"other": (RuntimeError, "KeyError: 'a fault'")}).items():
        with pytest.raises(kind) as raised:
            in_own_process(works.fail, name)
        assert str(raised.value) == text
        # For --debug: where it was.
        assert "in fail" in raised.value.__notes__[0]


@posix
def test_a_process_that_is_killed_is_a_job_that_failed():
    with pytest.raises(JobError, match="killed by signal 9, most likely for its memory: try a smaller --batch"):
        in_own_process(works.kill_itself, signal.SIGKILL)
    with pytest.raises(JobError, match=r"killed by signal 15$"):
        in_own_process(works.kill_itself, signal.SIGTERM)


@posix
def test_ctrl_c_lets_it_end_what_it_is_at(tmp_path):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    sent = []

    def told(what):
        if not sent:
            sent.append(what)
            # To the process as well, as a terminal does; it must not die of it.
            os.kill(int((tmp_path / "process").read_text()), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    try:
        with pytest.raises(KeyboardInterrupt):
            in_own_process(works.long_work, tmp_path, False, told=told)
        assert (tmp_path / "left").read_text() == "in order"
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


@posix
def test_a_second_ctrl_c_ends_it_at_once(tmp_path):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def told(what):
        os.kill(os.getpid(), signal.SIGINT)
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()

    try:
        with pytest.raises(KeyboardInterrupt):
            in_own_process(works.long_work, tmp_path, True, told=told)
    finally:
        signal.signal(signal.SIGINT, before)
    assert not (tmp_path / "left").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "process").read_text()), 0)
