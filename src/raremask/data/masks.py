"""What counts as foreground: the one place where stored mask values become 0, 1 and void.

Decoded masks are uint8 arrays (height, width) with 0 background, 1 foreground and `VOID` for pixels that
nobody annotated. Whatever was decided is a `Decoding`, printed, stored in the run and used again by
``evaluate``, so that a mask never means two things.
"""

from dataclasses import asdict, dataclass

import numpy as np

from raremask.data.images import NODATA, UNSET_NODATA, read_plane
from raremask.errors import InputError, name_some

__all__ = [
    "VOID",
    "Decoding",
    "decide",
    "is_foreground",
    "parse_foreground",
    "parse_ignore",
    "read_mask",
    "spell_colour",
]

VOID = 255

# How far a channel may be off a named colour where JPEG rounds: masks drawn without loss hold few colours.
_COLOUR_TOLERANCE = 16
_FEW_COLOURS = 32

# Masks of classes hold few values; antialiased ones hold many.
_MANY_VALUES = 10

# A mask has few pixels between dark and bright and most pixels near one value; a photo has neither. The thinnest
# antialiased lines stay below 0.04 and above 0.85, photos of roads, pavements and eyes above 0.3 and below 0.32.
_MOST_BETWEEN = 0.2
_LEAST_ALIKE = 1 / 3


