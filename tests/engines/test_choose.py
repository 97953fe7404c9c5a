"""Choosing an engine: only what agrees, the fastest of it, and once."""

import functools
import json
import re
import shutil
import time

import keras
import numpy as np
import pytest

from raremask.engines import ENGINES, KerasEngine, choose, choose_engine, store
from raremask.engines import candidates as candidates_module
from raremask.engines import tiles as tiles_module
from raremask.engines.candidates import Candidate
from raremask.engines.store import file_digest
from raremask.errors import InputError, JobError
from raremask.run import load_run
from support.engines import random_run, random_tiles

SIZES = {"tile": 64, "batch": 2}
FAST = Candidate("openvino", "f32")
COARSE = Candidate("openvino", "bf16")

_DRAW = tiles_module.drawn_tiles


@pytest.fixture(scope="module")
def converted(trained, tmp_path_factory):
    """A cache folder with the trained run's models, and no choice: converting takes most of the time here."""
    home = tmp_path_factory.mktemp("converted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(home))
        run, digest = load_run(trained), file_digest(trained / "model.keras")
        for name in ("onnx", "openvino"):
            candidates_module.opened(Candidate(name), digest, run)
    return home


@pytest.fixture(autouse=True)
def cache(converted, tmp_path, monkeypatch):
    shutil.copytree(converted, tmp_path / "cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(store, "_OWN", [])
    monkeypatch.setattr(tiles_module, "drawn_tiles", lambda run, tile, count: _drawn(tile, count))
    return tmp_path / "cache" / "raremask" / "engines"


@functools.cache
def _drawn(tile, count):
    return _DRAW(random_run(), tile, count)


@pytest.fixture
def folder(trained, tmp_path):
    copy = tmp_path / "run"
    copy.mkdir()
    for name in ("model.keras", "run.json"):
        shutil.copy(trained / name, copy)
    return copy


@pytest.fixture
def order(monkeypatch):
    """Speeds by the order of candidates that a test wants, the fastest first; what is not named is slowest."""
    wanted = [FAST]

    def measure(engines, tiles):
        assert tiles.shape == (SIZES["batch"], SIZES["tile"], SIZES["tile"], 3)
        return {key: 10.0 / 2 ** wanted.index(key) if key in wanted else 0.5 for key in engines}

    monkeypatch.setattr("raremask.engines.speed.megapixels_a_second", measure)
    return wanted


@pytest.fixture
def ways(monkeypatch):
    """The candidates of a machine that has all."""
    ways = [Candidate("keras"), Candidate("onnx"), FAST]
    monkeypatch.setattr(choose, "candidates", lambda name: [way for way in ways if name in ("auto", way.name)])
    return ways


def facts_changed(folder, **changes):
    facts = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**facts, **changes}))


def without_keras(monkeypatch):
    """From here on a model cannot be loaded."""

    def refuse(*arguments):
        raise AssertionError("the model was loaded")

    monkeypatch.setattr("raremask.run._read_model", refuse)


def spoiling(monkeypatch, which, spoil):
    """Open one candidate with a fault."""

    def opened(candidate, digest, run):
        engine = candidates_module.opened(candidate, digest, run)
        return (lambda tiles: spoil(engine(tiles))) if candidate == which else engine

    monkeypatch.setattr(choose, "opened", opened)


def test_the_fastest_that_agrees_is_chosen_and_computes_what_keras_does(folder, order, ways):
    engine, sentence = choose_engine(folder, **SIZES)
    assert engine.name == "openvino"
    run = load_run(folder)
    tiles = random_tiles(run)
    np.testing.assert_allclose(engine(tiles), KerasEngine(run)(tiles), atol=1e-4)
    assert sentence.startswith("engine: OpenVINO in float32: 10 million pixels a second here (")
    assert "Keras in float32 0.50" in sentence
    assert "tried on drawn scenes and noise" in sentence
    assert "\n" not in sentence


def test_models_are_converted_where_they_are_not_kept(folder, order, ways, cache):
    shutil.rmtree(cache)
    assert choose_engine(folder, **SIZES)[0].name == "openvino"
    assert sorted(path.name for path in cache.glob("*/model.*")) == ["model.bin", "model.onnx", "model.xml"]


