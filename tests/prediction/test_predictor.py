import shutil
import subprocess
import sys

import numpy as np
import pytest

import raremask
from raremask.errors import InputError
from raremask.prediction import Predictor, clean, digest_of, predict_probability
from raremask.run import load_run, save_run


def images_of(count, shape=(40, 50)):
    return np.random.default_rng(0).integers(0, 255, (count, *shape, 3)).astype("uint8")


@pytest.fixture(scope="module")
def loaded(trained):
    return raremask.load(trained, engine="keras")


def test_one_image_a_batch_and_a_stream_give_the_same(loaded, trained):
    images = images_of(3)
    expected = [predict_probability(load_run(trained), image) for image in images]
    single = loaded.predict(images[0])
    assert single.dtype == np.float32
    assert single.shape == (40, 50)
    np.testing.assert_array_equal(single, expected[0])
    batch = loaded.predict(images)
    assert batch.shape == (3, 40, 50)
    np.testing.assert_array_equal(batch, expected)
    taken = []

    def windows():
        for image in images:
            taken.append(image)
            yield image

    stream = loaded.predict(windows())
    assert not taken
    np.testing.assert_array_equal(next(stream), expected[0])
    assert len(taken) == 1, "one by one, as they are asked for"
    assert len(list(stream)) == 2
    assert loaded.predict(images[:0]).shape == (0, 40, 50)
    assert [plane.shape for plane in loaded.predict([images[0][:9], images[1]])] == [(9, 50), (40, 50)]


def test_masks_are_the_runs(loaded):
    probability = loaded.predict(images_of(1)[0])
    cut = loaded.threshold
    assert 0 < cut < 1
    assert np.array_equal(loaded.mask(probability), clean(probability >= cut, loaded.run.smallest, loaded.run.hole))


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((8, 8), "uint8"),
        np.zeros((8, 8, 3), "float32"),
        np.zeros((8, 8, 4), "uint8"),
        np.zeros((0, 8, 3), "uint8"),
    ],
)
def test_what_is_no_image_of_the_runs_kind_is_refused(loaded, image):
    with pytest.raises(InputError, match=r"expected an image|trained on images of 3 bands uint8"):
        loaded.predict(image)


def test_averages_are_symmetric(trained):
    image = images_of(1, (64, 64))[0]
    plain, averaged = raremask.load(trained, engine="keras"), raremask.load(trained, engine="keras", average="turns")
    found = averaged.predict(image)
    assert not np.allclose(found, plain.predict(image), atol=1e-3)
    np.testing.assert_allclose(averaged.predict(np.rot90(image)), np.rot90(found), atol=1e-5)


def test_an_ensemble_is_the_mean_at_the_first_threshold(trained, tmp_path):
    run = load_run(trained)
    for variable in run.model.trainable_variables:
        variable.assign(variable * 0.5)
    save_run(run.changed(threshold=0.125), tmp_path / "other")
    image = images_of(1)[0]
    both = raremask.load(trained, tmp_path / "other", engine="keras")
    one, other = (
        raremask.load(trained, engine="keras").predict(image),
        raremask.load(tmp_path / "other", engine="keras").predict(image),
    )
    assert not np.allclose(one, other, atol=1e-3)
    np.testing.assert_allclose(both.predict(image), (one + other) / 2, atol=1e-6)
    assert both.threshold == raremask.load(trained, engine="keras").threshold != 0.125


def test_windows_suit_all_models_of_an_ensemble(trained):
    run = load_run(trained)
    deeper = run.changed(plan=run.plan.changed({"crops.size": 48, "model.depth": 4, "model.stem": 3}))
    assert run.plan.model.stride == 8
    grid = Predictor([run, deeper], engines=[lambda tiles: tiles]).grid((5000, 5000))
    assert all(edge % 48 == 0 for edge in grid.tile)
    assert all(window.top % 48 == window.left % 48 == 0 for row in grid.rows for window in row)


@pytest.mark.parametrize("change", [{"dtype": "uint16"}, {"bands": 4}, {"read_bands": (3, 2, 1)}])
def test_runs_for_other_images_make_no_ensemble(trained, change):
    run = load_run(trained)
    with pytest.raises(InputError, match=r"the runs (differ|read other bands)"):
        Predictor([run, run.changed(**change)])


def test_a_digest_tells_runs_apart(trained, tmp_path):
    seen = {digest_of(trained)}
    for name in ("run.json", "model.keras"):
        other = tmp_path / name.replace(".", "-")
        shutil.copytree(trained, other)
        assert digest_of(other) in seen
        with open(other / name, "ab") as file:
            file.write(b" ")
        seen.add(digest_of(other))
    assert len(seen) == 3
    assert digest_of(trained, other) != digest_of(other, trained)


def test_the_package_offers_it_without_importing_it():
    code = "import sys, raremask; print('numpy' in sys.modules); raremask.load; print('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split() == [
        "False",
        "True",
    ]
    with pytest.raises(AttributeError, match="has no attribute 'lood'"):
        raremask.lood()


def test_the_default_windows_follow_the_model(trained):
    run = load_run(trained)

    def grid(**changes):
        other = run.changed(plan=run.plan.changed({"crops.size": 64, **changes}))
        return repr(Predictor([other], engines=[lambda tiles: tiles]).grid((1, 10**6)))

    # (height, width, tile, overlap, blend, stride) by stem and depth.
    assert grid(**{"model.stem": 1, "model.depth": 4}).endswith("(16, 1024), 32, 16, 16)")
    assert grid(**{"model.stem": 2, "model.depth": 4}).endswith("(32, 2048), 64, 32, 32)")
    assert grid(**{"model.stem": 2, "model.depth": 2}).endswith("(8, 2048), 64, 32, 8)")
    assert grid(**{"model.stem": 1, "model.depth": 6}).endswith("(64, 1024), 128, 16, 64)")
    assert "96" in repr(Predictor([run], engines=[lambda tiles: tiles], overlap=90).grid((1, 10**6)))


def test_by_default_it_predicts_by_the_engine_that_is_chosen_for_the_run(trained, monkeypatch):
    asked = []

    def choose(folder, name):
        asked.append((folder, name))
        return (lambda tiles: np.full(tiles.shape[:3], 0.25, np.float32)), "engine: a stand-in"

    monkeypatch.setattr("raremask.prediction.predictor.choose_engine", choose)
    assert (raremask.load(trained).predict(np.zeros((5, 7, 3), np.uint8)) == 0.25).all()
    raremask.load(trained, engine="onnx")
    assert asked == [(trained, "auto"), (trained, "onnx")]
