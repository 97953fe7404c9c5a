"""Stems that look like tiles of one place, and what a random split, or a score over them, makes of it.

Tiles that touch show the same road, light and season. Where one of them trains and its neighbour tests, the score
measures memory; where both test, they are not two proofs.
"""

import re

from raremask.errors import name_some

__all__ = ["torn_apart", "touching"]

_SLIPPY = re.compile(r"(?P<place>.*?)(?P<zoom>\d+)/(?P<x>\d+)/(?P<y>\d+)")
_GRID = re.compile(r"(?:(?P<place>.+)[_-])?[xr]?(?P<row>\d+)(?P<between>[_-])[yc]?(?P<column>\d+)", re.IGNORECASE)
_SERIES = re.compile(r"(?P<place>.*\d.*)(?P<between>[_-])(?P<number>\d+)")

# A grid or a series of fewer than this share of its places filled is rather made of dates or keys.
_FULL = 0.25
_MANY_STRIPS = 6


def torn_apart(train, held_out):
    """Say in a sentence that a random draw held out tiles of places that it trains on.

    Args:
        train, held_out: stems.

    Returns:
        The sentence, with the ``--group-by`` that keeps neighbours together; None where the stems do not look
        like tiles, or nothing was torn apart. Looks are all there is to go by: a row and a column
        (``city_3_12``), a running number at each of several places (``tile4_005``), slippy-map tiles ``z/x/y``.

    Example:

    >>> torn_apart(["a1_1", "a1_2", "b2_1", "b2_3"], ["a1_3", "b2_2"])[:74]
    'drawn at random, but the stems look like tiles of 2 places (a1_1, a1_2, a1'
    """
    stems = sorted({*train, *held_out})
    for guess in (_slippy, _grid, _series):
        found = guess(stems)
        if found is not None:
            looks, near, pattern, what = found
            lost, how = near(train, held_out)
            if not lost:
                return None
            return (
                f"drawn at random, but the stems look like {looks} ({name_some(stems)}): {lost} of {len(held_out)} "
                f"held-out images {how}, so scores would flatter. {what} with {_typed(pattern)}"
            )
    return None


def touching(stems):
    """Say in words that images look like tiles that touch, and are fewer proofs than they are images.

    Args:
        stems: of the images.

    Returns:
        (the words, the ``--group-by`` that names the places), or None where the stems do not look like tiles, or no
        two of them touch. Looks are as in `torn_apart`.

    Example:

    >>> touching(["a1_1", "a1_2", "b2_1", "b2_3"])
    ('the stems look like tiles of 2 places (a1_1, a1_2, b2_1 and 1 more)', '--group-by "^(.+)_"')
    >>> touching(["road", "street"])
    """
    stems = sorted(stems)
    for guess in (_slippy, _grid, _series):
        found = guess(stems)
        if found is not None:
            looks, near, pattern, _ = found
            lost, _ = near(stems, stems)
            return (f"the stems look like {looks} ({name_some(stems)})", _typed(pattern)) if lost else None
    return None


def _slippy(stems):
    found = [_SLIPPY.fullmatch(stem) for stem in stems]
    if not all(found):
        return None
    at = {tile[0]: (tile["place"], tile["zoom"], int(tile["x"]), int(tile["y"])) for tile in found}

    pattern, what = r"(\d+/\d+)\d/\d+", "strips of ten columns"
    strips = {match and match[1] for match in map(re.compile(pattern).search, stems)}
    if None in strips or len(strips) < _MANY_STRIPS:
        pattern, what = r"(\d+/\d+)/\d+", "columns"
    return "slippy-map tiles z/x/y", _beside(at), pattern, f"Keep {what} together, which leaves fewer seams,"


def _grid(stems):
    found = [_GRID.fullmatch(stem) for stem in stems]
    if not all(found):
        return None
    rows, columns = {}, {}
    for tile in found:
        rows.setdefault(tile["place"], set()).add(tile["row"])
        columns.setdefault(tile["place"], set()).add(tile["column"])
    cells = sum(len(rows[place]) * len(columns[place]) for place in rows)
    if len(stems) < _FULL * cells or any(min(len(rows[place]), len(columns[place])) < 2 for place in rows):
        return None
    # Numbers may count pixels: what comes next lies beside.
    row, column = (
        {(place, text): at for place in names for at, text in enumerate(sorted(names[place], key=int))}
        for names in (rows, columns)
    )
    near = _beside(
        {
            tile[0]: (tile["place"], row[tile["place"], tile["row"]], column[tile["place"], tile["column"]])
            for tile in found
        }
    )
    between = _one_of({tile["between"] for tile in found})
    if len(rows) > 2:
        return f"tiles of {len(rows)} places", near, f"^(.+)[_-].+{between}", "Keep places together"
    return (
        "rows and columns of one place",
        near,
        f"^(.+){between}",
        "Keep rows together, which halves the seams,",
    )


def _series(stems):
    found = [_SERIES.fullmatch(stem) for stem in stems]
    if not all(found):
        return None
    numbers = {}
    for tile in found:
        numbers.setdefault(tile["place"], set()).add(int(tile["number"]))
    spans = sum(max(at) - min(at) + 1 for at in numbers.values())
    if not 2 <= len(numbers) <= len(stems) / 2 or len(stems) < _FULL * spans:
        return None
    near = _same({tile[0]: tile["place"] for tile in found})
    between = _one_of({tile["between"] for tile in found})
    return f"tiles of {len(numbers)} places", near, f"^(.+){between}", "Keep places together"


def _beside(at):
    """Dict of stem to (..., row, column) -> how many held-out stems have one of their eight neighbours in training."""

    def near(train, held_out):
        trained = {at[stem] for stem in train}
        steps = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if down or right]
        lost = sum(
            any((*place, row + down, column + right) in trained for down, right in steps)
            for *place, row, column in (at[stem] for stem in held_out)
        )
        return lost, "lie beside training images"

    return near


def _same(place):
    """Dict of stem to place -> how many held-out stems are of a place that training has as well."""

    def near(train, held_out):
        trained = {place[stem] for stem in train}
        return sum(place[stem] in trained for stem in held_out), "are of a place that is trained on"

    return near


def _one_of(characters):
    return characters.pop() if len(characters) == 1 else "[_-]"


def _typed(pattern):
    # In double quotes every shell leaves these characters alone.
    return f'--group-by "{pattern}"'
