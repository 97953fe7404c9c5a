"""Image, truth, mask and errors side by side: what a person looks at to judge a result."""

from pathlib import Path

import numpy as np

from raremask.data.masks import VOID
from raremask.files import expect_png, written_beside
from raremask.report.font import font_of

__all__ = ["draw_panel", "error_picture", "show_image", "show_mask"]

# Okabe and Ito (2008): these three differ in lightness as well as in hue, so they stay apart with any
# colour vision and in grey print.
TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE = (245, 245, 245), (230, 120, 0), (40, 150, 255)
_OVERLAY = (0, 220, 255)
_VOID_DARK, _VOID_LINE = (28, 28, 28), (95, 95, 95)
_INK, _QUIET, _PAPER = (34, 34, 34), (110, 110, 110), (255, 255, 255)

_GAP, _MARGIN, _TITLE, _CAPTION = 8, 12, 17, 13

# More pixels than this do not change a percentile that anyone could see.
_SAMPLE = 1_000_000


def show_image(image):
    """Turn an image of any kind into RGB for the screen.

    uint8 is shown as it is. Other types are stretched, each band from its 2nd to its 98th percentile, as
    geographic viewers do. One or two bands show the first in grey; more than three show the first three.

    Args:
        image: (height, width) or (height, width, bands), any numeric type; NaN is shown black.

    Returns:
        uint8 (height, width, 3).

    Raises:
        ValueError: another shape, or an empty image.

    Example:

    >>> show_image(np.array([[0, 1000, 2000]], dtype="uint16"))[0, :, 0].tolist()
    [0, 127, 255]
    """
    image = np.asarray(image)
    if image.ndim not in (2, 3) or 0 in image.shape:
        raise ValueError(f"expected an image (height, width) or (height, width, bands), got {image.shape}")
    bands = image[..., None] if image.ndim == 2 else image
    bands = bands[..., :3] if bands.shape[-1] >= 3 else bands[..., :1]
    if bands.dtype != np.uint8:
        bands = np.stack([_stretch(bands[..., band]) for band in range(bands.shape[-1])], axis=-1)
    return np.ascontiguousarray(np.broadcast_to(bands, (*bands.shape[:2], 3)))


def error_picture(image, truth, prediction):
    """Paint what is right and wrong in a mask over the dimmed grey image.

    White is foreground found (true positive), orange a false alarm (false positive), blue is foreground
    missed (false negative); dark hatching is void.

    Args:
        image: (height, width) or (height, width, bands), as in `show_image`.
        truth: (height, width), 1 foreground, 0 background, 255 void.
        prediction: (height, width), bool or number; what is not 0 is foreground.

    Returns:
        uint8 (height, width, 3).

    Raises:
        ValueError: shapes that differ.

    Example:

    >>> image = np.zeros((1, 4), "uint8")
    >>> error_picture(image, np.array([[1, 0, 1, 0]]), np.array([[1, 1, 0, 0]]))[0].tolist()
    [[245, 245, 245], [230, 120, 0], [40, 150, 255], [0, 0, 0]]
    """
    picture, truth, prediction = _same_plane(show_image(image), truth=truth, prediction=prediction)
    grey = (picture @ np.array([0.299, 0.587, 0.114]) * 0.5).astype(np.uint8)
    picture = np.repeat(grey[..., None], 3, axis=-1)
    found, void = prediction != 0, truth == VOID
    wanted = (truth != 0) & ~void
    picture[wanted & found] = TRUE_POSITIVE
    picture[~wanted & found] = FALSE_POSITIVE
    picture[wanted & ~found] = FALSE_NEGATIVE
    picture[void] = _hatching(void.shape)[void]
    return picture


def show_mask(mask):
    """Paint a mask white on black, void as dark hatching.

    Args:
        mask: (height, width), 0 background, 255 void, anything else foreground.

    Returns:
        uint8 (height, width, 3).

    Example:

    >>> show_mask(np.array([[0, 1]]))[..., 0].tolist()
    [[0, 255]]
    """
    picture = np.repeat(((mask != 0) * np.uint8(255))[..., None], 3, axis=-1)
    void = mask == VOID
    picture[void] = _hatching(void.shape)[void]
    return picture


def draw_panel(image, truth, prediction, path, title, probability=None, width=512):
    """Draw image | truth | mask | errors side by side, with captions and a legend, and write a PNG.

    Without a truth: image | mask | overlay. With a probability, one more picture before the mask.

    Args:
        image: (height, width) or (height, width, bands), as in `show_image`.
        truth: (height, width), 1 foreground, 0 background, 255 void; or None.
        prediction: (height, width), bool or number; what is not 0 is foreground.
        path: where the PNG goes; it is written beside and renamed.
        title: one line above, such as ``"tile4_003   IoU 0.41   precision 0.50   recall 0.60"``.
        probability: (height, width) float in [0, 1], or None.
        width: longest side of each picture in pixels; smaller images are enlarged by a whole factor.

    Returns:
        The path, a ``pathlib.Path``.

    Raises:
        ValueError: shapes that differ, or a path that does not end in .png.
        JobError: the file cannot be written.

    Example:

    >>> import tempfile, pathlib
    >>> image, mask = np.zeros((64, 64, 3), "uint8"), np.eye(64, dtype="uint8")
    >>> draw_panel(image, mask, mask, pathlib.Path(tempfile.mkdtemp()) / "a.png", "a   IoU 1.00").name
    'a.png'
    """
    path = Path(path)
    expect_png(path)
    shown = show_image(image)
    _same_plane(shown, truth=truth, prediction=prediction, probability=probability)
    size = _shown_size(shown.shape[:2], width)
    shown = _resize(shown, size, smooth=True)
    mask = _resize(np.asarray(prediction) != 0, size)
    truth = None if truth is None else _resize(np.asarray(truth).astype(np.uint8), size)
    pictures = _pictures(shown, truth, mask, _resize(probability, size, smooth=True))
    legend = _legend_of(truth)
    sheet = _sheet(pictures, title, legend)
    with written_beside(path) as temporary:
        sheet.save(temporary, format="PNG")
    return path


