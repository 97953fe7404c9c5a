"""A CSV of pairs: columns ``image`` and ``mask``, and if wanted ``split``, ``group`` and others to group by."""

import csv
import io
import os
from dataclasses import dataclass
from pathlib import Path

from raremask.data.layouts.stems import SPLIT_WORDS, Pair
from raremask.errors import InputError, name_some

__all__ = ["TABLE", "Table", "read_table", "table_of"]

TABLE = "pairs.csv"
LARGEST_TABLE = 64 * 2**20


@dataclass(frozen=True)
class Table:
    """What a CSV of pairs holds: ``pairs``, sorted by stem, and ``rows``, dict of stem to dict of column to text."""

    pairs: list[Pair]
    rows: dict[str, dict[str, str]]


def table_of(data):
    """The CSV that lists a data set's pairs: DATA itself, or ``pairs.csv`` in it; None where there is none."""
    data = Path(data)
    if data.suffix.lower() == ".csv" and not data.is_dir():
        return data
    return data / TABLE if (data / TABLE).is_file() else None


def read_table(path):
    """Read a CSV of pairs.

    A pair's stem is the image's path without ending, below the folder that all images of the table share.

    Args:
        path: UTF-8, a header and a pair a row; ``image`` and ``mask`` are paths from the CSV's folder, or
            absolute. ``split`` holds train, val or test, ``group`` what may not be torn apart between splits.

    Returns:
        `Table`.

    Raises:
        InputError: not such a file, or a row is incomplete, stands twice, or names a file that is not there;
            names the row as a spreadsheet counts, the header being row 1.
    """
    path = Path(path)
    header, lines = _cells(path)
    rows = [(number, _row(path, header, number, cells)) for number, cells in lines]
    if not rows:
        raise InputError(f"{path} holds a header and no pairs; add a row for each image and its mask")
    for column in ("split", "group"):
        _refuse_half_filled(path, column, rows)
    stems = _stems(path, rows)
    pairs = [_pair(path, number, stem, row) for stem, (number, row) in stems.items()]
    return Table(sorted(pairs, key=lambda pair: pair.stem), {stem: row for stem, (_, row) in stems.items()})


def _cells(path):
    """The header, and the rows that are not blank with their numbers."""
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST_TABLE + 1)
        if len(content) > LARGEST_TABLE:
            raise InputError(f"{path} is larger than {LARGEST_TABLE >> 20} MB: no CSV of pairs; split it")
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as CSV ({error}); save it as UTF-8, separated by commas") from error
    header = [name.strip() for name in rows[0]] if rows else []
    lacking = [name for name in ("image", "mask") if name not in header]
    if lacking:
        raise InputError(
            f"{path}: the first row must name the columns image and mask, separated by commas; "
            f"{' and '.join(lacking)} is not in it (found: {name_some(header, 6) or 'nothing'})"
        )
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise InputError(f"{path}: the column {twice[0]!r} stands twice in the first row; rename one")
    return header, [(number, row) for number, row in enumerate(rows[1:], start=2) if any(map(str.strip, row))]


def _row(path, header, number, cells):
    if len(cells) != len(header):
        raise InputError(
            f"{path}, row {number}: {len(cells)} cells under {len(header)} columns; "
            "put names that hold a comma into double quotes"
        )
    row = dict(zip(header, map(str.strip, cells), strict=True))
    for column in ("image", "mask"):
        if not row[column]:
            raise InputError(f"{path}, row {number}: no {column}; add its path or remove the row")
    return row


def _refuse_half_filled(path, column, rows):
    empty = [number for number, row in rows if not row.get(column)]
    if 0 < len(empty) < len(rows):
        raise InputError(
            f"{path}, row {empty[0]}: no {column}, where other rows have one; fill the column or remove it"
        )


def _stems(path, rows):
    """Dict of stem to (row number, row)."""
    images = [os.path.abspath(path.parent / row["image"]) for _, row in rows]
    try:
        shared = os.path.commonpath({os.path.dirname(image) for image in images})
    except ValueError as error:
        raise InputError(f"{path}: the images lie on several drives; bring them onto one") from error
    stems = {}
    for image, (number, row) in zip(images, rows, strict=True):
        stem = os.path.splitext(image[len(shared) :].lstrip(os.sep))[0].replace(os.sep, "/")
        if stem in stems:
            first, other = stems[stem]
            told = (
                "stands" if other["image"] == row["image"] else f"shares its stem with {other['image']}, which stands"
            )
            raise InputError(f"{path}, row {number}: {row['image']} {told} in row {first} already; keep one of them")
        stems[stem] = number, row
    return stems


def _pair(path, number, stem, row):
    files = [path.parent / row[column] for column in ("image", "mask")]
    for file in files:
        if not file.is_file():
            raise InputError(f"{path}, row {number}: {file} does not exist; correct the path or remove the row")
    split = row.get("split") or None
    if split is not None and split.lower() not in SPLIT_WORDS:
        raise InputError(f"{path}, row {number}: split {split!r} is none of train, val and test")
    return Pair(stem, *files, split and SPLIT_WORDS[split.lower()], row.get("group") or None)