def test_it_is_chosen_once_and_then_opened_without_the_model(folder, order, ways, monkeypatch):
    started = []
    first, sentence = choose_engine(folder, **SIZES, start=lambda: started.append("keras"))
    assert started == ["keras"]
    tiles = random_tiles(load_run(folder))
    expected = first(tiles)
    without_keras(monkeypatch)
    monkeypatch.setattr("raremask.engines.speed.megapixels_a_second", without_keras)
    engine, again = choose_engine(folder, **SIZES, start=lambda: started.append("again"), say=started.append)
    assert (engine.name, again, started) == ("openvino", sentence, ["keras"])
    assert np.array_equal(engine(tiles), expected)


def test_every_way_to_run_it_can_be_chosen_and_kept(folder, order, ways, monkeypatch):
    for way in list(ways):
        order[:] = [way]
        monkeypatch.setattr(choose, "versions", lambda way=way: {"of": way.title})
        names = [choose_engine(folder, **SIZES)[0].name for _ in range(2)]
        assert names == [way.name] * 2


def test_nothing_is_written_into_the_run(folder, order, ways):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    choose_engine(folder, **SIZES)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda probability: probability**1.05, "IoU of 0.8"),
        (lambda probability: np.where(probability > 0.9, np.float32(0.9), probability), "IoU of|differ by up to"),
        (lambda probability: probability * np.float32(np.nan), "no probability"),
        (lambda probability: probability[:, :-1], "no probability"),
        (lambda probability: 1 / 0, "division by zero"),
        (lambda probability: probability if probability.shape[1] == 64 else 1 - probability, "differ by up to"),
    ],
    ids=["shifted", "cut", "nan", "shape", "error", "odd"],
)
def test_the_fastest_is_not_used_where_it_computes_something_else(folder, order, ways, monkeypatch, spoil, reason):
    order[:] = [COARSE, Candidate("onnx")]
    ways.append(COARSE)
    # So that a processor without bfloat16 has it too.
    way = candidates_module.OpenVINOEngine
    monkeypatch.setattr(candidates_module, "OpenVINOEngine", lambda path, precision: way(path, "f32"))
    spoiling(monkeypatch, COARSE, spoil)
    engine, sentence = choose_engine(folder, **SIZES)
    assert engine.name == "onnx"
    told = sentence.partition("; not OpenVINO in bfloat16: ")[2]
    assert re.search(reason, told)


def test_a_named_engine_that_computes_something_else_fails_and_is_not_kept(folder, order, ways, monkeypatch):
    spoiling(monkeypatch, Candidate("onnx"), lambda probability: probability**1.2)
    for _ in range(2):
        with pytest.raises(JobError, match=r"ONNX Runtime cannot be used for this run .*IoU.*--engine auto or keras"):
            choose_engine(folder, "onnx", **SIZES)
    assert choose_engine(folder, **SIZES)[0].name == "openvino"


def test_where_all_others_fail_keras_is_left(folder, order, ways, monkeypatch):
    keep = candidates_module.opened

    def opened(candidate, digest, run):
        if candidate.name != "keras":
            raise RuntimeError("cannot be  loaded\nhere")
        return keep(candidate, digest, run)

    monkeypatch.setattr(choose, "opened", opened)
    engine, sentence = choose_engine(folder, **SIZES)
    assert engine.name == "keras"
    assert "; not OpenVINO in float32: cannot be loaded here" in sentence


def test_a_named_engine_is_used_though_another_is_faster(folder, order, ways):
    order[:] = [Candidate("keras"), FAST]
    assert choose_engine(folder, **SIZES)[0].name == "keras"
    assert choose_engine(folder, "openvino", **SIZES)[0].name == "openvino"
    assert choose_engine(folder, **SIZES)[0].name == "keras", "each question has its own answer"


def test_keras_by_name_needs_no_measuring(folder, monkeypatch):
    monkeypatch.setattr(choose, "_chosen", lambda *arguments: pytest.fail("measured"))
    started = []
    engine, sentence = choose_engine(folder, "keras", start=lambda: started.append(1))
    assert (engine.name, started) == ("keras", [1])
    assert sentence == "engine: Keras in float32, as asked"


def test_where_nothing_else_is_installed_keras_needs_no_measuring(folder, monkeypatch):
    monkeypatch.setattr(choose, "_chosen", lambda *arguments: pytest.fail("measured"))
    monkeypatch.setattr(choose, "installed", lambda name: False)
    engine, sentence = choose_engine(folder)
    assert engine.name == "keras"
    assert "pip install openvino" in sentence


