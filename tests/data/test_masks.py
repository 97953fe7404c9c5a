"""What counts as foreground: mask files of all kinds become 0, 1 and void, or a question."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from raremask.data.images import read_plane
from raremask.data.masks import VOID, Decoding, decide, parse_foreground, read_mask
from raremask.errors import InputError


@pytest.fixture
def truth():
    """A road of 1 on 0."""
    mask = np.zeros((40, 48), np.uint8)
    mask[10:20] = 1
    return mask


def held(*values):
    """A histogram in which the first value is the commonest."""
    return {value: 10_000 // (place + 1) ** 2 for place, value in enumerate(values)}


def histogram(path, colours=False):
    values, pixels = np.unique(read_plane(path, colours)[0], return_counts=True)
    return dict(zip(values.tolist(), pixels.tolist(), strict=True))


def decode(path, foreground="auto", ignore=None):
    """Decide from one file, then read it."""
    rule = parse_foreground(foreground)
    colours = rule is not None and rule[0] == "colour"
    return read_mask(path, decide(histogram(path, colours), foreground, ignore))


def thin_lines(width):
    """Antialiased lines narrower than two pixels: hardly any pixel is pure."""
    rng, times, size = np.random.default_rng(0), 8, 192
    image = Image.new("L", (size * times, size * times))
    for _ in range(12):
        ImageDraw.Draw(image).line(rng.uniform(0, size * times, 4).tolist(), fill=255, width=round(width * times))
    return image.resize((size, size), Image.Resampling.BICUBIC)


# Files whose masks need no question.


@pytest.mark.parametrize("high", [1, 7, 128, 255])
def test_two_values_are_background_and_foreground(tmp_path, truth, high):
    Image.fromarray(truth * np.uint8(high)).save(tmp_path / "mask.png")
    np.testing.assert_array_equal(decode(tmp_path / "mask.png"), truth)


def test_one_bit_masks(tmp_path, truth):
    Image.fromarray(truth.astype(bool)).save(tmp_path / "mask.png")
    np.testing.assert_array_equal(decode(tmp_path / "mask.png"), truth)


def test_16_bit_masks(tmp_path, truth):
    Image.fromarray(truth * np.uint16(65535)).save(tmp_path / "mask.png")
    np.testing.assert_array_equal(decode(tmp_path / "mask.png"), truth)


@pytest.mark.parametrize("bands", [1, 3])
def test_masks_with_alpha(tmp_path, truth, bands):
    grey = np.dstack([truth * np.uint8(255)] * bands + [np.full_like(truth, 100)])
    Image.fromarray(grey).save(tmp_path / "mask.png")
    np.testing.assert_array_equal(decode(tmp_path / "mask.png"), truth)


def test_grey_masks_saved_in_three_channels(tmp_path, truth):
    Image.fromarray(truth * np.uint8(255)).convert("RGB").save(tmp_path / "mask.jpg", quality=80)
    np.testing.assert_array_equal(decode(tmp_path / "mask.jpg"), truth)


def test_jpeg_masks_of_0_1_254_255(tmp_path, truth):
    grey = truth * np.uint8(255)
    grey[::7, ::5] ^= 1
    Image.fromarray(grey).save(tmp_path / "mask.png")
    assert set(histogram(tmp_path / "mask.png")) == {0, 1, 254, 255}
    np.testing.assert_array_equal(decode(tmp_path / "mask.png"), truth)


def test_jpeg_masks_with_ringing(tmp_path):
    truth = np.zeros((64, 64), np.uint8)
    truth[13:39, 21:] = 1
    Image.fromarray(truth * np.uint8(255)).save(tmp_path / "mask.jpg", quality=50)
    assert len(histogram(tmp_path / "mask.jpg")) > 10
    np.testing.assert_array_equal(decode(tmp_path / "mask.jpg"), truth)


def test_a_road_of_231_to_244_that_is_never_255(tmp_path, truth):
    grey = np.where(truth, np.random.default_rng(0).integers(231, 245, truth.shape), 0).astype(np.uint8)
    Image.fromarray(grey).save(tmp_path / "mask.png")
    np.testing.assert_array_equal(decode(tmp_path / "mask.png"), truth)


@pytest.mark.parametrize("width", [0.6, 1, 1.5, 3])
def test_thin_antialiased_lines_are_cut_half_way(tmp_path, width):
    lines = thin_lines(width)
    lines.save(tmp_path / "mask.png")
    grey = np.asarray(lines)
    middle = (int(grey.min()) + int(grey.max())) // 2
    np.testing.assert_array_equal(decode(tmp_path / "mask.png"), grey > middle)


def test_later_masks_may_hold_254_where_the_first_held_255(tmp_path, truth):
    Image.fromarray(truth * np.uint8(254)).save(tmp_path / "later.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "later.png", decide(held(0, 255))), truth)


def test_a_coloured_palette_gives_its_class_ids(tmp_path, truth):
    image = Image.fromarray(truth * np.uint8(15))
    image.putpalette(np.random.default_rng(0).integers(0, 256, 768).tolist())
    image.save(tmp_path / "mask.png")
    assert set(histogram(tmp_path / "mask.png")) == {0, 15}
    np.testing.assert_array_equal(decode(tmp_path / "mask.png", "15"), truth)


def test_a_palette_of_greys_in_any_order_gives_the_greys(tmp_path, truth):
    # As tools that shrink PNGs write it: white is 0 and black is 1.
    image = Image.fromarray(1 - truth)
    image.putpalette([255, 255, 255, 0, 0, 0])
    image.save(tmp_path / "mask.png")
    np.testing.assert_array_equal(decode(tmp_path / "mask.png"), truth)


# Values that do not say what they mean.


def test_a_colour_mask_is_never_read_as_values(tmp_path, truth):
    Image.fromarray(np.dstack([truth * np.uint8(255), truth, truth])).save(tmp_path / "mask.png")
    with pytest.raises(InputError, match=r"mask\.png is a colour mask; .*--foreground R,G,B"):
        read_mask(tmp_path / "mask.png", Decoding("above", 127))


def test_a_float_mask_is_refused(tmp_path):
    Image.fromarray(np.zeros((4, 4), np.float32)).save(tmp_path / "mask.tif")
    with pytest.raises(InputError, match="save it as an 8-bit grey PNG"):
        read_plane(tmp_path / "mask.tif")


# What --foreground and --ignore say.


def test_a_threshold(tmp_path):
    Image.fromarray(np.array([[0, 9, 10, 255]], np.uint8)).save(tmp_path / "mask.png")
    assert decode(tmp_path / "mask.png", "above:9").tolist() == [[0, 0, 1, 1]]


def test_a_class_id_takes_exactly_that_value(tmp_path):
    Image.fromarray(np.array([[0, 1, 2, 3]], np.uint8)).save(tmp_path / "mask.png")
    assert decode(tmp_path / "mask.png", "2").tolist() == [[0, 0, 1, 0]]


def test_an_ignored_value_is_void(tmp_path):
    Image.fromarray(np.array([[0, 1, 255]], np.uint8)).save(tmp_path / "mask.png")
    assert decode(tmp_path / "mask.png", "1", "255").tolist() == [[0, 1, VOID]]


def test_auto_leaves_the_ignored_value_out_of_its_thoughts(tmp_path):
    Image.fromarray(np.array([[0, 1, 255]], np.uint8)).save(tmp_path / "mask.png")
    assert decode(tmp_path / "mask.png", ignore="255").tolist() == [[0, 1, VOID]]


def test_a_threshold_leaves_the_ignored_value_void(tmp_path):
    Image.fromarray(np.array([[0, 254, 255]], np.uint8)).save(tmp_path / "mask.png")
    assert decode(tmp_path / "mask.png", "above:127", "255").tolist() == [[0, 1, VOID]]


def test_a_16_bit_class_id(tmp_path):
    Image.fromarray(np.array([[0, 1000, 1001]], np.uint16)).save(tmp_path / "mask.png")
    assert decode(tmp_path / "mask.png", "1000", "1001").tolist() == [[0, 1, VOID]]


@pytest.mark.parametrize("text", ["255,0,0", "#ff0000", "#FF0000", " 255, 0, 0 "])
def test_a_colour(tmp_path, text):
    rgb = np.array([[[255, 0, 0], [0, 0, 255], [0, 0, 0], [255, 255, 255]]], np.uint8)
    Image.fromarray(rgb).save(tmp_path / "mask.png")
    assert decode(tmp_path / "mask.png", text).tolist() == [[1, 0, 0, 0]]


def test_a_colour_ignored(tmp_path):
    rgb = np.array([[[255, 0, 0], [0, 0, 255], [0, 0, 0]]], np.uint8)
    Image.fromarray(rgb).save(tmp_path / "mask.png")
    assert decode(tmp_path / "mask.png", "255,0,0", "0,0,255").tolist() == [[1, VOID, 0]]


def test_a_colour_named_for_grey_and_palette_files(tmp_path, truth):
    Image.fromarray(truth * np.uint8(255)).save(tmp_path / "grey.png")
    palette = Image.fromarray(truth)
    palette.putpalette([0, 0, 0, 255, 255, 255])
    palette.save(tmp_path / "palette.png")
    for name in ("grey.png", "palette.png"):
        np.testing.assert_array_equal(decode(tmp_path / name, "255,255,255"), truth)


def test_colours_that_jpeg_has_shifted(tmp_path):
    truth = np.zeros((64, 64), np.uint8)
    truth[16:48, 16:48] = 1
    rgb = np.where(truth[..., None], (200, 30, 60), (20, 120, 40)).astype(np.uint8)
    Image.fromarray(rgb).save(tmp_path / "mask.jpg", quality=75)
    assert len(histogram(tmp_path / "mask.jpg", colours=True)) > 2
    decoded = decode(tmp_path / "mask.jpg", "200,30,60")
    assert (decoded != truth).mean() < 0.05
    assert decoded[20:44, 20:44].all()


def test_close_colours_of_a_lossless_mask_stay_apart(tmp_path):
    # Class ids in the red channel, as simulators of traffic write them.
    rgb = np.zeros((1, 4, 3), np.uint8)
    rgb[0, :, 0] = (0, 6, 7, 8)
    Image.fromarray(rgb).save(tmp_path / "mask.png")
    assert decode(tmp_path / "mask.png", "7,0,0", "8,0,0").tolist() == [[0, 0, 1, VOID]]


def test_an_ignored_value_that_no_mask_holds_changes_nothing(tmp_path, truth):
    Image.fromarray(truth).save(tmp_path / "mask.png")
    np.testing.assert_array_equal(decode(tmp_path / "mask.png", ignore="65535"), truth)


# The decoding itself.


@pytest.mark.parametrize(
    "decoding",
    [Decoding("above", 127), Decoding("class", 1, 255, "why"), Decoding("colour", 0xFF0000, 0x0000FF, "why", 0)],
)
def test_a_decoding_survives_the_run_file(decoding):
    assert Decoding.from_dict(decoding.to_dict()) == decoding


@pytest.mark.parametrize(
    "fields",
    [
        {},
        [],
        {"kind": "below", "value": 1, "ignore": None, "reason": ""},
        {"kind": "class", "value": "1", "ignore": None, "reason": ""},
        {"kind": "class", "value": True, "ignore": None, "reason": ""},
        {"kind": "class", "value": 1, "ignore": 2.5, "reason": ""},
        {"kind": "colour", "value": 1, "ignore": None, "reason": "", "tolerance": "16"},
    ],
)
def test_a_decoding_that_raremask_did_not_write_is_refused(fields):
    with pytest.raises(InputError, match="not one that raremask wrote"):
        Decoding.from_dict(fields)


@pytest.mark.parametrize(
    ("decoding", "line"),
    [
        (Decoding("above", 127), "foreground is values above 127 (as asked)"),
        (Decoding("class", 1, 255), "foreground is value 1, void is 255 (as asked)"),
        (Decoding("colour", 0xFF0000, 0x0000FF), "foreground is colour 255,0,0, void is 0,0,255 (as asked)"),
    ],
)
def test_a_decoding_tells_itself_as_it_is_typed(decoding, line):
    assert decoding.describe() == line


def test_the_camera_orientation_turns_masks_as_it_turns_images(tmp_path, truth):
    exif = Image.Exif()
    exif[274] = 3
    Image.fromarray(truth).save(tmp_path / "mask.png", exif=exif)
    np.testing.assert_array_equal(decode(tmp_path / "mask.png"), np.rot90(truth, 2))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32])
@pytest.mark.parametrize(
    "decoding", [Decoding("above", 1, 9), Decoding("class", 9, 300), Decoding("class", 1)], ids=str
)
def test_labels_of_any_type_are_classified_alike(dtype, decoding):
    labels = np.array([[0, 1], [9, 255]], dtype)
    wanted = decoding.classify([0, 1, 9, 255]).reshape(2, 2)
    decoded = decoding.classify(labels)
    assert decoded.dtype == np.uint8
    np.testing.assert_array_equal(decoded, wanted)
