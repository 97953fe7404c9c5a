"""The model card says what the run knows, and what it does not."""

import hashlib

import pytest

from raremask.data import Decoding
from raremask.export.card import card_of
from raremask.export.comparison import Comparison
from raremask.run import Run
from support.plans import plan_of

COMPARED = Comparison("onnx", 9, 123456, 789, 0.999876, 1.5e-5, 7.25, 33.3, 99.9)
SEEN = {
    "train": 45,
    "val": 9,
    "test": 18,
    "bands": 3,
    "dtype": "uint8",
    "shortest": 509,
    "longest": 2149,
    "foreground_share": 0.0989,
    "foreground_width": 11.5,
    "empty": 0.125,
    "void": 0.0,
}
POOLED = {
    "iou": {"value": 0.41, "low": 0.35, "high": 0.47},
    "dice": {"value": 0.5, "low": None, "high": None},
    "precision": 0.625,
    "recall": None,
}


class Model:
    def count_params(self):
        return 1814961


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"weights")
    return path


def run_of(**fields):
    plan = plan_of(stem=2, depth=2, crop=64).changed({"fingerprint": SEEN})
    known = {
        "model": Model(),
        "plan": plan,
        "decoding": Decoding("above", 127, None, "asked for"),
        "bands": 3,
        "dtype": "uint8",
        "mean": (1.0, 2.0, 3.25),
        "std": (4.0, 5.0, 6.0),
        "threshold": 0.4375,
        "splits": {"train": ["a"] * 45, "val": ["b"] * 9, "test": ["c"] * 18, "origin": "a draw"},
        "source": {"data": "/home/someone/roads"},
        "scores": {"validation": {"at_threshold": {"pooled": POOLED}}},
    }
    return Run(**(known | fields))


def test_it_says_what_was_trained_on_what(model):
    card = card_of(run_of(best_epoch=6), "onnx", COMPARED, model)
    for said in (
        "# Model card: roads, ONNX",
        "foreground is values above 127 (asked for)",
        "1,814,961 parameters",
        "45 images to train on, 9 to choose the weights and the threshold by, 18 left for the proof (split by a draw)",
        "9.89 % of the valid training pixels are foreground",
        "12.5 % of the training masks have none",
        "Images of 509 to 2149 pixels a side",
        "by band 1, 2, 3.25; standard deviation 4, 5, 6",
        "the weights of epoch 6",
    ):
        assert said in card
    assert "/home/someone" not in card, "a path is nobody else's business"


def test_scores_come_with_their_intervals_where_there_are_any(model):
    card = card_of(run_of(), "onnx", COMPARED, model)
    assert "| 0.410 (0.350 to 0.470) | 0.500 | 0.625 | not defined |" in card
    assert "Nothing was scored on the test split" in card
    test = {"at_threshold": {"pooled": {"iou": {"value": 0.3, "low": 0.2, "high": 0.4}}}}
    card = card_of(run_of(), "onnx", COMPARED, model, test=test)
    assert "| test | 0.300 (0.200 to 0.400) |" in card
    assert "Nothing was scored" not in card
    assert "| split |" not in card_of(run_of(scores={}), "onnx", COMPARED, model)


def test_the_threshold_and_what_it_was_chosen_for(model):
    assert "The threshold is 0.4375, inside the graph" in card_of(run_of(), "onnx", COMPARED, model)
    assert "chosen for the IoU" in card_of(run_of(), "onnx", COMPARED, model)
    plan = run_of().plan.changed({"mask.aim": "recall@0.9"})
    assert "chosen for recall@0.9" in card_of(run_of(plan=plan), "onnx", COMPARED, model)


def test_a_clean_up_is_not_in_the_graph_and_that_is_told(model):
    assert "cleans its masks up" not in card_of(run_of(), "onnx", COMPARED, model)
    card = card_of(run_of(smallest=30, hole=12), "onnx", COMPARED, model)
    assert "take out components of foreground below 30 pixels (8-connected), then fill holes below 12 pixels" in card


@pytest.mark.parametrize("sizes", [{"smallest": 2}, {"hole": 2}])
def test_half_a_clean_up_is_told_too(model, sizes):
    assert "cleans its masks up" in card_of(run_of(**sizes), "onnx", COMPARED, model)


def test_input_and_output_are_named(model):
    card = card_of(run_of(read_bands=(4, 3, 2)), "onnx", COMPARED, model)
    assert "| input | `image` | (batch, height, width, 3) | uint8 | raw pixel values, bands 4, 3, 2 of a file" in card
    assert "| output | `mask` | (batch, height, width) | uint8 |" in card
    assert "| output | `probability` | (batch, height, width) | float32 |" in card
    assert "a multiple of 8 pixels" in card
    assert "bfloat16" not in card
    assert "INFERENCE_PRECISION_HINT" in card_of(run_of(), "openvino", COMPARED, model)


def test_the_comparison_and_the_digests_are_told(model):
    card = card_of(run_of(), "onnx", COMPARED, model, digest="0123abcd")
    for said in ("0.999876", "1.5e-05", "7.25 MB", "33.3 ms; Keras 99.9 ms", "123,456 pixels, 789 of them foreground"):
        assert said in card
    assert "SHA-256 of the run's own model.keras: `0123abcd`" in card
    assert f"SHA-256 of model.onnx: `{hashlib.sha256(b'weights').hexdigest()}`" in card
    assert "true masks" not in card
    assert "onnxruntime " in card


def test_tiling_and_licence_are_left_to_whom_they_belong(model):
    card = card_of(run_of(), "onnx", COMPARED, model)
    assert "Cutting large images into tiles is the caller's" in card
    assert "Not stated: it is for whoever trained the model to say" in card


def test_a_run_that_knows_little_has_a_card_too(model):
    plan = plan_of(stem=2, depth=2, crop=64)
    card = card_of(run_of(plan=plan, source={}, splits={}, scores={}), "onnx", COMPARED, model)
    assert "a data set that the run does not name" in card
    assert "0 images to train on" in card


@pytest.mark.parametrize("scores", [{"a": 1}, [1], {"at_threshold": {"pooled": {"iou": "high"}}}, "all"])
def test_scores_that_are_none_are_left_out(model, scores):
    card = card_of(run_of(scores={"validation": scores}), "onnx", COMPARED, model, test=scores)
    assert "| split |" not in card