def _pictures(image, truth, mask, probability):
    """The captioned pictures in reading order, all of one size."""
    pictures = {"image": image}
    if truth is not None:
        pictures["truth"] = show_mask(truth)
    if probability is not None:
        pictures["probability (dark 0, bright 1)"] = _show_probability(probability)
    pictures["mask"] = show_mask(mask)
    if truth is not None:
        pictures["errors"] = error_picture(image, truth, mask)
    else:
        pictures["overlay"] = _overlay(image, mask)
    return pictures


def _legend_of(truth):
    if truth is None:
        return {"foreground": _OVERLAY}
    legend = {
        "found (true positive)": TRUE_POSITIVE,
        "false alarm (false positive)": FALSE_POSITIVE,
        "missed (false negative)": FALSE_NEGATIVE,
    }
    return legend | ({"void, not scored": None} if np.any(truth == VOID) else {})


def _sheet(pictures, title, legend):
    """Lay captioned pictures, the title and the legend on white paper."""
    from PIL import Image, ImageDraw

    title_font, font = font_of(_TITLE), font_of(_CAPTION)
    height, width = next(iter(pictures.values())).shape[:2]
    # A picture narrower than its caption gets a column as wide as the caption.
    column = max(width, *(int(font.getlength(caption)) for caption in pictures))
    swatch = _CAPTION
    legend_width = sum(int(font.getlength(label)) + swatch + 6 + 20 for label in legend)
    inner = max(len(pictures) * (column + _GAP) - _GAP, int(title_font.getlength(title)), legend_width)
    top = _MARGIN + _TITLE + 12 + _CAPTION + 8
    sheet = Image.new("RGB", (inner + 2 * _MARGIN, top + height + 10 + swatch + 6 + _MARGIN), _PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((_MARGIN, _MARGIN), title, _INK, font=title_font)
    for number, (caption, picture) in enumerate(pictures.items()):
        left = _MARGIN + number * (column + _GAP)
        pen.text((left, top - _CAPTION - 7), caption, _QUIET, font=font)
        sheet.paste(Image.fromarray(picture), (left, top))
    left, line = _MARGIN, top + height + 10
    for label, colour in legend.items():
        chip = _hatching((swatch, swatch)) if colour is None else np.full((swatch, swatch, 3), colour, np.uint8)
        sheet.paste(Image.fromarray(chip), (left, line))
        pen.rectangle((left, line, left + swatch - 1, line + swatch - 1), outline=_QUIET)
        pen.text((left + swatch + 6, line - 1), label, _INK, font=font)
        left += swatch + 6 + int(font.getlength(label)) + 20
    return sheet


def _shown_size(shape, longest):
    """Height and width on paper: scaled down to the longest side, or up by a whole factor."""
    side = max(shape)
    scale = max(1, longest // side) if side <= longest else longest / side
    return tuple(max(1, round(size * scale)) for size in shape)


def _resize(array, size, smooth=False):
    from PIL import Image

    if array is None or np.shape(array)[:2] == size:
        return array
    array = np.asarray(array)
    if array.dtype == bool:
        return _resize(array.astype(np.uint8), size) != 0
    # Averages only when shrinking; enlarged pixels keep their edges, and a mask never gets new values.
    way = Image.Resampling.LANCZOS if smooth and size < array.shape[:2] else Image.Resampling.NEAREST
    array = array.astype(np.float32) if array.dtype.kind == "f" else array
    return np.asarray(Image.fromarray(array).resize(size[::-1], way))


def _show_probability(probability):
    from matplotlib import colormaps

    return colormaps["viridis"](np.clip(np.nan_to_num(probability), 0, 1), bytes=True)[..., :3]


def _overlay(image, mask):
    painted = image.copy()
    painted[mask] = (0.4 * image[mask] + 0.6 * np.array(_OVERLAY)).astype(np.uint8)
    return painted


def _hatching(shape):
    rows, columns = np.indices(shape)
    return np.where(((rows + columns) % 8 < 2)[..., None], _VOID_LINE, _VOID_DARK).astype(np.uint8)


def _stretch(band):
    band = band.astype(np.float32)
    sample = band[np.isfinite(band)]
    sample = sample[:: max(1, sample.size // _SAMPLE)]
    low, high = np.percentile(sample, [2, 98]) if sample.size else (0, 0)
    if high <= low:
        # A flat band, or one with next to nothing in it: its extremes, or mid grey.
        low, high = (sample.min(), sample.max()) if sample.size else (0, 0)
    if high <= low:
        return np.where(np.isfinite(band), np.uint8(128), np.uint8(0))
    band = np.nan_to_num(band, nan=low, posinf=high, neginf=low)
    return (np.clip((band - low) / (high - low), 0, 1) * 255).astype(np.uint8)


def _same_plane(image, **planes):
    """Check that every plane given has the image's height and width; return all as arrays."""
    for name, plane in planes.items():
        if plane is not None and np.shape(plane) != image.shape[:2]:
            raise ValueError(f"expected a {name} of {image.shape[:2]} like the image, got {np.shape(plane)}")
    return image, *(None if plane is None else np.asarray(plane) for plane in planes.values())
