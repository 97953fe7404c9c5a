import json
import os
import shutil
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest

from raremask.engines import choose_engine
from raremask.errors import InputError
from raremask.run import load_run, save_run


@pytest.fixture
def copy(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "run")


def test_a_saved_run_loads_the_same(trained, tmp_path):
    run = load_run(trained)
    other = run.changed(threshold=0.25, smallest=16, hole=4)
    save_run(other, tmp_path / "again")
    loaded = load_run(tmp_path / "again")
    assert loaded.changed(model=None) == other.changed(model=None)
    for one, other in zip(run.model.get_weights(), loaded.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_facts_load_without_the_model_and_without_keras(trained):
    assert load_run(trained, model=False) == load_run(trained).changed(model=None)
    code = f"""
import sys
from raremask.run import load_run
run = load_run({str(trained)!r}, model=False)
print(run.model, run.plan.model.stride, [name for name in ["keras", "tensorflow"] if name in sys.modules])
"""
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == f"None {load_run(trained).plan.model.stride} []"


def test_the_facts_are_checked_without_the_model_too(copy):
    facts = json.loads((copy / "run.json").read_text())
    (copy / "run.json").write_text(json.dumps({**facts, "threshold": 7}))
    with pytest.raises(InputError, match="between 0 and 1"):
        load_run(copy, model=False)


def test_a_saved_run_is_on_the_disk_before_it_has_its_name(trained, tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append({path.suffix for path in tmp_path.glob("[!.]*")}))
    save_run(load_run(trained), tmp_path)
    assert synced == [set(), {".keras"}, {".keras"}, {".keras", ".json"}]


def test_nothing_else_is_read(trained, tmp_path):
    (tmp_path / "run").mkdir()
    for name in ("model.keras", "run.json"):
        shutil.copy(trained / name, tmp_path / "run")
    assert load_run(tmp_path / "run").bands == 3


def test_the_model_loads_with_keras_alone(trained):
    model = keras.saving.load_model(trained / "model.keras")
    assert not model.compiled
    config = zipfile.ZipFile(trained / "model.keras").read("config.json").decode()
    assert "raremask" not in config


def test_no_run(tmp_path):
    with pytest.raises(InputError, match="is not a run"):
        load_run(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 99}, "format 99"),
        ({"threshold": 7}, "between 0 and 1"),
        ({"threshold": "high"}, "does not fit"),
        ({"plan": {"training": {"epochs": 1}, "loss": {"name": "mystery"}}}, "loss.name: must be"),
        ({"plan": {"surprise": 1}}, "surprise"),
        ({"plan": {"training": {"epochs": "many"}}}, "training.epochs: must be a valid integer"),
        ({"smallest": -1}, "no number of pixels"),
        ({"hole": 2.5}, "no number of pixels"),
        ({"decoding": {"kind": "magic"}}, "decoding"),
        ({"splits": None}, "does not fit"),
        ({"splits": {"test": 5}}, "no list of stems"),
        ({"splits": {"test": [["a"]]}}, "no list of stems"),
        ({"threshold": float("nan")}, "between 0 and 1"),
        ({"threshold": 10**400}, "does not fit"),
        ({"bands": float("inf")}, "does not fit"),
        ({"bands": 1}, "not of one training"),
        ({"dtype": "float32"}, "uint8 or uint16, not 'float32'"),
        ({"source": {"data": 5}}, "'5' is no path"),
        ({"source": {"data": "x" * 5000}}, "is no path"),
    ],
)
def test_a_strange_run_json_is_named(copy, change, said):
    facts = json.loads((copy / "run.json").read_text())
    (copy / "run.json").write_text(json.dumps({**facts, **change}))
    with pytest.raises(InputError, match=said):
        load_run(copy)


def test_a_missing_entry_is_named(copy):
    facts = json.loads((copy / "run.json").read_text())
    del facts["threshold"]
    (copy / "run.json").write_text(json.dumps(facts))
    with pytest.raises(InputError, match="lacks the entry 'threshold'"):
        load_run(copy)


@pytest.mark.parametrize("content", [b"", b"not a model", b"PK\x03\x04 cut off"])
def test_a_damaged_model_is_named(copy, content):
    (copy / "model.keras").write_bytes(content)
    with pytest.raises(InputError, match=r"model\.keras"):
        load_run(copy)


def test_a_model_of_another_output_is_named(copy):
    image = keras.Input((None, None, 3))
    keras.Model(image, keras.layers.Conv2D(2, 1)(image)).save(copy / "model.keras")
    with pytest.raises(InputError, match="not of one training"):
        load_run(copy)


def test_a_model_that_fails_without_a_word_is_named(copy, monkeypatch):
    def fail(*arguments, **options):
        raise MemoryError

    monkeypatch.setattr(keras.saving, "load_model", fail)
    with pytest.raises(InputError, match="MemoryError"):
        load_run(copy)


def test_a_missing_model_is_named(copy):
    (copy / "model.keras").unlink()
    with pytest.raises(InputError, match="not whole"):
        load_run(copy)


def test_a_model_that_holds_code_is_refused(copy):
    ran = []
    model = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Lambda(lambda x: (ran.append(1), x)[1])])
    model.save(copy / "model.keras")
    ran.clear()
    with pytest.raises(InputError, match="cannot be loaded"):
        load_run(copy)
    assert not ran


def test_a_model_that_unpacks_to_too_much_is_refused(copy, monkeypatch):
    monkeypatch.setattr("raremask.model_file.LARGEST_MODEL", 1000)
    with pytest.raises(InputError, match="more than any model"):
        load_run(copy)


def test_a_model_that_is_no_plain_file_is_not_read(copy):
    (copy / "model.keras").unlink()
    os.mkfifo(copy / "model.keras")
    for read in (load_run, choose_engine):
        with pytest.raises(InputError, match="is no file"):
            read(copy)


def test_a_model_with_layers_for_absurd_weights_is_refused(copy):
    layer = {"class_name": "Conv2D", "config": {"filters": 30_000_000, "kernel_size": [3, 3]}}
    with zipfile.ZipFile(copy / "model.keras", "w") as archive:
        archive.writestr("config.json", json.dumps({"config": {"layers": [layer]}}))
    with pytest.raises(InputError, match="more weights than any model"):
        load_run(copy)


def test_a_model_that_is_deeper_than_the_plan_says_is_named(copy):
    facts = json.loads((copy / "run.json").read_text())
    assert facts["plan"]["model"]["depth"] == 2
    facts["plan"]["model"]["depth"] = 1
    (copy / "run.json").write_text(json.dumps(facts))
    with pytest.raises(InputError, match=r"no model of the plan in run\.json: images of 4 x 4"):
        load_run(copy)
