"""The worst finds of an audit on one page: for each finding a few thumbnails with the mask's outline."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from raremask.data.audit import ERROR, NOTE, WARNING
from raremask.data.images import labels_of, read_image, read_plane
from raremask.data.masks import VOID, is_foreground
from raremask.data.rasters import large_raster
from raremask.errors import InputError
from raremask.files import expect_png, written_beside
from raremask.report.font import font_of
from raremask.report.panels import show_image

__all__ = ["draw_contact_sheet"]

# Okabe and Ito (2008). Severity is also written out, and an outline has a dark rim, so that no one needs the hues.
_COLOURS = {ERROR: (213, 94, 0), WARNING: (230, 159, 0), NOTE: (86, 180, 233)}
_OUTLINE, _RIM = (0, 220, 255), (0, 0, 0)
_INK, _QUIET, _PAPER, _NOTHING = (34, 34, 34), (110, 110, 110), (255, 255, 255), (225, 225, 225)

_SIDE, _GAP, _MARGIN, _BAR = 220, 10, 14, 6
_TITLE, _HEADING, _CAPTION = 17, 14, 12
_LEGENDS = "cyan: foreground; hatched: void", "cyan: where the stored value changes"
# Bytes that are decoded at once; of a larger TIFF so many pixels a side are read.
_MOST_WHOLE, _LONGEST = 2**28, 2048
_COLUMNS, _FEWEST, _BLOCKS, _LINES = 6, 2, 12, 4


def draw_contact_sheet(audit, path, title):
    """Draw the finds that can be seen, the worst first, and write a PNG.

    Each finding has up to six pairs: the image with its foreground tinted and outlined, void hatched. Where
    nobody can tell what is foreground, the outline is that of every stored value; where image and mask differ in
    size, they stand side by side; a file that cannot be read is left out of its picture.

    Args:
        audit: `raremask.data.audit.Audit`.
        path: where the PNG goes; it is written beside and renamed.
        title: one line above.

    Returns:
        The path, a ``pathlib.Path``, or None where no finding is about single files; nothing is written then.

    Raises:
        ValueError: a path that does not end in .png.
        JobError: the file cannot be written.
    """
    path = Path(path)
    expect_png(path)
    shown = [finding for finding in audit.findings if finding.stems][:_BLOCKS]
    if not shown:
        return None
    blocks = [_block(audit.evidence, finding) for finding in shown]
    sheet = _stack([_headline(title, _LEGENDS[audit.evidence.decoding is None]), *_packed(blocks)])
    with written_beside(path) as temporary:
        sheet.save(temporary, format="PNG")
    return path


def _block(evidence, finding):
    """One finding: its bar and text, and its thumbnails below."""
    shown = list(_shown(finding))[:_COLUMNS]
    width = _width(max(_FEWEST, len(shown)))
    lines = _wrapped(f"{finding.severity}  {finding.kind}: {finding.text}", _HEADING, width - 2 * _BAR)[:_LINES]
    left_out = len(finding.stems) - len(shown)
    top = len(lines) * (_HEADING + 5) + 6
    block = Image.new("RGB", (width, top + _SIDE + 2 * _CAPTION + 14), _PAPER)
    pen = ImageDraw.Draw(block)
    pen.rectangle((0, 0, _BAR - 1, block.height - 1), fill=_COLOURS[finding.severity])
    for number, line in enumerate(lines):
        pen.text((2 * _BAR, number * (_HEADING + 5)), line, _INK, font=font_of(_HEADING))
    facts = {fact.stem: fact for fact in evidence.facts}
    for column, (stem, file) in enumerate(shown):
        left = 2 * _BAR + column * (_SIDE + _GAP)
        block.paste(_tile(evidence, facts.get(stem), file), (left, top))
        split = evidence.split_of.get(stem) if finding.groups else None
        caption = f"{stem} ({split})" if split else stem
        pen.text((left, top + _SIDE + 3), _cut(caption, _CAPTION, _SIDE), _QUIET, font=font_of(_CAPTION))
    if left_out:
        at = (2 * _BAR, top + _SIDE + _CAPTION + 8)
        pen.text(at, f"and {left_out} more", _QUIET, font=font_of(_CAPTION))
    return block


def _shown(finding):
    """(stem, file) of what a finding names."""
    files = finding.files if len(finding.files) == len(finding.stems) else finding.stems
    return zip(finding.stems, files, strict=True)


def _tile(evidence, fact, file):
    """A square with the pair, or with the one file that has no partner."""
    if fact is None:
        image, mask = _read(_image_of, evidence.folder / file, evidence.bands), None
    else:
        image = _read(_image_of, fact.pair.image, evidence.bands)
        mask = _read(_labels_of, fact.pair.mask, evidence.decoding is not None and evidence.decoding.kind == "colour")
    tile = Image.new("RGB", (_SIDE, _SIDE), _NOTHING)
    if image is None and mask is None:
        pen, text = ImageDraw.Draw(tile), "cannot be read"
        at = (_SIDE - font_of(_CAPTION).getlength(text)) / 2, _SIDE / 2 - _CAPTION
        pen.text(at, text, _QUIET, font=font_of(_CAPTION))
        return tile
    # As stored: what is large comes shrunk here, the one perhaps and the other not.
    if image is not None and mask is not None and fact.image.shape[:2] != fact.mask.shape:
        return _side_by_side(tile, image, _as_picture(mask))
    size = _fitted((mask if image is None else image).shape[:2], (_SIDE, _SIDE))
    picture = _shrunk(_as_picture(mask) if image is None else image, size)
    if image is not None and mask is not None:
        picture = _outlined(picture, mask, evidence.decoding)
    tile.paste(Image.fromarray(picture), ((_SIDE - size[1]) // 2, (_SIDE - size[0]) // 2))
    return tile


def _side_by_side(tile, image, mask):
    """Image and mask at one scale, so that their sizes can be compared."""
    half = (_SIDE - _GAP) // 2
    scale = min(half / side for picture in (image, mask) for side in (picture.shape[1], picture.shape[0] / 2))
    for left, picture in ((0, image), (half + _GAP, mask)):
        height, width = (max(1, round(side * scale)) for side in picture.shape[:2])
        at = left + (half - width) // 2, (_SIDE - height) // 2
        tile.paste(Image.fromarray(_shrunk(picture, (height, width))), at)
    return tile


def _outlined(picture, mask, decoding):
    """Draw where the foreground ends, or every stored value where nobody knows what it means; hatch void."""
    size = picture.shape[:2]
    decoded = mask if decoding is None else decoding.classify(mask)
    if decoding is not None:
        void = _any(decoded == VOID, size)
        rows, columns = np.indices(size)
        picture[void & ((rows + columns) % 8 < 2)] //= 3
        decoded = is_foreground(decoded)
        inside = _shares(decoded, size) > 0.5
        picture[inside] = (0.7 * picture[inside] + 0.3 * np.array(_OUTLINE)).astype(np.uint8)
    ends = np.zeros(decoded.shape, bool)
    ends[:-1] |= decoded[:-1] != decoded[1:]
    ends[:, :-1] |= decoded[:, :-1] != decoded[:, 1:]
    line = _any(ends, size)
    rim = _grown(line) & ~line
    picture[rim] = (0.4 * picture[rim] + 0.6 * np.array(_RIM)).astype(np.uint8)
    picture[line] = _OUTLINE
    return picture


def _any(plane, size):
    """Shrink a plane so that nothing thin is lost."""
    return _shares(plane, size) > 0


def _shares(plane, size):
    """The share of True in each pixel of a plane brought to another size."""
    way = Image.Resampling.BOX if size[0] < plane.shape[0] else Image.Resampling.NEAREST
    return np.asarray(Image.fromarray(plane.astype(np.float32)).resize(size[::-1], way))


def _grown(plane):
    padded = np.pad(plane, 1)
    height, width = plane.shape
    return np.any([padded[y : y + height, x : x + width] for y in range(3) for x in range(3)], axis=0)


def _as_picture(mask):
    """A stored mask as grey, its values spread from black to white."""
    low, high = int(mask.min()), int(mask.max())
    grey = ((mask.astype(np.float32) - low) * (255 / max(1, high - low))).astype(np.uint8)
    return grey[..., None]


def _shrunk(picture, size):
    image = Image.fromarray(show_image(picture))
    way = Image.Resampling.BOX if size[0] < image.height else Image.Resampling.NEAREST
    return np.array(image.resize(size[::-1], way))


def _fitted(shape, room):
    scale = min(room[0] / shape[0], room[1] / shape[1])
    return tuple(max(1, round(side * scale)) for side in shape)


def _read(read, path, option):
    try:
        return read(path, option)
    except InputError:
        return None


def _image_of(path, bands):
    raster = large_raster(path, bands, most=_MOST_WHOLE)
    return read_image(path, bands) if raster is None else raster.shrunk(_LONGEST)[0]


def _labels_of(path, colours):
    raster = large_raster(path, mask=True, most=_MOST_WHOLE)
    return (read_plane(path, colours) if raster is None else labels_of(raster, *raster.shrunk(_LONGEST), colours))[0]


def _headline(title, legend):
    strip = Image.new("RGB", (_whole_width(), _TITLE + 8), _PAPER)
    pen, room = ImageDraw.Draw(strip), _whole_width() - font_of(_CAPTION).getlength(legend)
    pen.text((0, 0), _cut(title, _TITLE, room - _GAP), _INK, font=font_of(_TITLE))
    pen.text((room, _TITLE - _CAPTION), legend, _QUIET, font=font_of(_CAPTION))
    return strip


def _stack(strips):
    height = sum(strip.height + _MARGIN for strip in strips) + _MARGIN
    sheet = Image.new("RGB", (_whole_width() + 2 * _MARGIN, height), _PAPER)
    top = _MARGIN
    for strip in strips:
        sheet.paste(strip, (_MARGIN, top))
        top += strip.height + _MARGIN
    return sheet


def _width(columns):
    return 2 * _BAR + columns * (_SIDE + _GAP) - _GAP


def _whole_width():
    # Blocks of two columns fill it as well as one of six.
    return _COLUMNS // _FEWEST * (_width(_FEWEST) + _MARGIN) - _MARGIN


def _packed(blocks):
    """Blocks side by side as long as they fit, in their order."""
    rows, used = [[]], 0
    for block in blocks:
        if rows[-1] and used + block.width > _whole_width():
            rows.append([])
            used = 0
        rows[-1].append((used, block))
        used += block.width + _MARGIN
    strips = []
    for row in rows:
        strip = Image.new("RGB", (_whole_width(), max(block.height for _, block in row)), _PAPER)
        for left, block in row:
            strip.paste(block, (left, 0))
        strips.append(strip)
    return strips


def _wrapped(text, size, width):
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if font_of(size).getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return [_cut(line, size, width) for line in lines]


def _cut(text, size, width):
    """Take out the middle of what is too long: stems of one series differ at their ends."""
    font, kept = font_of(size), len(text)
    cut = text
    while kept > 2 and font.getlength(cut) > width:
        kept -= 1
        cut = f"{text[: kept // 2]}...{text[len(text) - (kept + 1) // 2 :]}"
    return cut
