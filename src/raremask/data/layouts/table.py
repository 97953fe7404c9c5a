"""A CSV of pairs: columns ``image`` and ``mask``, and if wanted ``split``, ``group`` and others to group by."""

import csv
import dataclasses
import io
import os
from dataclasses import dataclass
from pathlib import Path

from raremask.data.layouts.stems import SPLIT_WORDS, Fault, Pair
from raremask.errors import InputError, name_some

__all__ = ["TABLE", "Table", "inspect_table", "read_table", "table_of"]

TABLE = "pairs.csv"
LARGEST_TABLE = 64 * 2**20


@dataclass(frozen=True)
class Table:
    """What a CSV of pairs holds.

    Args:
        pairs: sorted by stem.
        rows: dict of stem to dict of column to text.
        faults: what is wrong with single rows, each `Fault` naming the row as a spreadsheet counts, the header
            being row 1. A row whose files are not both there gives no pair.
    """

    pairs: list[Pair]
    rows: dict[str, dict[str, str]]
    faults: tuple[Fault, ...] = ()


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
        InputError: not such a file, or a row is incomplete, stands twice, or names a file that is not there.
    """
    table = inspect_table(path)
    if table.faults:
        raise InputError(table.faults[0].text)
    return table


def inspect_table(path):
    """As `read_table`, but what is wrong with single rows is told in ``faults``, and the others are read.

    Raises:
        InputError: not such a file, or none of its rows can be read.
    """
    path = Path(path)
    header, lines = _cells(path)
    rows, faults = [], []
    for number, cells in lines:
        row, told = _row(path, header, number, cells)
        rows += [(number, row)] if row else []
        faults += told
    if not rows:
        raise InputError(
            faults[0].text if faults else f"{path} holds a header and no pairs; add a row for each image and its mask"
        )
    for column in ("split", "group"):
        faults += _half_filled(path, column, rows)
    stems, told = _stems(path, rows)
    faults += told
    pairs = []
    for stem, (number, row) in stems.items():
        pair, told = _pair(path, number, stem, row)
        pairs += [pair] if pair else []
        faults += told
    rows = {stem: row for stem, (_, row) in stems.items()}
    return Table(sorted(pairs, key=lambda pair: pair.stem), rows, tuple(faults))


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
    """(dict of column to text or None, faults)."""
    if len(cells) != len(header):
        text = f"{len(cells)} cells under {len(header)} columns; put names that hold a comma into double quotes"
        return None, [_fault(path, number, text)]
    row = dict(zip(header, map(str.strip, cells), strict=True))
    for column in ("image", "mask"):
        if not row[column]:
            return None, [_fault(path, number, f"no {column}; add its path or remove the row")]
    return row, []


def _half_filled(path, column, rows):
    empty = [number for number, row in rows if not row.get(column)]
    if 0 < len(empty) < len(rows):
        return [_fault(path, empty[0], f"no {column}, where other rows have one; fill the column or remove it")]
    return []


def _stems(path, rows):
    """(dict of stem to (row number, row), faults)."""
    images = [os.path.abspath(path.parent / row["image"]) for _, row in rows]
    try:
        shared = os.path.commonpath({os.path.dirname(image) for image in images})
    except ValueError as error:
        raise InputError(f"{path}: the images lie on several drives; bring them onto one") from error
    stems, faults = {}, []
    for image, (number, row) in zip(images, rows, strict=True):
        stem = os.path.splitext(image[len(shared) :].lstrip(os.sep))[0].replace(os.sep, "/")
        if stem not in stems:
            stems[stem] = number, row
            continue
        first, other = stems[stem]
        told = "stands" if other["image"] == row["image"] else f"shares its stem with {other['image']}, which stands"
        told = f"{row['image']} {told} in row {first} already"
        fault = _fault(path, number, f"{told}; keep one of them", "same-row", f"row {number}: {told}")
        faults.append(dataclasses.replace(fault, images=((stem, path.parent / row["image"]),)))
    return stems, faults


def _pair(path, number, stem, row):
    """(`Pair`, or None where a file is not there; faults)."""
    files = {column: path.parent / row[column] for column in ("image", "mask")}
    missing = [
        Fault(
            "missing-file",
            f"{path}, row {number}: {file} does not exist; correct the path or remove the row",
            brief=f"row {number}: {row[column]}",
            **{f"{column}s": ((stem, file),)},
        )
        for column, file in files.items()
        if not file.is_file()
    ]
    if missing:
        return None, missing
    split, faults = (row.get("split") or "").lower(), []
    if split and split not in SPLIT_WORDS:
        faults = [_fault(path, number, f"split {row['split']!r} is none of train, val and test")]
    return Pair(stem, *files.values(), SPLIT_WORDS.get(split), row.get("group") or None), faults


def _fault(path, number, text, kind="pairing", brief=""):
    return Fault(kind, f"{path}, row {number}: {text}", brief=brief)
