import os

from raremask.engines import machine as module
from raremask.engines.machine import cores, machine


def test_the_machine_is_told_by_what_changes_a_speed(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    facts = machine()
    assert facts["processor"]
    assert (facts["cores"], facts["shown"]) == (cores(), "3")
    assert isinstance(facts["gpus"], list)


def test_cores_are_those_that_the_process_may_use(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 5, 7}, raising=False)
    assert cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores() == 1


def test_a_processor_without_a_list_of_its_cores_has_a_name(monkeypatch):
    def missing(*arguments, **options):
        raise FileNotFoundError

    monkeypatch.setattr("builtins.open", missing)
    assert module._processor()
