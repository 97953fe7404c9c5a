"""Every loss through compile, fit, save and load."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from raremask.losses import LossSum, WeightedCrossentropyLoss, WeightedIoULoss

# Keras calls np.array on its variables in save; NumPy 2 warns of that, which no part of raremask can change.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")

LOSSES = {
    "article": lambda: WeightedIoULoss(1, 9, from_logits=True),
    "errors": lambda: WeightedIoULoss(1, 3, weighting="errors", from_logits=True, ignore_class=255),
    "per_image": lambda: WeightedIoULoss(weighting="classes", from_logits=True, per_image=True),
    "crossentropy": lambda: WeightedCrossentropyLoss(1, 3, from_logits=True),
    "sum": lambda: LossSum(
        [WeightedCrossentropyLoss(from_logits=True), WeightedIoULoss(from_logits=True, weighting="errors")],
        [0.25, 0.75],
    ),
}


def make_model(loss):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(1, 3, padding="same")])
    model.compile(keras.optimizers.SGD(0.05), loss)
    return model


def make_data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 8, 8, 3)).astype("float32")
    return x, (x[..., :1] > 0.7)


@pytest.mark.parametrize("name", LOSSES)
def test_fits_and_comes_back_from_disk_without_custom_objects(name, tmp_path):
    x, y = make_data()
    loss = LOSSES[name]()
    model = make_model(loss)
    before = model.evaluate(x, y, batch_size=5, verbose=0)
    # A last batch of another size traces the step with an unknown batch axis.
    model.fit(x, y, batch_size=2, epochs=3, verbose=0)
    after = model.evaluate(x, y, batch_size=5, verbose=0)
    assert after < before
    np.testing.assert_allclose(after, loss(y, model.predict(x, verbose=0)), rtol=1e-5)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.loss.get_config() == loss.get_config()
    np.testing.assert_allclose(again.evaluate(x, y, batch_size=5, verbose=0), after, rtol=1e-6)


def test_a_fresh_process_loads_the_model_once_the_losses_are_imported(tmp_path):
    path = tmp_path / "model.keras"
    make_model(LOSSES["sum"]()).save(path)
    code = "import keras, raremask.losses; print(type(keras.saving.load_model({!r}).loss).__name__)"
    done = subprocess.run([sys.executable, "-c", code.format(str(path))], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "LossSum", done.stderr[-2000:]


def test_a_wrong_shape_is_named_in_fit():
    x, y = make_data()
    with pytest.raises(ValueError, match=r"\(None, 4, 8, 1\).*\(None, 8, 8, 1\)"):
        make_model(WeightedIoULoss()).fit(x, y[:, :4], batch_size=2, verbose=0)
