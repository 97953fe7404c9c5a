"""A label that masks declare as nodata: found, and refused before it is trained on."""

import numpy as np
import pytest
from PIL import Image

from raremask.data.dataset import count_masks, open_dataset
from raremask.data.layouts.pairs import find_pairs
from raremask.data.masks import Decoding
from raremask.data.nodata import label_as_nodata
from raremask.data.tiff import tags_of
from raremask.errors import InputError
from support.geotiffs import write_geotiff

ABOVE, CLASS = Decoding("above", 127), Decoding("class", 1)


@pytest.mark.parametrize(
    ("held", "decoding", "declaring"),
    [
        ({"a": [-1, 255], "b": [-1]}, ABOVE, ("a", "b")),
        ({"a": [-1, 255], "b": [-1]}, None, ("a", "b")),
        ({"a": [-1, 1, 255]}, Decoding("class", 1, ignore=255), ("a",)),
        ({"a": [-1, 255], "b": [0, 255], "c": [0]}, ABOVE, ("a",)),
        ({"a": [-1, 1, 2], "b": [0, 1]}, CLASS, ("a",)),
    ],
)
def test_a_label_as_nodata(held, decoding, declaring):
    found = label_as_nodata(held, lambda stem: 0, decoding)
    assert (found.value, found.declaring) == (0, declaring)
    assert found.holding == tuple(stem for stem, values in held.items() if 0 in values)


@pytest.mark.parametrize(
    ("held", "decoding"),
    [
        ({"a": [0, 255]}, ABOVE),
        ({"a": [-1, 0, 255], "b": [0, 255]}, ABOVE),
        ({"a": [-1, 255], "b": [0, 255]}, ABOVE),
        ({"a": [-1, 0, 1], "b": [0, 9]}, Decoding("class", 1, ignore=9)),
        ({"a": [-1, 0, 1], "b": [0, 9]}, None),
        ({"a": [-1], "b": [-1]}, ABOVE),
        ({"a": [-1, 0], "b": [-1]}, ABOVE),
    ],
)
def test_nodata_that_is_no_label(held, decoding):
    assert label_as_nodata(held, lambda stem: 9, decoding) is None


def test_colours_are_compared_as_colours():
    decoding = Decoding("colour", 0xFF0000, tolerance=0)
    held = {"a": [-1, 0xFF0000, 0x00FF00], "b": [0xFFFFFF, 0xFF0000]}
    assert label_as_nodata(held, lambda stem: 255, decoding).holding == ("b",)
    assert label_as_nodata(held, lambda stem: 0, decoding) is None


@pytest.fixture
def data(tmp_path):
    """Six pairs, the masks GeoTIFFs that declare their background 0 as nodata."""
    rng = np.random.default_rng(0)
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    for number in range(6):
        Image.fromarray(rng.integers(0, 255, (32, 40, 3), np.uint8)).save(tmp_path / f"images/{number}.png")
        write_mask(tmp_path, number, nodata=0)
    return tmp_path


def write_mask(data, number, nodata=None, foreground=255):
    mask = np.zeros((32, 40), np.uint8)
    mask[4 * number : 4 * number + 3] = foreground
    write_geotiff(data / f"masks/{number}.tif", mask, nodata=nodata)


def refusal(data, **options):
    with pytest.raises(InputError) as caught:
        open_dataset(data, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("foreground", ["auto", "255", "above:127"])
def test_training_stops_where_all_background_is_nodata(data, foreground):
    message = refusal(data, foreground=foreground)
    assert "take the declaration away: rio edit-info --unset-nodata MASK" in message
    if foreground != "auto":
        assert "6 of 6 masks declare 0 as nodata, which is void" in message


def test_training_stops_where_some_masks_declare_what_others_hold(data):
    for number in (0, 1, 2, 3):
        write_mask(data, number)
    message = refusal(data)
    assert "2 of 6 masks declare 0 as nodata, which is void, but counts as a label in 4 others (4, 5)" in message
    with pytest.raises(InputError, match="declare 0 as nodata"):
        count_masks(find_pairs(data), decoding=ABOVE)


def test_nodata_beside_background_is_void_and_trained_around(data):
    for number in range(6):
        write_mask(data, number, nodata=9)
    mask = np.zeros((32, 40), np.uint8)
    mask[:8], mask[20:23] = 9, 255
    write_geotiff(data / "masks/5.tif", mask, nodata=9)
    assert open_dataset(data).counts["5"].void == 8 * 40


def test_the_cure_that_is_named_cures(data):
    from click.testing import CliRunner
    from rasterio.rio.main import main_group

    for path in (data / "masks").iterdir():
        result = CliRunner().invoke(main_group, ["edit-info", "--unset-nodata", str(path)])
        assert result.exit_code == 0, result.output
    assert open_dataset(data).counts["3"].background == 29 * 40


@pytest.mark.parametrize(("stored", "value"), [(0, 0), (255, 255), (-9999, -9999)])
def test_the_tags_tell_the_value(tmp_path, stored, value):
    path = write_geotiff(tmp_path / "a.tif", np.zeros((8, 8), np.int16), nodata=stored)
    assert tags_of(path).nodata_value == value


@pytest.mark.parametrize("stored", ["nan", "0.5", "-", "inf"])
def test_a_value_that_no_pixel_can_have_is_none(tmp_path, stored):
    path = write_geotiff(tmp_path / "a.tif", np.zeros((8, 8), np.int16), nodata=-99999 // 4)
    content = path.read_bytes()
    assert b"-25000\0" in content
    path.write_bytes(content.replace(b"-25000\0", stored.encode().ljust(6) + b"\0"))
    tags = tags_of(path)
    assert (tags.nodata, tags.nodata_value) == (True, None)
