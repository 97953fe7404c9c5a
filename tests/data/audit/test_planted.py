"""Each defect, planted in a clean set, is found with its file, and nothing else is."""

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from raremask.data.audit import ERROR, NOTE, WARNING, audit

DRAWN, OTHER = "scene_0003", "scene_0004"


def read(path):
    with Image.open(path) as image:
        return np.array(image)


def image_of(data, stem=DRAWN):
    return data / "images" / f"{stem}.jpg"


def mask_of(data, stem=DRAWN):
    return data / "masks" / f"{stem}.png"


def save(path, array, **options):
    Image.fromarray(array).save(path, **options)


def save_jpeg(path, array, **options):
    save(path, array, quality=95, subsampling=0, **options)


def put_image(data, array, stem=DRAWN, suffix=".png", **options):
    """In the place of a JPEG, a file that keeps the pixels as they are."""
    image_of(data, stem).unlink()
    save(data / "images" / f"{stem}{suffix}", array, **options)


def all_masks(data, change):
    for path in (data / "masks").iterdir():
        save(path, change(read(path)))


def without_mask(data):
    mask_of(data).unlink()
    drop_from_lists(data, DRAWN)


def without_image(data):
    image_of(data).unlink()
    drop_from_lists(data, DRAWN)


def drop_from_lists(data, *stems):
    for name in ("train", "val", "test"):
        path = data / f"{name}.txt"
        path.write_text("".join(f"{line}\n" for line in path.read_text().split() if line not in stems))


def add_to_list(data, name, stem):
    with open(data / f"{name}.txt", "a") as file:
        file.write(f"{stem}\n")


def list_of(data, stem):
    return next(name for name in ("train", "val", "test") if stem in (data / f"{name}.txt").read_text().split())


def same_stem(data):
    save(data / "masks" / f"{DRAWN}.bmp", read(mask_of(data)))


def empty_file(data):
    image_of(data).write_bytes(b"")


def truncated(data):
    image_of(data).write_bytes(image_of(data).read_bytes()[:2000])


def truncated_mask(data):
    mask_of(data).write_bytes(mask_of(data).read_bytes()[:-40])


def deep_colour(data):
    plane = read(image_of(data)).astype(np.uint16) * 200
    tifffile(data, plane)


def seven_bands(data):
    tifffile(data, np.concatenate([read(image_of(data))] * 3, axis=-1)[..., :7], planarconfig="contig")


def seven_bands_in_bigtiff(data):
    tifffile(data, np.concatenate([read(image_of(data))] * 3, axis=-1)[..., :7], planarconfig="contig", bigtiff=True)


def tifffile(data, array, **options):
    import tifffile

    image_of(data).unlink()
    tifffile.imwrite(data / "images" / f"{DRAWN}.tif", array, **options)


def cropped_mask(data):
    save(mask_of(data), read(mask_of(data))[:80])


def half_mask(data):
    save(mask_of(data), read(mask_of(data))[::2, ::2])


def triple_mask(data):
    save(mask_of(data), read(mask_of(data)).repeat(3, 0).repeat(3, 1))


def with_orientation(path, array, orientation):
    image = Image.fromarray(array)
    exif = image.getexif()
    exif[274] = orientation
    image.save(path, quality=95, exif=exif)


def upside_down(data):
    with_orientation(image_of(data), read(image_of(data)), 3)


def on_its_side(data):
    with_orientation(image_of(data), read(image_of(data))[:80], 6)
    save(mask_of(data), read(mask_of(data))[:80])


def grey_image(data):
    put_image(data, read(image_of(data))[..., 1])


