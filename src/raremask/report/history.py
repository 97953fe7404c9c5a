"""Read the history that a training left."""

import csv

from raremask.errors import InputError

__all__ = ["read_history"]


def read_history(path):
    """Read history.csv of a run.

    Returns:
        List of dicts of float by column name, one an epoch.

    Raises:
        InputError: the file is missing or not a table of numbers.
    """
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    except (OSError, TypeError, ValueError, csv.Error) as error:
        raise InputError(f"{path} is not a history of raremask: {error}") from error
    if not rows:
        raise InputError(f"{path} is not a history of raremask: it holds no epoch")
    return rows
