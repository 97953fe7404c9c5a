import numpy as np
import pytest

from raremask.prediction.average import AVERAGES, Averaged, Ensemble


class Slanted:
    """An engine that is not symmetric: it multiplies by where a pixel lies."""

    name = "slanted"

    def __init__(self):
        self.shapes = []

    def __call__(self, tiles):
        self.shapes.append(tiles.shape)
        assert tiles.flags.c_contiguous
        rows, columns = np.indices(tiles.shape[1:3], np.float32)
        return tiles[..., 0].astype(np.float32) * (rows + columns**2 + rows * columns)


def tiles(height, width):
    return np.random.default_rng(0).integers(0, 9, (2, height, width, 1)).astype("uint8")


@pytest.mark.parametrize(("name", "ways"), [("flips", 4), ("turns", 8)])
@pytest.mark.parametrize("shape", [(6, 6), (4, 8)])
def test_the_mean_over_all_ways_is_symmetric(name, ways, shape):
    engine = Slanted()
    averaged = Averaged(engine, name)
    given = tiles(*shape)
    found = averaged(given)
    assert len(engine.shapes) == ways
    assert found.dtype == np.float32
    assert found.shape == given.shape[:3]
    np.testing.assert_allclose(averaged(given[:, ::-1]), found[:, ::-1], rtol=1e-6)
    np.testing.assert_allclose(averaged(given[:, :, ::-1]), found[:, :, ::-1], rtol=1e-6)
    turned = averaged(np.ascontiguousarray(np.rot90(given, 1, (1, 2))))
    assert np.allclose(turned, np.rot90(found, 1, (1, 2)), rtol=1e-6) == (name == "turns")


def test_the_mean_is_that_of_the_ways_one_by_one():
    given, engine = tiles(4, 4), Slanted()
    ways = []
    for turns, mirrored in AVERAGES["turns"]:
        laid = np.rot90(given, turns, (1, 2))
        laid = laid[:, :, ::-1] if mirrored else laid
        back = engine(np.ascontiguousarray(laid))
        back = back[:, :, ::-1] if mirrored else back
        ways.append(np.rot90(back, -turns, (1, 2)))
    np.testing.assert_allclose(Averaged(engine, "turns")(given), np.mean(ways, axis=0), rtol=1e-6)
    # All eight are different.
    assert (
        len(
            {
                way.tobytes()
                for way in (np.rot90(np.arange(9).reshape(3, 3), t)[:, :: -1 if m else 1] for t, m in AVERAGES["turns"])
            }
        )
        == 8
    )


def test_an_ensemble_gives_the_mean():
    engines = [lambda tiles, p=p: np.full(tiles.shape[:3], p, np.float32) for p in (0.1, 0.4, 0.7)]
    found = Ensemble(engines)(tiles(4, 4))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, 0.4, rtol=1e-6)
