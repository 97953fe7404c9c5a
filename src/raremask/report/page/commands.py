"""Commands to type next, as the advice names them."""

from pathlib import Path

from raremask.errors import spell_command

__all__ = ["check_command", "train_command"]


def train_command(run, folder, **entries):
    """Train anew by the run's plan with some entries changed, into a folder beside it.

    Args:
        run: `raremask.run.Run`.
        folder: of the run.
        entries: changed entries of the plan, ``loss__name`` for ``loss.name``; ``epochs`` and ``minutes`` as options.

    Returns:
        Text.
    """
    words = ["raremask", "train", _data(run), "--plan", str(Path(folder) / "plan.toml"), "-o", _next_to(folder)]
    for name, value in entries.items():
        value = f"{value:g}" if isinstance(value, float) else str(value)
        words += ["--set", f"{name.replace('__', '.')}={value}"] if "__" in name else [f"--{name}", value]
    return spell_command(words)


def check_command(run):
    """Look for what is wrong with the run's data, read as the run read it."""
    part, words = run.plan.data, ["raremask", "check", _data(run)]
    given = {"images": part.images, "masks": part.masks, "foreground": part.foreground}
    usual = {"images": "images", "masks": "masks", "foreground": "auto"}
    given |= {"ignore": part.ignore, "bands": part.bands, "group-by": part.group_by, "fold": part.fold}
    for name, value in given.items():
        if value not in (None, usual.get(name)):
            words += [f"--{name}", value]
    return spell_command(words)


def _data(run):
    return str(run.source.get("data") or "DATA")


def _next_to(folder):
    folder = Path(folder)
    return str(folder.with_name(f"{folder.name}-next")) if folder.name else "next"
