from types import SimpleNamespace

import numpy as np
import pytest

from raremask.errors import InputError
from raremask.prediction import predict_probability
from raremask.run import load_run
from support.plans import plan_of


class Brightness:
    """A stand-in model whose logit is the first band, pixel by pixel."""

    def __init__(self):
        self.shapes = []

    def predict_on_batch(self, tiles):
        self.shapes.append(tiles.shape)
        return tiles[..., :1]


def pointwise_run(depth=2):
    plan = plan_of(minutes=1, depth=depth, stem=1, crop=64)
    return SimpleNamespace(model=Brightness(), plan=plan, bands=3, dtype="uint8")


def image_of(height, width):
    return np.random.default_rng(0).integers(0, 6, (height, width, 3)).astype("uint8")


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (64, 64), (130, 77), (65, 64)])
@pytest.mark.parametrize(("tile", "overlap"), [(64, 0), (64, 16), (32, 31)])
def test_every_pixel_gets_its_own_probability_at_native_size(shape, tile, overlap):
    image = image_of(*shape)
    probability = predict_probability(pointwise_run(), image, tile=tile, overlap=overlap)
    expected = 1 / (1 + np.exp(-image[..., 0].astype("float64")))
    assert probability.shape == shape
    assert probability.dtype == np.float32
    np.testing.assert_allclose(probability, expected, atol=1e-5)


def test_the_model_sees_one_shape_an_image():
    run = pointwise_run()
    predict_probability(run, image_of(200, 150), tile=64, overlap=16, batch=4)
    assert len(run.model.shapes) > 1
    assert set(run.model.shapes) == {(4, 64, 64, 3)}


def test_a_small_image_is_padded_no_further_than_needed():
    run = pointwise_run(depth=4)
    predict_probability(run, image_of(20, 33), tile=512)
    assert run.model.shapes == [(1, 32, 48, 3)]


def test_extreme_logits_stay_probabilities():
    run = pointwise_run()
    run.model.predict_on_batch = lambda tiles: np.full((*tiles.shape[:3], 1), 1e4, "float32")
    assert predict_probability(run, image_of(8, 8)).max() == 1.0


@pytest.mark.parametrize(
    "image", [np.zeros((8, 8, 1), "uint8"), np.zeros((8, 8, 4), "uint8"), np.zeros((8, 8, 3), "uint16")]
)
def test_an_image_of_another_kind_is_refused(image):
    with pytest.raises(InputError, match="trained on images of 3 bands uint8"):
        predict_probability(pointwise_run(), image)


def test_a_trained_run_agrees_with_itself_in_one_window(trained):
    run = load_run(trained)
    image = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype("uint8")
    whole = 1 / (1 + np.exp(-run.model.predict_on_batch(image[None].astype("float32"))[0, ..., 0]))
    np.testing.assert_allclose(predict_probability(run, image), whole, atol=1e-5)


def test_an_engine_takes_the_models_place_and_gets_raw_pixels_in_one_shape():
    run = pointwise_run()
    seen = []

    def engine(tiles):
        seen.append((tiles.shape, str(tiles.dtype), tiles.flags.c_contiguous))
        return tiles[..., 1].astype("float32") / 255

    image = image_of(100, 64)
    probability = predict_probability(run, image, tile=64, overlap=0, batch=4, engine=engine)
    np.testing.assert_allclose(probability, image[..., 1] / 255, atol=1e-6)
    assert seen == [((2, 64, 64, 3), "uint8", True)]
    assert not run.model.shapes


def test_progress_counts_windows():
    seen = []
    predict_probability(
        pointwise_run(), image_of(100, 64), tile=64, overlap=0, batch=1, progress=lambda *at: seen.append(at)
    )
    assert seen == [(1, 2), (2, 2)]
