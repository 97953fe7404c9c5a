import numpy as np
import pytest
import rasterio
from rasterio import Affine

from raremask.data.gdal import opened
from raremask.prediction.cog import write_cog
from raremask.prediction.kinds import KINDS
from raremask.prediction.source import Place

NORTH_UP = (0.5, 0.0, 500_000.0, 0.0, -0.5, 5_000_000.0)
ROTATED = (0.4, 0.3, 12.25, 0.3, -0.4, 1 / 3)


def written(tmp_path, values, kind="mask", place=None, name="out.tif"):
    rows = tmp_path / "rows.raw"
    rows.write_bytes(np.ascontiguousarray(values).tobytes())
    write_cog(rows, values.shape, KINDS[kind], place, tmp_path / name)
    return tmp_path / name


def mask_of(height, width):
    return np.random.default_rng(0).choice([0, 1, 255], (height, width)).astype("uint8")


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (700, 1300)])
def test_it_holds_the_values_and_is_a_cog(tmp_path, shape):
    values = mask_of(*shape)
    with rasterio.open(written(tmp_path, values, place=Place("EPSG:32633", NORTH_UP))) as file:
        assert np.array_equal(file.read(1), values)
        assert file.profile["driver"] == "GTiff"
        assert file.nodata == 255
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.profile["compress"] == "deflate"
        assert bool(file.overviews(1)) == (max(shape) > 512)
        assert file.profile["tiled"]
        # An overview of a mask holds its values, not means of them.
        assert set(np.unique(file.read(1, out_shape=tuple(max(1, size // 2) for size in shape)))) <= {0, 1, 255}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.tif", "rows.raw", "rows.vrt"]


@pytest.mark.parametrize(
    "crs", ["EPSG:32633", "EPSG:4326", "EPSG:3857", "EPSG:2056", "+proj=laea +lat_0=52 +lon_0=10", None]
)
@pytest.mark.parametrize("transform", [NORTH_UP, ROTATED, None])
def test_it_lies_where_the_source_lies(tmp_path, crs, transform):
    wkt = crs and rasterio.CRS.from_user_input(crs).to_wkt()
    path = written(tmp_path, mask_of(5, 7), place=Place(wkt, transform))
    with rasterio.open(path) if transform else pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        file = rasterio.open(path)
    assert file.transform == (Affine(*transform) if transform else Affine.identity())
    assert file.crs == (crs and rasterio.CRS.from_user_input(crs))
    file.close()


@pytest.mark.parametrize(
    ("kind", "values"), [("probability", [0, 127, 254, 255]), ("probability-float", [0, 0.5, 1, np.nan])]
)
def test_probabilities_say_what_their_values_mean(tmp_path, kind, values):
    values = np.array([values], KINDS[kind].dtype)
    with rasterio.open(written(tmp_path, values, kind, Place(None, NORTH_UP))) as file:
        stored = file.read(1, masked=True)
        assert file.dtypes == (KINDS[kind].dtype,)
        np.testing.assert_array_equal(stored.mask, [[False, False, False, True]])
        np.testing.assert_allclose(stored[0, :3] * file.scales[0] + file.offsets[0], [0, 0.5, 1])


def test_overviews_of_a_mask_are_every_other_pixel_and_of_probabilities_means(tmp_path):
    values = mask_of(700, 1300)
    with opened(written(tmp_path, values)) as file:
        assert np.array_equal(file.read(1, out_shape=(350, 650)), values[::2, ::2])
    ramp = np.tile(np.float32([0, 1]), (700, 650))
    with opened(written(tmp_path, ramp, "probability-float")) as file:
        assert (file.read(1, out_shape=(350, 650)) == 0.5).all()


def test_the_same_rows_give_the_same_bytes(tmp_path):
    values = mask_of(1500, 1100)
    first, second = (written(tmp_path, values, place=Place(None, NORTH_UP), name=name) for name in ("a.tif", "b.tif"))
    assert first.read_bytes() == second.read_bytes()
