"""A run and what it makes of images, for many tests of exports."""

import pytest


@pytest.fixture(scope="session")
def run(trained):
    """The run `trained`, at a threshold at which a fifth of the first sample is foreground."""
    import numpy as np

    from raremask.prediction import predict_probability
    from raremask.run import load_run

    run = load_run(trained)
    image = np.random.default_rng(0).integers(0, 255, (80, 96, 3)).astype("uint8")
    return run.changed(threshold=float(np.quantile(predict_probability(run, image), 0.8)))


@pytest.fixture(scope="session")
def native(run):
    """Two samples, one of them with a true mask that is the native one but for a column."""
    import numpy as np

    from raremask.export import Sample, predict_natively
    from raremask.prediction import predict_probability

    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (80, 96, 3)).astype("uint8")
    truth = (predict_probability(run, image) >= run.threshold).astype("uint8")
    truth[:, 0] = 1 - truth[:, 0]
    truth[:, 1] = 255
    other = rng.integers(0, 255, (41, 64, 3)).astype("uint8")
    return predict_natively(run, [Sample("a", image, truth), Sample("b", other)])
