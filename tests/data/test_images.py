"""Image files of all kinds become arrays, or one line that says why not."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import EpsImagePlugin, Image, PngImagePlugin

from raremask.data.images import read_image
from raremask.errors import InputError


@pytest.fixture
def colours():
    return np.random.default_rng(0).integers(0, 256, (7, 9, 3), np.uint8)


def png_of_16_bits(path, array, colour_type):
    """Pillow writes no 16-bit colour."""
    height, width = array.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in array)

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


def tiff(path, array, photometric, sample_format=1):
    """An uncompressed TIFF of the kinds that Pillow does not write."""
    height, width, bands = array.shape
    bits = array.dtype.itemsize * 8
    after = 8 + 2 + 12 * 10 + 4
    entries = [
        struct.pack("<HHII", 256, 4, 1, width),
        struct.pack("<HHII", 257, 4, 1, height),
        struct.pack("<HHII", 258, 3, bands, after) if bands > 2 else struct.pack("<HHIHH", 258, 3, bands, bits, bits),
        struct.pack("<HHIHH", 259, 3, 1, 1, 0),
        struct.pack("<HHIHH", 262, 3, 1, photometric, 0),
        struct.pack("<HHII", 273, 4, 1, after + 8),
        struct.pack("<HHIHH", 277, 3, 1, bands, 0),
        struct.pack("<HHII", 278, 4, 1, height),
        struct.pack("<HHII", 279, 4, 1, array.nbytes),
        struct.pack("<HHIHH", 339, 3, 1, sample_format, 0),
    ]
    path.write_bytes(
        b"II*\0\x08\0\0\0\x0a\0"
        + b"".join(entries)
        + b"\0\0\0\0"
        + struct.pack("<4H", bits, bits, bits, bits)
        + array.tobytes()
    )


def refusal(path):
    """The one line with which a file is refused."""
    with pytest.raises(InputError) as caught:
        read_image(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize("suffix", [".png", ".tif", ".TIFF", ".bmp", ".webp"])
def test_rgb_files_give_their_pixels(tmp_path, colours, suffix):
    path = tmp_path / f"road{suffix}"
    Image.fromarray(colours).save(path, **({"lossless": True} if suffix == ".webp" else {}))
    image = read_image(path)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    np.testing.assert_array_equal(image, colours)


def test_a_jpeg_comes_close_to_its_pixels(tmp_path):
    Image.new("RGB", (9, 7), (200, 100, 50)).save(tmp_path / "road.jpg", quality=95)
    image = read_image(tmp_path / "road.jpg")
    assert image.shape == (7, 9, 3)
    assert np.abs(image.astype(int) - (200, 100, 50)).max() <= 3


def test_grey_has_one_band(tmp_path, colours):
    Image.fromarray(colours[..., 0]).save(tmp_path / "grey.png")
    np.testing.assert_array_equal(read_image(tmp_path / "grey.png"), colours[..., :1])


def test_one_bit_becomes_grey(tmp_path):
    Image.fromarray(np.eye(8, dtype=bool)).save(tmp_path / "bits.png")
    np.testing.assert_array_equal(read_image(tmp_path / "bits.png")[..., 0], 255 * np.eye(8))


@pytest.mark.parametrize("bands", [1, 3])
def test_alpha_is_dropped_even_where_it_hides_the_pixel(tmp_path, colours, bands):
    alpha = np.zeros(colours.shape[:2], np.uint8)
    array = np.dstack([colours[..., :bands], alpha])
    Image.fromarray(array).save(tmp_path / "alpha.png")
    np.testing.assert_array_equal(read_image(tmp_path / "alpha.png"), colours[..., :bands])


def test_a_palette_becomes_its_colours(tmp_path, colours):
    palette = Image.fromarray(colours).quantize(16)
    palette.save(tmp_path / "palette.png")
    np.testing.assert_array_equal(read_image(tmp_path / "palette.png"), np.asarray(palette.convert("RGB")))


def test_a_palette_with_transparency_is_read_without_a_warning(tmp_path, colours):
    palette = Image.fromarray(colours).quantize(16)
    palette.save(tmp_path / "palette.png", transparency=bytes([0, 128, 255]))
    np.testing.assert_array_equal(read_image(tmp_path / "palette.png"), np.asarray(palette.convert("RGB")))


def test_cmyk_becomes_rgb(tmp_path):
    Image.new("CMYK", (4, 4), (0, 255, 255, 0)).save(tmp_path / "print.tif")
    assert read_image(tmp_path / "print.tif")[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bit_grey_keeps_all_bits(tmp_path, suffix):
    values = np.array([[0, 1, 2047], [256, 4095, 65535]], np.uint16)
    Image.fromarray(values).save(tmp_path / f"depth{suffix}")
    image = read_image(tmp_path / f"depth{suffix}")
    assert image.dtype == np.uint16
    np.testing.assert_array_equal(image[..., 0], values)


def test_16_bit_grey_of_the_other_byte_order_is_turned(tmp_path):
    values = np.array([[1, 2047], [256, 65535]], np.uint16)
    Image.fromarray(values.astype(">u2")).save(tmp_path / "big.tif")
    assert (tmp_path / "big.tif").read_bytes()[:2] == b"MM"
    image = read_image(tmp_path / "big.tif")
    assert image.dtype.isnative
    np.testing.assert_array_equal(image[..., 0], values)


def test_32_bit_pixels_that_fit_in_16_are_read(tmp_path):
    values = np.array([[0, 65535]], np.int32)
    Image.fromarray(values).save(tmp_path / "wide.tif")
    image = read_image(tmp_path / "wide.tif")
    assert image.dtype == np.uint16
    np.testing.assert_array_equal(image[..., 0], values)


@pytest.mark.parametrize("value", [-1, 65536])
def test_32_bit_pixels_that_do_not_fit_are_refused(tmp_path, value):
    Image.fromarray(np.array([[0, value]], np.int32)).save(tmp_path / "wide.tif")
    assert "save it with 8 or 16 bits" in refusal(tmp_path / "wide.tif")


def test_float_pixels_are_refused(tmp_path):
    Image.fromarray(np.zeros((4, 4), np.float32)).save(tmp_path / "height.tif")
    assert "type 'F' are not supported; save it as" in refusal(tmp_path / "height.tif")


@pytest.mark.parametrize(("bands", "colour_type"), [(3, 2), (4, 6), (2, 4)])
def test_16_bit_colour_png_is_refused_instead_of_cut_to_8_bits(tmp_path, bands, colour_type):
    png_of_16_bits(tmp_path / "deep.png", np.full((4, 4, bands), 2047), colour_type)
    assert "save it as 8-bit RGB or 16-bit grey" in refusal(tmp_path / "deep.png")


def test_16_bit_colour_tiff_keeps_all_bits(tmp_path):
    tiff(tmp_path / "deep.tif", np.full((4, 4, 3), 2047, np.uint16), photometric=2)
    np.testing.assert_array_equal(read_image(tmp_path / "deep.tif"), np.full((4, 4, 3), 2047, np.uint16))


def test_the_fourth_band_of_an_8_bit_tiff_is_dropped(tmp_path, colours):
    four = np.dstack([colours, colours[..., 0]])
    tiff(tmp_path / "infrared.tif", four, photometric=2)
    np.testing.assert_array_equal(read_image(tmp_path / "infrared.tif"), colours)


def test_float_colour_is_refused(tmp_path):
    tiff(tmp_path / "float.tif", np.zeros((4, 4, 3), np.float32), photometric=2, sample_format=3)
    assert "pixels of type float32 are not read" in refusal(tmp_path / "float.tif")


def test_the_orientation_of_a_camera_is_applied(tmp_path):
    pixels = np.zeros((8, 16, 3), np.uint8)
    pixels[:, :8] = 255
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(pixels).save(tmp_path / "turned.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "turned.png"), np.rot90(pixels, -1))


def test_of_several_pages_the_first_is_read(tmp_path):
    pages = [Image.new("L", (4, 3), value) for value in (10, 20)]
    pages[0].save(tmp_path / "pages.tif", save_all=True, append_images=pages[1:])
    image = read_image(tmp_path / "pages.tif")
    assert image.shape == (3, 4, 1)
    assert np.unique(image).tolist() == [10]


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_of_an_animation_the_first_frame_is_read(tmp_path, suffix):
    frames = [Image.new("RGB", (4, 3), (value,) * 3) for value in (10, 200)]
    frames[0].save(tmp_path / f"film{suffix}", save_all=True, append_images=frames[1:], lossless=True)
    assert np.unique(read_image(tmp_path / f"film{suffix}")).tolist() == [10]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_a_file_cut_short_is_refused(tmp_path, suffix):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    path = tmp_path / f"cut{suffix}"
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    refusal(path)


def test_a_png_with_a_flipped_bit_is_refused(tmp_path, colours):
    path = tmp_path / "flipped.png"
    Image.fromarray(colours).save(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 16
    path.write_bytes(content)
    refusal(path)


@pytest.mark.parametrize("error", [SyntaxError, struct.error, zlib.error, IndexError, EOFError])
def test_whatever_a_decoder_raises_names_the_file(tmp_path, colours, monkeypatch, error):
    def fail(_):
        raise error("broken chunk")

    Image.fromarray(colours).save(tmp_path / "broken.png")
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", fail)
    assert "is damaged (broken chunk)" in refusal(tmp_path / "broken.png")


@pytest.mark.parametrize("content", [b"", b"these are no pixels", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
def test_what_is_no_image_is_refused(tmp_path, content):
    path = tmp_path / "fake.png"
    path.write_bytes(content)
    refusal(path)


def test_a_missing_file_is_named(tmp_path):
    assert refusal(tmp_path / "none.png").endswith("does not exist")


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path):
    (tmp_path / "folder.png").mkdir()
    refusal(tmp_path / "folder.png")


def test_postscript_under_another_name_never_reaches_its_interpreter(tmp_path, monkeypatch):
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *_, **__: pytest.fail("Ghostscript was started"))
    monkeypatch.setattr(EpsImagePlugin, "has_ghostscript", lambda: True)
    content = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 5 5\n%%EndComments\nshowpage\n"
    (tmp_path / "script.png").write_bytes(content)
    Image.open(io.BytesIO(content)).close()
    refusal(tmp_path / "script.png")


def test_a_header_that_promises_a_giant_image_is_refused_at_once(tmp_path):
    path = tmp_path / "bomb.png"
    Image.new("L", (8, 8)).save(path)
    content = bytearray(path.read_bytes())
    content[16:24] = struct.pack(">II", 60_000, 60_000)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    path.write_bytes(content)
    assert "cut it into tiles" in refusal(path)


def test_the_file_is_closed(tmp_path, colours):
    # An open file would warn, and warnings are errors here; on Windows it could not be removed.
    path = tmp_path / "road.tif"
    Image.fromarray(colours).save(path)
    read_image(path)
    path.unlink()
    assert not path.exists()
