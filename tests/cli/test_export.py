"""raremask export: what it prints and writes, and what it refuses before and after the work."""

import json
import os
import shutil

import numpy as np
import pytest

from raremask.cli import main
from raremask.errors import InputError
from raremask.run import load_run, save_run


def call(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main(["export", *(str(argument) for argument in arguments)])
    printed = capsys.readouterr()
    return stop.value.code, printed.out, printed.err


@pytest.fixture
def own(trained, scene_folder, tmp_path):
    """The run, which knows where its images lie."""
    folder = shutil.copytree(trained, tmp_path / "run")
    facts = json.loads((folder / "run.json").read_text())
    facts["source"] = {"data": str(scene_folder), "images": "images", "masks": "masks"}
    (folder / "run.json").write_text(json.dumps(facts))
    return folder


def inside(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.mark.slow
def test_several_formats_compared_on_the_runs_own_images(capsys, own):
    code, out, err = call(capsys, own, "--to", "litert", "--to", "onnx", "--to", "onnx")
    assert (code, err) == (0, "")
    assert inside(own / "export") == ["litert", "onnx"]
    assert "compared on 2 windows of the run's validation images" in out
    table = [line.split() for line in out.splitlines() if line.startswith(("  litert", "  onnx"))]
    assert [row[0] for row in table] == ["litert", "onnx"]
    for name, *cells in table:
        told = json.loads((own / "export" / name / "comparison.json").read_text())
        assert float(cells[0]) == told["iou"] == 1
        assert cells[5:] == [f"{told['true_iou']:.4f}", f"{told['native_true_iou']:.4f}"]
    assert f"next: python {own}/export/litert/example.py IMAGE.png mask.png" in out


@pytest.mark.slow
def test_json_is_for_programs_and_int8_alone_is_one_format(capsys, own, scene_folder, tmp_path):
    images = scene_folder / "images"
    code, out, _ = call(capsys, own, "--int8", "-o", tmp_path / "out", "--images", images, "--windows", 3, "--json")
    assert code == 0
    told = json.loads(out)
    assert told["output"] == str(tmp_path / "out")
    assert [one["format"] for one in told["exports"]] == ["openvino-int8"]
    assert told["exports"][0]["images"] == 3
    assert told["exports"][0]["true_iou"] is None
    assert inside(tmp_path / "out") == ["openvino-int8"]


@pytest.mark.slow
def test_one_format_that_fails_leaves_the_others(capsys, own, monkeypatch):
    from raremask.engines import convert

    write = convert.to_litert
    monkeypatch.setattr(convert, "to_litert", lambda function, path: path.write_text("no model"))
    code, out, err = call(capsys, own, "--to", "litert", "--to", "onnx")
    assert code == 1
    assert inside(own / "export") == ["onnx"]
    assert err.count("\n") == 1
    assert err.startswith("raremask: the export to LiteRT does not run")
    assert "exports: " in out
    monkeypatch.setattr(convert, "to_litert", write)
    assert call(capsys, own, "--to", "litert")[0] == 0


@pytest.mark.slow
def test_masks_that_differ_fail_the_command(capsys, own, monkeypatch):
    from raremask.engines import convert

    whole = convert.whole_function
    monkeypatch.setattr(convert, "whole_function", lambda *known: whole(*known[:-1], 0.999))
    code, out, err = call(capsys, own, "--to", "onnx")
    assert (code, err.count("\n")) == (1, 1)
    assert "no export to ONNX: its masks have an IoU of 0." in err
    assert "exports:" not in out
    assert inside(own / "export") == []


@pytest.mark.slow
def test_a_model_trained_in_bfloat16_is_exported_in_float32(capsys, own, scene_set):
    from raremask.models import unet
    from raremask.prediction import predict_probability

    run = load_run(own)
    model = unet(width=4, depth=2, stem=2, mean=run.mean, std=run.std, dtype="mixed_bfloat16")
    model.set_weights(run.model.get_weights())
    save_run(run.changed(model=model), own)
    assert call(capsys, own, "--to", "onnx")[0] == 0
    from raremask.export.runner import load

    image = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype("uint8")
    found = load("onnx", own / "export" / "onnx" / "model.onnx")(image[None])["probability"][0]
    np.testing.assert_allclose(found, predict_probability(run, image), atol=1e-5)


@pytest.mark.slow
def test_masks_without_foreground_are_warned_of(capsys, own):
    run = load_run(own)
    save_run(run.changed(threshold=1.0), own, model=False)
    code, _, err = call(capsys, own, "--to", "onnx")
    assert code == 0
    assert "warning: the native masks hold no foreground" in err


def test_no_format_means_all_that_are_installed(capsys, monkeypatch):
    from raremask.cli.export import _asked
    from raremask.export import formats

    assert _asked((), False) == ["onnx", "openvino", "litert", "savedmodel"]
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(formats, "_absent", lambda name: ["onnx"] if name == "onnx" else [])
    assert _asked((), False) == ["openvino", "litert", "savedmodel"]
    assert "left out: ONNX needs onnx" in capsys.readouterr().err
    assert _asked((), True) == []
    assert _asked(("onnx", "litert", "onnx"), True) == ["onnx", "litert"]


def refused(capsys, *arguments):
    code, _, err = call(capsys, *arguments)
    assert (code, err.count("\n")) == (2, 1), err
    return err


def test_what_cannot_be_is_refused_before_the_work(capsys, own, tmp_path, monkeypatch):
    from raremask.export import formats

    code, _, err = call(capsys, own, "--to", "coreml")
    assert code == 2
    assert "'coreml' is not one of 'onnx', 'openvino', 'litert', 'savedmodel'" in err
    assert "holds no run.json" in refused(capsys, tmp_path / "nowhere", "--to", "onnx")
    (tmp_path / "out" / "onnx").mkdir(parents=True)
    nothing = tmp_path / "nothing"
    assert "out/onnx exists already" in refused(
        capsys, nothing, "--to", "litert", "--to", "onnx", "-o", tmp_path / "out"
    )
    assert "gone.png does not exist" in refused(capsys, own, "--to", "onnx", "--images", tmp_path / "gone.png")
    monkeypatch.setattr(formats, "_absent", lambda name: ["tf2onnx"])
    assert "pip install 'raremask[onnx]'" in refused(capsys, nothing, "--to", "onnx")
    assert inside(own / "export") == []


def test_another_backend_of_keras_is_refused_with_what_to_type(capsys, own, monkeypatch):
    monkeypatch.setattr("keras.backend.backend", lambda: "jax")
    assert "not on jax; a run of any backend will do: set KERAS_BACKEND=tensorflow" in refused(
        capsys, own, "--to", "onnx"
    )


def test_a_run_that_does_not_know_its_images_asks_for_some(capsys, trained, own, tmp_path):
    assert "name some to compare on with --images" in refused(capsys, trained, "--to", "onnx", "-o", tmp_path / "out")
    facts = json.loads((own / "run.json").read_text())
    facts["source"]["data"] = str(tmp_path / "moved")
    (own / "run.json").write_text(json.dumps(facts))
    assert "no longer at" in refused(capsys, own, "--to", "onnx")


@pytest.mark.parametrize(
    ("fields", "costly"),
    [
        ({"true_iou": 0.60, "native_true_iou": 0.605}, False),
        ({"true_iou": 0.60, "native_true_iou": 0.611}, True),
        ({"iou": 0.96}, False),
        ({"iou": 0.94}, True),
    ],
)
def test_8_bits_that_cost_much_are_warned_of(capsys, tmp_path, fields, costly):
    from raremask.cli.export import _show
    from raremask.export import Comparison

    known = {"iou": 0.9, "difference": 0.3} | fields
    one = Comparison("openvino-int8", 2, 1000, 50, megabytes=1.0, milliseconds=5.0, native_milliseconds=9.0, **known)
    _show([one], tmp_path, False)
    err = capsys.readouterr().err
    assert ("warning: OpenVINO int8 costs much here" in err) == costly
    _show([Comparison(**one.to_dict() | {"format": "onnx"})], tmp_path, False)
    assert capsys.readouterr().err == ""


def test_8_bits_are_calibrated_on_training_images_else_on_those_that_are_named(own, trained, scene_folder):
    from raremask.cli.export import _calibration
    from raremask.data import read_image

    run, images = load_run(own), [scene_folder / "images"]
    known = [read_image(path) for path in (scene_folder / "images").iterdir() if path.stem in run.splits["train"]]
    windows = _calibration(run, images)
    assert len(windows) == 64
    assert all(any(np.array_equal(window[0], image) for image in known) for window in windows)
    assert len(_calibration(load_run(trained), images)) == 10
    moved = run.changed(source={**run.source, "data": "moved"})
    assert len(_calibration(moved, images)) == 10
    with pytest.raises(InputError, match="no longer at moved"):
        _calibration(moved, ())


def test_scores_of_the_test_split_are_taken_if_they_are_of_this_model(own):
    from raremask.cli.export import _facts

    path = own / "evaluation" / "test" / "scores.json"
    assert _facts(own)["test"] is None
    path.parent.mkdir(parents=True)
    path.write_text('{"split": "test"}')
    assert _facts(own)["test"] == {"split": "test"}
    os.utime(path, (0, 0))
    assert _facts(own)["test"] is None