def test_what_is_asked_for_must_be_there(folder, monkeypatch, tmp_path):
    with pytest.raises(InputError, match="no engine 'fast'; choose one of auto, keras, openvino, onnx"):
        choose_engine(folder, "fast")
    for name in ENGINES:
        with pytest.raises(InputError, match="is not a run"):
            choose_engine(tmp_path, name)
    monkeypatch.setattr("importlib.util.find_spec", lambda module: None)
    with pytest.raises(InputError, match="OpenVINO is not installed; install it with: pip install openvino"):
        choose_engine(folder, "openvino")


def test_a_missing_model_is_named(folder):
    (folder / "model.keras").unlink()
    with pytest.raises(InputError, match=r"model\.keras is missing; the run is not whole"):
        choose_engine(folder, "openvino")


def other_weights(folder):
    model = keras.saving.load_model(folder / "model.keras")
    model.get_layer("logits").set_weights([w + 0.5 for w in model.get_layer("logits").get_weights()])
    model.save(folder / "model.keras")


CHANGES = {
    "weights": lambda folder, patch: other_weights(folder),
    "threshold": lambda folder, patch: facts_changed(folder, threshold=0.123),
    "cores": lambda folder, patch: patch.setattr(choose, "machine", lambda: {"cores": 64}),
    "gpu": lambda folder, patch: patch.setenv("CUDA_VISIBLE_DEVICES", "7"),
    "versions": lambda folder, patch: patch.setattr(choose, "versions", lambda: {"openvino": "1"}),
    "raremask": lambda folder, patch: patch.setattr(choose, "__version__", "99"),
    "tile": lambda folder, patch: patch.setitem(SIZES, "tile", 128),
    "batch": lambda folder, patch: patch.setitem(SIZES, "batch", 3),
    "backend": lambda folder, patch: patch.setenv("KERAS_BACKEND", "another"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_choice_holds_for_what_it_was_made_of(folder, order, ways, monkeypatch, change):
    choose_engine(folder, **SIZES)
    CHANGES[change](folder, monkeypatch)
    said = []
    choose_engine(folder, **SIZES, say=said.append)
    assert said == ["trying engines on this machine, once for this run"]


@pytest.mark.parametrize("change", ["model", "versions", "__version__"])
def test_a_converted_model_is_that_of_this_model_and_these_libraries(folder, monkeypatch, change):
    run = load_run(folder, model=False)
    key = candidates_module.model_key("onnx", "digest", run)
    assert candidates_module.model_key("onnx", "digest", run) == key
    if change != "model":
        monkeypatch.setattr(candidates_module, change, (dict) if change == "versions" else "99")
        assert candidates_module.model_key("onnx", "digest", run) != key
    others = [("openvino", "digest", run), ("onnx", "else", run), ("onnx", "digest", run.changed(bands=1))]
    others.append(("onnx", "digest", run.changed(dtype="uint16")))
    assert len({candidates_module.model_key(*other) for other in others} | {key}) == 5


def test_a_tile_is_rounded_up_to_the_stride(folder, order, ways):
    choose_engine(folder, **SIZES)
    said = []
    choose_engine(folder, tile=63, batch=2, say=said.append)
    assert not said


def test_a_damaged_engine_is_made_anew(folder, order, ways, cache):
    tiles = random_tiles(load_run(folder))
    expected = choose_engine(folder, **SIZES)[0](tiles)
    [weights] = cache.glob("*/model.bin")
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 255
    weights.unlink()
    weights.write_bytes(content)
    engine, _ = choose_engine(folder, **SIZES)
    assert np.array_equal(engine(tiles), expected)
    assert [path.read_bytes() != bytes(content) for path in cache.glob("*/model.bin")] == [True]


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"candidate": {"name": "magic"}, "sentence": ""}', '{"candidate": {"name": "onnx", "x": 1}}'],
)
def test_a_damaged_choice_is_made_anew(folder, order, ways, cache, content):
    choose_engine(folder, **SIZES)
    [choice] = cache.glob("*.json")
    choice.write_text(content)
    assert choose_engine(folder, **SIZES)[0].name == "openvino"
    assert json.loads(choice.read_text())["candidate"]["name"] == "openvino"


def test_facts_that_do_not_fit_the_model_are_refused_though_an_engine_is_kept(folder, order, ways):
    choose_engine(folder, **SIZES)
    facts_changed(folder, bands=1)
    with pytest.raises(InputError, match="not of one training"):
        choose_engine(folder, **SIZES)