def zero_one(data):
    save(mask_of(data), read(mask_of(data)) // 255)


def colour_among_grey(data):
    save(mask_of(data), read(mask_of(data))[..., None] * np.array([1, 0, 0], np.uint8))


def three_classes(data):
    all_masks(data, lambda mask: (mask > 0) + (np.arange(96)[:, None] < 20).astype(np.uint8) * 2)


def colours(data):
    all_masks(data, lambda mask: np.where(mask[..., None] > 0, [200, 30, 30], [10, 60, 10]).astype(np.uint8))


def photos(data):
    for path in (data / "masks").iterdir():
        save(path, read(image_of(data, path.stem)))


def in_alpha(data):
    all_masks(data, lambda mask: np.dstack([np.zeros((*mask.shape, 3), np.uint8), mask]))


def undeclared_void(data):
    all_masks(data, with_void)


def with_void(mask):
    labels = mask // 255
    labels[:30] = 255
    return labels


def antialiased(data):
    mask = Image.fromarray(read(mask_of(data)))
    mask.resize((48, 48)).resize((96, 96), Image.Resampling.BILINEAR).save(mask_of(data))


def jpeg_mask(data):
    plane = read(mask_of(data))
    mask_of(data).unlink()
    save(data / "masks" / f"{DRAWN}.jpg", plane, quality=40)


def inverted(data):
    save(mask_of(data), 255 - read(mask_of(data)))


def all_inverted(data):
    all_masks(data, lambda mask: 255 - mask)


def full(data):
    save(mask_of(data), np.full((96, 96), 255, np.uint8))


def black_corner_with_foreground(data):
    image, mask = read(image_of(data)), read(mask_of(data))
    rows = np.flatnonzero(mask.any(axis=1))
    image[: rows[len(rows) // 2]] = 0
    save_jpeg(image_of(data), image)


def one_grey(data):
    save_jpeg(image_of(data), np.full((96, 96, 3), 120, np.uint8))


def exact_copy(data, other=True):
    """A copy under another name, in the list of the first or in another."""
    for path in (image_of(data), mask_of(data)):
        shutil.copy(path, path.with_stem("copy"))
    here = list_of(data, DRAWN)
    add_to_list(data, next(name for name in ("train", "val") if name != here) if other else here, "copy")


def exact_copy_within(data):
    exact_copy(data, other=False)


def near_copy(data, change=lambda image: ImageEnhance.Brightness(image).enhance(0.7), **options):
    exact_copy(data, **options)
    with Image.open(image_of(data)) as image:
        change(image).save(image_of(data, "copy"), quality=60)


def near_copy_within(data):
    near_copy(data, other=False)


def mirrored_copy(data):
    near_copy(data, lambda image: image.transpose(Image.Transpose.TRANSVERSE))
    save(mask_of(data, "copy"), np.ascontiguousarray(read(mask_of(data))[::-1, ::-1].T))


def same_mask(data):
    shutil.copy(mask_of(data), mask_of(data, OTHER))


def no_foreground_in(name):
    def plant(data):
        for stem in (data / f"{name}.txt").read_text().split():
            save(mask_of(data, stem), np.zeros((96, 96), np.uint8))

    return plant


def no_foreground(data):
    all_masks(data, np.zeros_like)


def stem_in_two_lists(data):
    add_to_list(data, "train" if list_of(data, DRAWN) != "train" else "val", DRAWN)


def cmyk(data):
    image_of(data).write_bytes(jpeg_bytes(Image.fromarray(read(image_of(data))).convert("CMYK")))


def jpeg_bytes(image):
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=95)
    return stream.getvalue()


def palette_image(data):
    with Image.open(image_of(data)) as image:
        quantised = image.quantize(64)
    image_of(data).unlink()
    quantised.save(data / "images" / f"{DRAWN}.png")


def five_pages(data):
    pages = [Image.fromarray(read(image_of(data)))] * 2
    image_of(data).unlink()
    pages[0].save(data / "images" / f"{DRAWN}.tif", save_all=True, append_images=pages[1:])


def four_bands(data):
    image = read(image_of(data))
    tifffile(data, np.dstack([image, image[..., :1]]), photometric="rgb", extrasamples=["unspecified"])


# name: (plant, kind, severity, stems or None, options)
PLANTED = {
    "image without mask": (without_mask, "unpaired", ERROR, [DRAWN], {}),
    "mask without image": (without_image, "unpaired", ERROR, [DRAWN], {}),
    "two masks of one stem": (same_stem, "same-stem", ERROR, [DRAWN], {}),
    "empty file": (empty_file, "unreadable", ERROR, [DRAWN], {}),
    "truncated image": (truncated, "truncated", ERROR, [DRAWN], {}),
    "truncated mask": (truncated_mask, "truncated", ERROR, [DRAWN], {}),
    "16-bit colour": (deep_colour, "image-kinds", ERROR, [DRAWN], {}),
    "seven bands": (seven_bands, "image-kinds", ERROR, [DRAWN], {}),
    "seven bands in BigTIFF": (seven_bands_in_bigtiff, "image-kinds", ERROR, [DRAWN], {}),
    "four bands": (four_bands, "multi-band", WARNING, [DRAWN], {}),
    "size": (cropped_mask, "size-mismatch", ERROR, [DRAWN], {}),
    "mask half as large": (half_mask, "scale", ERROR, [DRAWN], {}),
    "mask thrice as large": (triple_mask, "scale", ERROR, [DRAWN], {}),
    "EXIF upside down": (upside_down, "orientation", WARNING, [DRAWN], {}),
    "EXIF on its side": (on_its_side, "orientation", ERROR, [DRAWN], {}),
    "one grey image": (grey_image, "image-kinds", ERROR, [DRAWN], {}),
    "0/1 among 0/255": (zero_one, "mixed-encodings", ERROR, [DRAWN], {}),
    "colour among grey": (colour_among_grey, "mixed-encodings", ERROR, [DRAWN], {}),
    "0/1 among 0/255, asked": (zero_one, "mixed-encodings", ERROR, [DRAWN], {"foreground": "above:127"}),
    "several classes": (three_classes, "classes", ERROR, None, {}),
    "several colours": (colours, "classes", ERROR, None, {}),
    "photos as masks": (photos, "photo", ERROR, None, {}),
    "void not declared": (undeclared_void, "void", ERROR, None, {}),
    "void counted as background": (undeclared_void, "void", WARNING, None, {"foreground": "1"}),
    "void that is nowhere": (lambda data: None, "void", WARNING, None, {"ignore": "7"}),
    "antialiased": (antialiased, "undecided", WARNING, [DRAWN], {}),
    "JPEG mask": (jpeg_mask, "undecided", WARNING, [DRAWN], {}),
    "inverted": (inverted, "inverted", WARNING, [DRAWN], {}),
    "foreground on black": (black_corner_with_foreground, "foreground-on-blank", WARNING, [DRAWN], {}),
    "blank image": (one_grey, "blank-image", WARNING, [DRAWN], {}),
    "copy in another list": (exact_copy, "duplicate-between-splits", ERROR, None, {}),
    "copy in the same list": (exact_copy_within, "duplicate", WARNING, None, {}),
    "darker copy in another list": (near_copy, "near-duplicate-between-splits", ERROR, None, {}),
    "darker copy in the same list": (near_copy_within, "near-duplicate", WARNING, None, {}),
    "mirrored copy": (mirrored_copy, "near-duplicate-between-splits", ERROR, None, {}),
    "one mask twice": (same_mask, "same-mask", WARNING, [DRAWN, OTHER], {}),
    "no foreground to train on": (no_foreground_in("train"), "class-missing", ERROR, None, {}),
    "no foreground to choose by": (no_foreground_in("val"), "class-missing", WARNING, None, {}),
    "no foreground at all": (no_foreground, "no-foreground", ERROR, None, {}),
    "a stem in two lists": (stem_in_two_lists, "split", ERROR, None, {}),
    "CMYK": (cmyk, "cmyk", WARNING, [DRAWN], {}),
    "palette image": (palette_image, "palette", WARNING, [DRAWN], {}),
    "pages": (five_pages, "pages", WARNING, [DRAWN], {}),
}

ALL_MASKS = {f"masks/scene_{number:04d}.png" for number in range(10)}
COPY = {"images/scene_0003.jpg", "images/copy.jpg"}

# The files of defects that are not of one pair alone; what is left out concerns no single file.
FILES = {
    "several classes": ALL_MASKS,
    "several colours": ALL_MASKS,
    "photos as masks": ALL_MASKS,
    "void not declared": ALL_MASKS,
    "void counted as background": ALL_MASKS,
    "copy in another list": COPY,
    "copy in the same list": COPY,
    "darker copy in another list": COPY,
    "darker copy in the same list": COPY,
    "mirrored copy": COPY,
}
IN_TEXT = {"void that is nowhere": "--ignore 7", "no foreground at all": "no foreground", "a stem in two lists": DRAWN}

# What a defect brings with it.
FOLLOWS = {"blank image": {"foreground-on-blank"}}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_defect_is_found_and_nothing_else(name, data, kinds):
    plant, kind, severity, stems, options = PLANTED[name]
    plant(data)
    found = kinds(data, notes=False, **options)
    assert set(found) == {kind} | FOLLOWS.get(name, set())
    assert found[kind].severity == severity
    if stems is not None:
        assert list(found[kind].stems) == stems
        assert {Path(file).stem for file in found[kind].files} == set(stems)
    elif kind == "class-missing":
        listed = (data / f"{'train' if severity == ERROR else 'val'}.txt").read_text().split()
        assert set(found[kind].files) == {f"masks/{stem}.png" for stem in listed}
    else:
        assert set(found[kind].files) == FILES.get(name, set())
        assert IN_TEXT.get(name, "") in found[kind].text
        assert name in FILES or name in IN_TEXT
    assert found[kind].why
    assert found[kind].fix


def test_a_clean_set_has_no_defect(data, kinds):
    found = kinds(data)
    assert set(found) == {"empty"}
    assert found["empty"].severity == NOTE
    assert found["empty"].stems == ("scene_0007",)
    assert found["empty"].files == ("masks/scene_0007.png",)


def test_a_set_without_lists_has_no_defect(data, kinds):
    for name in ("train", "val", "test"):
        (data / f"{name}.txt").unlink()
    assert set(kinds(data)) == {"empty"}


def test_void_that_is_declared_is_only_noted(data, kinds):
    undeclared_void(data)
    found = kinds(data, foreground="1", ignore="255")
    assert set(found) == {"empty", "void"}
    assert "31.2 % of all pixels, in 10 masks" in found["void"].text.replace("10 of 10", "10")


def test_a_mask_of_nothing_but_void(data, kinds):
    undeclared_void(data)
    save(mask_of(data), np.full((96, 96), 255, np.uint8))
    found = kinds(data, notes=False, foreground="1", ignore="255")
    assert set(found) == {"all-void"}
    assert found["all-void"].stems == (DRAWN,)


def test_masks_drawn_in_alpha_are_named(data, kinds):
    in_alpha(data)
    found = kinds(data, notes=False)
    assert set(found) == {"no-foreground", "drawn-in-alpha"}
    assert len(found["drawn-in-alpha"].stems) == 9


def test_a_blank_part_is_named_with_its_file(data, kinds):
    black_corner_with_foreground(data)
    found = kinds(data)["blank"]
    assert found.severity == NOTE
    assert found.files == (f"images/{DRAWN}.jpg",)


def test_a_full_mask(data, kinds):
    full(data)
    found = kinds(data, notes=False)
    assert set(found) == {"full"}
    assert found["full"].stems == (DRAWN,)
    assert found["full"].files == (f"masks/{DRAWN}.png",)


def test_all_masks_inverted(data, kinds):
    all_inverted(data)
    found = kinds(data, notes=False)
    assert set(found) == {"inverted", "full"}
    assert "exchanged" in found["inverted"].text
    assert found["full"].stems == ("scene_0007",)


def test_several_defects_are_all_found(data, kinds):
    truncated(data)
    cropped = mask_of(data, OTHER)
    save(cropped, read(cropped)[:50])
    one = mask_of(data, "scene_0001")
    save(one, read(one) // 255)
    found = kinds(data, notes=False)
    assert {"truncated", "size-mismatch", "mixed-encodings"} == set(found)
    assert "not-checked" in kinds(data)


def test_the_worst_come_first(data):
    upside_down(data)
    put_image(data, read(image_of(data, OTHER))[..., 1], OTHER)
    found = audit(data).findings
    assert [(finding.severity, finding.kind) for finding in found] == [
        (ERROR, "image-kinds"),
        (WARNING, "orientation"),
        (NOTE, "empty"),
    ]
