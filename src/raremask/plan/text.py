"""A plan as a file that people read and edit: TOML, with the reason of each decision above it."""

import textwrap
import tomllib

from raremask.errors import InputError
from raremask.files import read_text, written_beside
from raremask.plan.reasons import reasons
from raremask.plan.schema import Plan

__all__ = ["parse_changes", "read_plan", "to_toml", "write_plan"]

_HEAD = (
    "The plan of a training, by raremask. Edit it, then: raremask train DATA --plan FILE",
    "What is left out has its default; what stands behind a # is not set. --set KEY=none takes a value away.",
)

_WIDTH = 116

_UNSET = "none"

# Python reads no integer of more than 4,300 digits, and tomllib passes its ValueError on.
_TOO_LONG = "it holds a number of thousands of digits, which no entry takes; write a shorter one"


def to_toml(plan):
    """Write a plan as TOML text: a comment above every key says why, or what it means.

    Example:

    >>> print(to_toml(Plan(training={"minutes": 5.0})).splitlines()[-1])
    seed = 0
    """
    import tomlkit

    document, why = tomlkit.document(), reasons(plan)
    for line in _HEAD:
        document.add(tomlkit.comment(line))
    for name, part in plan:
        if part is None:
            continue
        section = tomlkit.table()
        for line in _wrap(" ".join(type(part).__doc__.split())):
            section.add(tomlkit.comment(line))
        for key, field in type(part).model_fields.items():
            value = getattr(part, key)
            about, reason = field.description, why.get(f"{name}.{key}")
            section.add(tomlkit.nl())
            for line in [*_wrap(about), *(_wrap(f"why: {reason}") if reason else ())]:
                section.add(tomlkit.comment(line))
            if value is None:
                section.add(tomlkit.comment(f"{key} ="))
            else:
                section.add(key, list(value) if isinstance(value, tuple) else value)
        document.add(tomlkit.nl())
        document.add(name, section)
    return tomlkit.dumps(document)


def write_plan(plan, path):
    """Write a plan beside ``path`` and rename it.

    Raises:
        JobError: the file cannot be written.
    """
    with written_beside(path) as temporary:
        temporary.write_text(to_toml(plan), encoding="utf-8", newline="\n")


def read_plan(path):
    """Read a plan, which a person may have edited.

    Raises:
        InputError: no TOML, an unknown key, or a value that cannot be; in one line that names the file.
    """
    # Editors on Windows begin a file with a mark of the order of its bytes.
    text = read_text(path).removeprefix("\ufeff")
    try:
        fields = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{path} is not TOML: {error}") from error
    except ValueError as error:
        raise InputError(f"{path}: {_TOO_LONG}") from error
    try:
        return Plan.from_dict(fields)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def parse_changes(texts):
    """Read ``KEY=VALUE`` texts, as ``--set`` takes them, into what `Plan.changed` takes.

    A value is written as in the file, but a text needs no quotes there, and ``none`` takes a value away.

    Raises:
        InputError: a text without ``=``, or a number of thousands of digits.

    Example:

    >>> parse_changes(["loss.weight_foreground=3", "loss.name=dice", "training.minutes=none"])
    {'loss.weight_foreground': 3, 'loss.name': 'dice', 'training.minutes': None}
    """
    changes = {}
    for text in texts:
        key, equals, value = (part.strip() for part in text.partition("="))
        if not (key and equals and value):
            raise InputError(f"--set {text!r}: expected KEY=VALUE, such as --set loss.weight_foreground=3")
        changes[key] = None if value == _UNSET else _value(key, value)
    return changes


def _value(key, text):
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
    except ValueError as error:
        raise InputError(f"--set {key}: {_TOO_LONG}") from error


def _wrap(text):
    return textwrap.wrap(text, _WIDTH)
