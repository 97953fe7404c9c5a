from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from raremask.engines import KerasEngine
from raremask.errors import InputError
from raremask.models import unet
from raremask.prediction import predict_probability
from raremask.run import load_run
from support.plans import plan_of

# Pixels that a pixel's probability may depend on to either side, in the U-Net of `textured`.
REACH = 48


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
@pytest.mark.parametrize(("tile", "overlap"), [(64, 0), (64, 16), (32, 31), (8, 100), (None, None)])
def test_every_pixel_gets_its_own_probability_at_native_size(shape, tile, overlap):
    image = image_of(*shape)
    probability = predict_probability(pointwise_run(), image, tile=tile, overlap=overlap)
    expected = 1 / (1 + np.exp(-image[..., 0].astype("float64")))
    assert probability.shape == shape
    assert probability.dtype == np.float32
    np.testing.assert_allclose(probability, expected, atol=1e-5)


def test_the_model_sees_one_shape_an_image_and_no_more_pixels_than_it_must():
    run = pointwise_run()
    predict_probability(run, image_of(200, 150), tile=64, overlap=16)
    assert len(run.model.shapes) == 4 * 3
    assert set(run.model.shapes) == {(1, 64, 64, 3)}
    run = pointwise_run()
    predict_probability(run, image_of(70, 64), tile=64, overlap=8)
    assert run.model.shapes == [(1, 40, 64, 3)] * 2


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


def test_progress_counts_pixels():
    seen = []
    predict_probability(pointwise_run(), image_of(100, 60), tile=64, overlap=0, progress=lambda *at: seen.append(at))
    assert (seen[0], seen[-1]) == ((0, 6000), (6000, 6000))
    assert len(seen) == 3


def test_an_engine_of_ones_own_is_asked_in_the_models_stead():
    seen = []

    def engine(tiles):
        seen.append((tiles.dtype, tiles.shape, tiles.flags.c_contiguous))
        return np.full(tiles.shape[:3], 0.25, np.float32)

    run = pointwise_run()
    assert (predict_probability(run, image_of(70, 100), engine=engine, tile=64, overlap=8) == 0.25).all()
    assert seen == [(np.uint8, (1, 40, 56, 3), True)] * 4
    assert not run.model.shapes


@pytest.fixture(scope="module")
def textured():
    """A U-Net with batch normalisation that has statistics, whose probabilities vary; how far its pixels see."""
    model = unet(width=4, depth=2, stem=2, mean=[120.0] * 3, std=[60.0] * 3)
    rng = np.random.default_rng(3)
    for variable in model.weights:
        if "kernel" in variable.path:
            # He et al.'s spread, from a generator of our own: Keras's draws differ from one process to the next.
            variable.assign(rng.normal(0, np.sqrt(2 / np.prod(variable.shape[:3])), variable.shape))
        elif "moving_mean" in variable.path:
            variable.assign(rng.normal(0, 0.3, variable.shape))
        elif "moving_variance" in variable.path:
            variable.assign(rng.uniform(0.05, 0.2, variable.shape))
    run = SimpleNamespace(model=model, plan=plan_of(minutes=1, width=4, depth=2, stem=2), bands=3, dtype="uint8")
    image = rng.integers(0, 255, (256, 256, 3)).astype("uint8")
    kernel = model.get_layer("logits").weights[0]
    # Logits that spread by 1 about 0: probabilities that are neither 0 nor 1.
    logits = model.predict_on_batch(image[None].astype("float32"))
    kernel.assign(kernel / logits.std())
    model.get_layer("logits").weights[1].assign([-logits.mean() / logits.std()])
    return run, image


def test_the_field_of_view_is_as_far_as_the_next_test_says(textured):
    run, image = textured
    engine, far = KerasEngine(run), 0
    for seed in range(4):
        changed = image.copy()
        # A block of one stride: the field of view of all alignments of a pixel.
        changed[128:136, 128:136] = np.random.default_rng(seed).integers(0, 255, (8, 8, 3))
        rows, columns = np.nonzero(engine(image[None])[0] != engine(changed[None])[0])
        far = max(far, 128 - rows.min(), rows.max() - 135, 128 - columns.min(), columns.max() - 135)
    assert REACH / 2 < far <= REACH


def test_beyond_the_field_of_view_it_does_not_matter_where_tiles_fall(textured):
    run, image = textured
    whole = predict_probability(run, image, tile=256)
    assert whole.std() > 0.05, "a plane without structure would prove nothing"
    blend = 8
    for tile in (128, 160):
        probability = predict_probability(run, image, tile=tile, overlap=2 * REACH + blend, blend=blend)
        assert np.abs(probability - whole).max() < 1e-5
    # Some rows further down the tiles fall elsewhere in the same picture.
    shifted = predict_probability(run, image[24:], tile=128, overlap=2 * REACH + blend, blend=blend)
    assert np.abs(shifted[REACH:] - whole[24 + REACH :]).max() < 1e-5
    # The overlap is what does it.
    without = predict_probability(run, image, tile=128, overlap=0)
    assert np.abs(without - whole).max() > 10 / 255


def test_the_default_leaves_less_of_a_seam_than_no_overlap(textured):
    run, image = textured
    whole = predict_probability(run, image, tile=256)
    plain, default = (
        np.abs(predict_probability(run, image, tile=128, overlap=overlap) - whole).mean() for overlap in (0, None)
    )
    assert default < plain / 4


def test_the_seam_falls_with_the_overlap(textured):
    run, image = textured
    whole = predict_probability(run, image, tile=256)
    errors = [
        np.abs(predict_probability(run, image, tile=128, overlap=overlap, blend=8) - whole).mean()
        for overlap in (0, 32, 64, 104)
    ]
    assert all(second < first for first, second in pairwise(errors)), errors


def test_windows_begin_where_the_model_halves(textured):
    run, image = textured
    starts = []

    class Seen(KerasEngine):
        def __call__(self, tiles):
            starts.append(tuple(map(int, tiles[0, 0, 0])))
            return super().__call__(tiles)

    image = image.copy()
    rows, columns = np.indices(image.shape[:2])
    image[..., 0], image[..., 1] = rows % 251, columns % 251
    predict_probability(run, image[:250, :249], engine=Seen(run), tile=96, overlap=20)
    assert len(starts) == 16
    assert all(row % 8 == column % 8 == 0 for row, column, _ in starts)
