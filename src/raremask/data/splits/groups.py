"""What must not be torn apart between splits: images of one place, one road, one patient."""

import re

from raremask.data.layouts.table import inspect_table, table_of
from raremask.errors import InputError, name_some

__all__ = ["groups_of"]

_COLUMN = "column:"


def groups_of(data, pairs, group_by=None):
    """The group of every pair.

    Args:
        data: the data set; asked only for ``column:NAME``.
        pairs: list of `Pair`.
        group_by: a regular expression, searched for in each stem, whose first parenthesis (or, where there is
            none, whose whole match) names the group; or ``column:NAME`` of the CSV of pairs; or None for the
            CSV's column ``group``.

    Returns:
        Dict of stem to group, or None where nothing says what the groups are.

    Raises:
        InputError: not a regular expression, stems it does not match, or no such column.

    Example:

    >>> from raremask.data import Pair
    >>> groups_of(".", [Pair("tile4_005", "tile4_005.jpg", "tile4_005.png")], "^(.+)_")
    {'tile4_005': 'tile4'}
    """
    if group_by is None:
        groups = {pair.stem: pair.group for pair in pairs}
        return None if None in groups.values() else groups
    if group_by.startswith(_COLUMN):
        return _by_column(data, pairs, group_by.removeprefix(_COLUMN))
    return _by_pattern([pair.stem for pair in pairs], group_by)


def _by_pattern(stems, pattern):
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise InputError(f"--group-by {pattern!r} is no regular expression: {error}") from error
    found = {stem: compiled.search(stem) for stem in stems}
    groups = {stem: match and match[1 if compiled.groups else 0] for stem, match in found.items()}
    lost = [stem for stem in stems if not groups[stem]]
    if lost:
        raise InputError(
            f"--group-by {pattern!r} finds no group in {len(lost)} of {len(stems)} stems ({name_some(lost)}); "
            "write one that matches each"
        )
    return groups


def _by_column(data, pairs, column):
    table = table_of(data)
    if table is None:
        raise InputError(
            f"--group-by {_COLUMN}{column} needs a CSV of pairs, and {data} is none; "
            'type a regular expression on the stem instead, such as "^(.+)_"'
        )
    # What is wrong with single rows is said where the pairs are made.
    rows = inspect_table(table).rows
    columns = list(next(iter(rows.values())))
    if column not in columns:
        raise InputError(f"--group-by {_COLUMN}{column}: {table} has no such column (it has {name_some(columns, 6)})")
    groups = {pair.stem: rows[pair.stem][column] for pair in pairs}
    empty = [stem for stem, group in groups.items() if not group]
    if empty:
        raise InputError(
            f"--group-by {_COLUMN}{column}: the column is empty for {name_some(empty)} in {table}; fill it"
        )
    return groups
