"""Files that are read as they are, or in another way than one may think: named, not refused."""

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from raremask.data.audit import NOTE, WARNING


@pytest.fixture
def change_images(data):
    """``change_images(suffix, change, **options)``: save all images anew."""

    def save(suffix, change, **options):
        for path in sorted((data / "images").iterdir()):
            with Image.open(path) as image:
                change(image).save(path.with_suffix(suffix), **options)
            path.unlink()

    return save


def place(pixel=0.5, east=300000.0):
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[33550] = (pixel, pixel, 0.0)
    tags.tagtype[33550] = 12
    tags[33922] = (0.0, 0.0, 0.0, east, 2800000.0, 0.0)
    tags.tagtype[33922] = 12
    return tags


def files_of(end, folder="images"):
    return tuple(f"{folder}/scene_{number:04d}.{end}" for number in range(10))


def test_16_bit_grey(data, change_images, kinds):
    change_images(".png", lambda image: Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 100))
    found = kinds(data)
    assert set(found) == {"empty", "16-bit"}
    assert found["16-bit"].severity == NOTE
    assert found["16-bit"].files == files_of("png")


def test_alpha(data, change_images, kinds):
    change_images(".png", lambda image: image.convert("RGBA"))
    found = kinds(data)
    assert set(found) == {"empty", "alpha"}
    assert found["alpha"].files == files_of("png")


def test_transparent_areas_are_blank(data, change_images, kinds):
    def half_transparent(image):
        alpha = np.full(image.size[::-1], 255, np.uint8)
        alpha[:24] = 0
        image.putalpha(Image.fromarray(alpha))
        return image

    change_images(".png", half_transparent)
    found = kinds(data)
    assert "25 % transparent" in found["blank"].text
    assert "foreground-on-blank" in found


def test_a_declared_nodata_value_is_blank(data, change_images, kinds):
    def with_hole(image):
        pixels = np.array(image)
        pixels[40:72, 40:72] = 77
        return Image.fromarray(pixels)

    tags = place()
    tags[42113] = "77"
    change_images(".tif", with_hole, tiffinfo=tags)
    found = kinds(data)
    assert {"blank", "georeferenced"} <= set(found)
    assert "nodata" in found["blank"].text
    assert len(found["blank"].stems) == 10


def test_a_lake_is_not_blank(data, change_images, kinds):
    def with_lake(image):
        pixels = np.array(image)
        pixels[20:70, 20:70] = 0
        return Image.fromarray(pixels)

    change_images(".png", with_lake)
    assert "blank" not in kinds(data)


def test_georeferenced(data, change_images, kinds):
    change_images(".tif", lambda image: image, tiffinfo=place())
    found = kinds(data)
    assert set(found) == {"empty", "georeferenced"}
    assert found["georeferenced"].files == files_of("tif")


@pytest.mark.parametrize(("of_mask", "elsewhere"), [(place(), False), (place(east=300001.0), True), (place(1.0), True)])
def test_a_mask_that_says_to_lie_elsewhere(data, change_images, kinds, of_mask, elsewhere):
    change_images(".tif", lambda image: image, tiffinfo=place())
    path = data / "masks" / "scene_0003.png"
    with Image.open(path) as mask:
        mask.save(path.with_suffix(".tif"), tiffinfo=of_mask)
    path.unlink()
    found = kinds(data)
    assert ("other-place" in found) == elsewhere
    if elsewhere:
        assert found["other-place"].severity == WARNING
        assert found["other-place"].stems == ("scene_0003",)


def test_palette_masks(data, kinds):
    for path in (data / "masks").iterdir():
        with Image.open(path) as mask:
            drawn = Image.fromarray(np.asarray(mask) // 255)
        drawn.putpalette([0, 0, 0, 200, 30, 30])
        drawn.save(path)
    found = kinds(data)
    assert set(found) == {"empty", "palette"}
    assert found["palette"].files == files_of("png", "masks")
    assert found["palette"].severity == NOTE


def test_orientation_that_both_have_is_no_finding(data, kinds):
    for folder, suffix in (("images", ".jpg"), ("masks", ".png")):
        path = data / folder / f"scene_0003{suffix}"
        with Image.open(path) as image:
            exif = image.getexif()
            exif[274] = 6
            image.save(path, exif=exif)
    assert set(kinds(data)) == {"empty"}


def test_a_mask_drawn_on_the_turned_image_is_no_finding(data, kinds):
    image_path, mask_path = data / "images" / "scene_0003.jpg", data / "masks" / "scene_0003.png"
    with Image.open(mask_path) as mask:
        mask.crop((0, 0, 80, 96)).save(mask_path)
    with Image.open(image_path) as image:
        turned = image.crop((0, 0, 80, 96)).transpose(Image.Transpose.ROTATE_90)
    exif = turned.getexif()
    exif[274] = 6
    turned.save(image_path, exif=exif, quality=95)
    assert set(kinds(data)) == {"empty"}
