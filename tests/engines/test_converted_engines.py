"""The engines of converted models beside the one in Keras."""

import threading

import numpy as np
import pytest

from raremask.engines import KerasEngine
from raremask.engines.convert import tile_function, to_onnx, to_openvino
from raremask.engines.onnx import OnnxEngine
from raremask.engines.openvino import OpenVINOEngine, precisions
from raremask.engines.runtimes import import_openvino
from support.engines import random_run, random_tiles


@pytest.fixture(scope="module", params=[(3, "uint8"), (5, "uint16")], ids=["uint8", "uint16"])
def run(request):
    return random_run(*request.param)


@pytest.fixture(scope="module")
def files(run, tmp_path_factory):
    pytest.importorskip("tf2onnx")
    folder = tmp_path_factory.mktemp("converted")
    import_openvino()
    function = tile_function(run.model, run.bands, run.dtype)
    to_openvino(function, folder / "model.xml")
    to_onnx(function, folder / "model.onnx")
    return folder


WAYS = {
    "onnx": lambda files: OnnxEngine(files / "model.onnx"),
    "openvino": lambda files: OpenVINOEngine(files / "model.xml"),
}


@pytest.fixture(params=WAYS)
def engine(request, files):
    return WAYS[request.param](files)


@pytest.mark.parametrize("size", [(3, 64, 96), (1, 4, 12), (5, 32, 32), (0, 32, 32)])
def test_the_probability_is_that_of_keras(engine, run, size):
    tiles = random_tiles(run, *size)
    probability = engine(tiles)
    assert probability.dtype == np.float32
    assert probability.shape == size
    if len(tiles):
        np.testing.assert_allclose(probability, KerasEngine(run)(tiles), atol=1e-4)


def test_a_tile_gets_the_same_whatever_lies_beside_it_in_the_batch(engine, run):
    tiles = random_tiles(run, 5)
    whole = engine(tiles)
    again = np.concatenate([engine(tiles[3:]), engine(tiles[:1]), engine(tiles[1:3])])
    assert np.array_equal(whole[[3, 4, 0, 1, 2]], again)


def test_what_was_given_stays_as_it_was(engine, run):
    tiles = random_tiles(run)
    one = engine(tiles)
    kept = one.copy()
    engine(random_tiles(run)[::-1].copy())
    assert np.array_equal(one, kept), "no view of what the next call overwrites"


def test_threads_may_share_an_engine(engine, run):
    tiles = [random_tiles(run, 4), random_tiles(run, 4)[::-1].copy()]
    expected = [engine(each) for each in tiles]
    wrong = []

    def work(which):
        for _ in range(20):
            if not np.array_equal(engine(tiles[which]), expected[which]):
                wrong.append(which)

    threads = [threading.Thread(target=work, args=(which,)) for which in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_few_shapes_stay_compiled(files, run):
    engine = WAYS["openvino"](files)
    compiled = []
    keep = engine._core.compile_model

    class Core:
        def compile_model(self, *arguments):
            compiled.append(arguments)
            return keep(*arguments)

    engine._core = Core()
    for width in (8, 12, 8, 16, 20, 8, 24, 8, 12):
        engine(random_tiles(run, 1, 8, width))
    # 12 went when 24 came, as the longest unused, and came anew.
    assert len(compiled) == 6
    assert len(engine._requests) == 4


def test_openvino_is_told_the_precision(files, run):
    assert "f32" in precisions()
    if "bf16" not in precisions():
        pytest.skip("this processor has no bfloat16")
    tiles = random_tiles(run)
    difference = np.abs(OpenVINOEngine(files / "model.xml", "bf16")(tiles) - WAYS["openvino"](files)(tiles)).max()
    assert 1e-3 < difference < 0.3


def test_openvino_gives_one_tile_all_cores(files, run):
    engine = WAYS["openvino"](files)
    compiled = engine._request(random_tiles(run).shape[1:]).get_compiled_model()
    # Several streams, which share the cores, would leave all but one idle where windows come one by one.
    assert compiled.get_property("NUM_STREAMS") == 1


def test_openvino_is_started_once_for_all_engines(files):
    # Several that go in another order than they came would leave Ctrl-C without a stack: see raremask.engines.openvino.
    one, other = (OpenVINOEngine(files / "model.xml") for _ in range(2))
    assert one._core is other._core