def test_a_model_that_changes_while_it_is_read_is_not_kept_under_the_other(folder, order, ways, monkeypatch, cache):
    keep = load_run

    def load(folder, model=True):
        run = keep(folder, model)
        if model:
            other_weights(folder)
        return run

    monkeypatch.setattr(choose, "load_run", load)
    with pytest.raises(JobError, match="written anew while it was read"):
        choose_engine(folder, **SIZES)
    assert not list(cache.glob("*.json"))
    assert len(list(cache.iterdir())) == 2, "the two that were there"


def test_a_cache_that_cannot_be_written_only_costs_time(folder, order, ways, tmp_path):
    shutil.rmtree(tmp_path / "cache")
    (tmp_path / "cache").write_bytes(b"a file where the folder belongs")
    for _ in range(2):
        said = []
        assert choose_engine(folder, **SIZES, say=said.append)[0].name == "openvino"
        assert said


def test_other_backends_cannot_convert_and_say_so(folder, order, ways, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    monkeypatch.setattr("raremask.engines.exact._BACKENDS", {})
    monkeypatch.setattr(candidates_module, "kept_model", lambda key: None)
    engine, sentence = choose_engine(folder, **SIZES)
    assert engine.name == "keras"
    assert "set KERAS_BACKEND=tensorflow once" in sentence


def test_the_candidates_of_this_machine(monkeypatch):
    monkeypatch.setattr(candidates_module, "precisions", lambda: ("f32", "bf16"))
    ways = candidates_module.candidates()
    assert ways[0] == Candidate("keras")
    assert len(ways) == len(set(ways)) == 4
    assert {way.title for way in ways if way.name == "openvino"} == {"OpenVINO in float32", "OpenVINO in bfloat16"}
    assert {way.name for way in candidates_module.candidates("onnx")} == {"onnx"}
    monkeypatch.setattr(candidates_module, "installed", lambda name: False)
    assert candidates_module.candidates() == [Candidate("keras")]


@pytest.mark.parametrize(("lead", "chosen"), [(1.2, "openvino"), (1.3, "keras")])
def test_keras_has_to_be_faster_by_what_its_start_costs(folder, ways, monkeypatch, lead, chosen):
    def measure(engines, tiles):
        return {way: 5.0 * lead if way.name == "keras" else 5.0 if way == FAST else 1.0 for way in engines}

    monkeypatch.setattr("raremask.engines.speed.megapixels_a_second", measure)
    engine, sentence = choose_engine(folder, **SIZES)
    assert engine.name == chosen
    assert ("it starts without TensorFlow" in sentence) == (chosen == "openvino")


@pytest.mark.parametrize(("speed", "words"), [(0.123, "0.12"), (1.26, "1.3"), (12.6, "13"), (130.2, "130")])
def test_speeds_are_said_in_two_digits(speed, words):
    assert choose._short(speed) == words


@pytest.mark.parametrize(
    ("error", "again"), [(OSError(28, "No space left"), True), (JobError("set a variable"), False)]
)
def test_an_engine_that_failed_is_tried_again(folder, order, ways, monkeypatch, error, again):
    def fails(candidate, digest, run):
        if candidate.name == "keras":
            return candidates_module.opened(candidate, digest, run)
        raise error

    now = time.time()
    with monkeypatch.context() as patch:
        patch.setattr(choose, "opened", fails)
        assert choose_engine(folder, **SIZES)[0].name == "keras"
    # What is kept for a day holds today only; what has a remedy is tried at once.
    assert choose_engine(folder, **SIZES)[0].name == ("keras" if again else "openvino")
    monkeypatch.setattr(choose.time, "time", lambda: now + 25 * 3600)
    assert choose_engine(folder, **SIZES)[0].name == "openvino"


def test_a_broken_runtime_does_not_stop_the_others(monkeypatch, folder, order):
    def broken():
        raise ImportError("libtbb.so.12: cannot open shared object file")

    monkeypatch.setattr(candidates_module, "precisions", broken)
    monkeypatch.setattr(candidates_module, "OpenVINOEngine", lambda *arguments: broken())
    order[:] = [FAST, Candidate("onnx")]
    engine, sentence = choose_engine(folder, **SIZES)
    assert engine.name == "onnx"
    assert "; not OpenVINO in float32: libtbb.so.12: cannot open" in sentence
    with pytest.raises(JobError, match=r"OpenVINO cannot be used .*libtbb"):
        choose_engine(folder, "openvino", **SIZES)