@dataclass(frozen=True)
class Decoding:
    """The rule that turns stored values into foreground, background and void.

    Args:
        kind: ``"above"`` (foreground is every value greater than ``value``), ``"class"`` (exactly ``value``)
            or ``"colour"`` (``value`` is ``red << 16 | green << 8 | blue``).
        value: see ``kind``.
        ignore: the stored value (or packed colour) that is void, or None.
        reason: why, in words, for the person who reads the run.
        tolerance: how far each channel may be off a colour.

    Example:

    >>> Decoding("above", 127).classify(np.array([0, 1, 200, 255]))
    array([0, 0, 1, 1], dtype=uint8)
    """

    kind: str
    value: int
    ignore: int | None = None
    reason: str = "as asked"
    tolerance: int = _COLOUR_TOLERANCE

    def classify(self, labels):
        """Map stored labels, of any shape, to 0, 1 and `VOID`; what a file declares as no data is void."""
        labels = np.asarray(labels)
        if self.kind == "above":
            decoded = labels > self.value
        elif self.kind == "class":
            decoded = labels == self.value
        else:
            decoded = _near_colour(labels, self.value, self.tolerance)
        decoded = decoded.view(np.uint8)
        if self.ignore is not None:
            colour = self.kind == "colour"
            void = _near_colour(labels, self.ignore, self.tolerance) if colour else labels == self.ignore
            np.putmask(decoded, void, VOID)
        if labels.dtype.kind != "u":
            np.putmask(decoded, labels == NODATA, VOID)
        return decoded

    def describe(self):
        """One line for the terminal."""
        show = spell_colour if self.kind == "colour" else str
        rule = {"above": "values above", "class": "value", "colour": "colour"}[self.kind] + f" {show(self.value)}"
        void = "" if self.ignore is None else f", void is {show(self.ignore)}"
        return f"foreground is {rule}{void} ({self.reason})"

    def to_dict(self):
        """As plain JSON values; `from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields):
        """Read what `to_dict` wrote; the file is untrusted, so every field is checked."""
        try:
            kind, value, ignore = fields["kind"], fields["value"], fields["ignore"]
            tolerance = fields.get("tolerance", _COLOUR_TOLERANCE)
            numbers = [value, tolerance] if ignore is None else [value, tolerance, ignore]
            if kind not in ("above", "class", "colour") or not all(type(number) is int for number in numbers):
                raise TypeError
            return cls(kind, value, ignore, str(fields["reason"]), tolerance)
        except (AttributeError, KeyError, TypeError) as error:
            raise InputError(f"the mask decoding {fields!r} is not one that raremask wrote") from error


def read_mask(path, decoding):
    """Read and decode one mask file.

    Returns:
        uint8 array (height, width) of 0, 1 and `VOID`.

    Raises:
        InputError: the file cannot be read.
    """
    labels, coloured = read_plane(path, colours=decoding.kind == "colour")
    if coloured and decoding.kind != "colour":
        raise InputError(f"{path} is a colour mask; say which colour is foreground with --foreground R,G,B")
    return decoding.classify(labels)


def is_foreground(mask):
    """Where a decoded mask holds foreground, bool: on its skeleton, if `with_skeleton` has drawn one, or off it."""
    return (mask > 0) & (mask != VOID)


def parse_foreground(text):
    """Read what ``--foreground`` says.

    Args:
        text: ``auto``; ``above:127``; a class id such as ``1``; a colour as ``255,0,0`` or ``#ff0000``.

    Returns:
        (kind, value), or None for ``auto``.

    Raises:
        InputError: none of these.
    """
    text = str(text).strip().lower()
    if text == "auto":
        return None
    try:
        if text.startswith("above:"):
            return "above", _whole(text[len("above:") :], 65535)
        return _class_or_colour(text)
    except ValueError as error:
        raise InputError(
            f"--foreground {text!r} is not understood: expected auto, above:127, a class id such as 1, "
            "or a colour such as 255,0,0"
        ) from error


def parse_ignore(text):
    """Read what ``--ignore`` says: ``("class", value)``, ``("colour", colour)``, or None."""
    if text is None:
        return None
    try:
        return _class_or_colour(str(text).strip().lower())
    except ValueError as error:
        raise InputError(
            f"--ignore {text!r} is not understood: expected a stored mask value such as 255, "
            "or a colour such as 255,255,255"
        ) from error


def decide(histogram, foreground="auto", ignore=None):
    """Decide what counts as foreground, from the values that the masks of a data set hold.

    Args:
        histogram: mapping of stored value to number of pixels, over all masks.
        foreground: as `parse_foreground`.
        ignore: as `parse_ignore`.

    Returns:
        `Decoding`.

    Raises:
        InputError: the values do not say it; the message lists them and what to type.
    """
    rule, void = parse_foreground(foreground), _void_value(foreground, ignore)
    if rule is not None:
        lossless = rule[0] == "colour" and rule[1] in histogram and len(histogram) <= _FEW_COLOURS
        decoding = Decoding(*rule, ignore=void, tolerance=0 if lossless else _COLOUR_TOLERANCE)
        if rule[0] != "above" and decoding.classify([rule[1]])[0] == VOID:
            raise InputError(f"--foreground {foreground} and --ignore {ignore} are the same: void is never foreground")
        return decoding
    values = np.array(sorted(value for value in histogram if value not in (void, NODATA)))
    if len(values) < 2:
        held = name_some(values) or "nothing but void"
        if NODATA in histogram:
            raise InputError(
                f"the masks hold {held} and the nodata value that they declare, which is void; where it means "
                f"background, take the declaration away: {UNSET_NODATA}"
            )
        raise InputError(
            f"the masks hold no foreground: every pixel that is not void is {held}. Is this the right folder?"
        )
    low, high = int(values[0]), int(values[-1])
    if len(values) == 2 and low == 0:
        # Half-way where grey is usual, so that later masks may hold 254 where these hold 255.
        rule = ("above", 127) if high == 255 else ("class", high)
        return Decoding(*rule, void, f"auto: the masks hold 0 and {high} only")
    if high > 255:
        raise InputError(_ask(values, histogram, "auto reads 8-bit masks only"))
    if set(values.tolist()) == {0, 1, 255}:
        raise InputError(
            "the masks hold 0, 1 and 255: if 1 is foreground and 255 void, add --foreground 1 --ignore 255; "
            "if it is a 0 to 255 mask with rounding, --foreground above:127"
        )
    if _looks_like_classes(values, low, high):
        raise InputError(_ask(values, histogram, "this looks like several classes"))
    if _looks_like_photo(values, low, high, histogram):
        raise InputError(_ask(values, histogram, "the grey values spread as in a photo"))
    return Decoding("above", (low + high) // 2, void, f"auto: grey values {low} to {high}, cut half-way")


def _void_value(foreground, ignore):
    rule, void = parse_foreground(foreground), parse_ignore(ignore)
    if void is None:
        return None
    colour = rule is not None and rule[0] == "colour"
    if colour != (void[0] == "colour"):
        wanted = "a colour such as 255,255,255" if colour else "a stored value such as 255"
        raise InputError(
            f"--ignore {ignore} does not go with --foreground {foreground}: both name colours or neither; give {wanted}"
        )
    return void[1]


def _looks_like_classes(values, low, high):
    if high - low < 64:
        return True
    # Rounding stays near dark and bright; a few values elsewhere are ids.
    off = np.minimum(values - low, high - values)
    if len(values) <= _MANY_VALUES and off.max() > (high - low) // 8:
        return True
    # Many low values under a single high one: ids, and 255 for void.
    return len(values) > 2 and bool((values[:-1] < low + (high - low) // 4).all())


def _looks_like_photo(values, low, high, histogram):
    pixels = np.array([histogram[value] for value in values.tolist()], np.float64)
    pixels /= pixels.sum()
    quarter = (high - low) // 4
    between = pixels[(values > low + quarter) & (values < high - quarter)].sum()
    alike = pixels[np.abs(values - values[pixels.argmax()]) <= 4].sum()
    return between > _MOST_BETWEEN or alike < _LEAST_ALIKE


def _ask(values, histogram, why):
    common = sorted(values.tolist(), key=lambda value: -histogram[value])
    return (
        f"cannot tell what is foreground ({why}): {len(values)} values, the most common {name_some(common, 6)}. "
        "Say it with --foreground: a class id, or above:127"
    )


def spell_colour(packed):
    """A packed colour as it is typed after ``--foreground``.

    Example:

    >>> spell_colour(0xFF8000)
    '255,128,0'
    """
    return f"{packed >> 16},{packed >> 8 & 255},{packed & 255}"


def _near_colour(packed, colour, tolerance):
    near = np.ones(packed.shape, bool)
    for shift in (16, 8, 0):
        near &= np.abs((packed >> shift & 255).astype(np.int16) - (colour >> shift & 255)) <= tolerance
    return near


def _class_or_colour(text):
    colour = _colour(text)
    return ("class", _whole(text, 65535)) if colour is None else ("colour", colour)


def _colour(text):
    if text.startswith("#") and len(text) == 7:
        return int(text[1:], 16)
    parts = text.split(",")
    if len(parts) != 3:
        return None
    red, green, blue = (_whole(part, 255) for part in parts)
    return red << 16 | green << 8 | blue


def _whole(text, most):
    value = int(text)
    if not 0 <= value <= most:
        raise ValueError(text)
    return value
