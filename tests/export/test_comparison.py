"""What counts as the same masks, and what an export that does otherwise is told."""

import dataclasses
import re

import numpy as np
import pytest

from raremask.errors import JobError
from raremask.export import comparison
from raremask.export.comparison import Comparison, compare

GOOD = Comparison("onnx", 2, 1000, 50, 1.0, 1e-6, 1.0, 5.0, 9.0)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, None),
        ({"iou": 0.999}, None),
        ({"iou": 0.99899}, r"IoU of 0\.9989 with the native"),
        ({"difference": 0.02}, None),
        ({"difference": 0.021}, r"differ by up to 0\.021"),
        ({"difference": float("nan")}, "differ by up to nan"),
        ({"foreground": 0, "difference": 9e-5}, None),
        ({"foreground": 0, "difference": 2e-4}, r"differ by up to 0\.0002"),
        ({"format": "openvino-int8", "iou": 0.5, "difference": 0.9}, None),
    ],
)
def test_what_keeps_an_export_from_being_given_out(fields, why):
    told = dataclasses.replace(GOOD, **fields).why_not()
    assert (told is None) == (why is None)
    assert why is None or re.search(why, told)


def test_it_is_compared_on_samples_odd_sizes_and_a_batch(native, run):
    shapes = {key: image.shape for key, image in native.images.items()}
    assert shapes == {
        "timed_0": (1, 80, 96, 3),
        "timed_1": (1, 41, 64, 3),
        "pixel": (1, 1, 1, 3),
        "row": (1, 1, 40, 3),
        "small": (1, 17, 33, 3),
        "uneven": (1, 9, 15, 3),
        "pair": (2, 17, 33, 3),
    }
    assert run.plan.model.stride == 8
    assert not np.array_equal(*native.images["pair"])
    for key, image in native.images.items():
        assert native.probabilities[key].shape == image.shape[:3]
    assert list(native.truths) == ["timed_0"]
    assert native.milliseconds > 0


def answers(native, change=lambda key, probability: probability):
    """What a runtime gives whose probabilities are changed native ones."""

    def run_apart(name, model, images):
        found = {}
        for key, probability in native.probabilities.items():
            probability = change(key, probability.copy())
            found |= {f"probability_{key}": probability, f"mask_{key}": np.uint8(probability >= native.threshold)}
        return found, {"milliseconds": 12.34}

    return run_apart


def compared(monkeypatch, native, path, change=lambda key, probability: probability):
    (path / "model.onnx").write_bytes(bytes(2_000_000))
    monkeypatch.setattr(comparison, "_run_apart", answers(native, change))
    return compare("onnx", path / "model.onnx", native)


def test_the_numbers_of_an_export_that_is_the_same(native, monkeypatch, tmp_path):
    found = compared(monkeypatch, native, tmp_path)
    pixels = 80 * 96 + 41 * 64 + 1 + 40 + 3 * 17 * 33 + 9 * 15
    foreground = sum(int((p >= native.threshold).sum()) for p in native.probabilities.values())
    assert (found.images, found.pixels, found.foreground) == (2, pixels, foreground)
    assert (found.iou, found.difference, found.megabytes, found.milliseconds) == (1.0, 0.0, 2.0, 12.3)
    assert found.why_not() is None
    own, truth = native.probabilities["timed_0"] >= native.threshold, native.truths["timed_0"]
    own, truth = own[truth != 255], truth[truth != 255] == 1
    assert found.true_iou == found.native_true_iou == (own & truth).sum() / (own | truth).sum() < 1


def test_every_image_counts_towards_iou_and_difference(native, monkeypatch, tmp_path):
    masks = {key: p >= native.threshold for key, p in native.probabilities.items()}
    total = sum(int(mask.sum()) for mask in masks.values())
    for key, mask in masks.items():
        found = compared(monkeypatch, native, tmp_path, lambda at, p, key=key: np.ones_like(p) if at == key else p)
        added = int((~mask).sum())
        assert found.iou == total / (total + added)
        assert found.difference == pytest.approx(1 - native.probabilities[key].min())
    assert found.true_iou == found.native_true_iou


def test_the_true_iou_is_of_the_exports_own_masks(native, monkeypatch, tmp_path):
    found = compared(monkeypatch, native, tmp_path, lambda key, p: np.ones_like(p))
    truth = native.truths["timed_0"]
    assert found.true_iou == (truth == 1).sum() / (truth != 255).sum()
    assert found.true_iou < found.native_true_iou


def test_no_number_is_not_hidden_by_the_others(native, monkeypatch, tmp_path):
    found = compared(monkeypatch, native, tmp_path, lambda key, p: np.full_like(p, np.nan) if key == "row" else p)
    assert "differ by up to nan" in found.why_not()


@pytest.mark.parametrize("change", [lambda key, p: p.astype("float64"), lambda key, p: p[..., None]])
def test_another_form_of_output_is_told(native, monkeypatch, tmp_path, change):
    with pytest.raises(JobError, match=r"gives a (mask|probability) of .*float32|uint8 of that shape was expected"):
        compared(monkeypatch, native, tmp_path, change)


def test_a_runtime_that_fails_is_told_by_its_last_line(native, tmp_path):
    (tmp_path / "model.onnx").write_text("no model")
    with pytest.raises(JobError, match=r"the export to ONNX does not run: .*[Pp]rotobuf") as told:
        compare("onnx", tmp_path / "model.onnx", native)
    assert "\n" not in str(told.value)


def test_an_export_runs_with_all_digits_and_reports_to_nobody(native, monkeypatch, tmp_path):
    monkeypatch.setenv("ONEDNN_DEFAULT_FPMATH_MODE", "BF16")
    seen = {}

    def run(command, env, **options):
        seen.update(env)
        raise KeyError

    monkeypatch.setattr(comparison.subprocess, "run", run)
    with pytest.raises(KeyError):
        compare("onnx", tmp_path / "model.onnx", native)
    assert seen["ORT_DISABLE_TELEMETRY"] == "1"
    assert "ONEDNN_DEFAULT_FPMATH_MODE" not in seen
