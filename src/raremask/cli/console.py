"""What the commands share: lines, tables and progress on the terminal."""

import contextlib

__all__ = ["progress_bar", "say", "show_next", "table"]


def say(text=""):
    """Print a line as it is: no wrapping, no colours by guess."""
    _console().print(text, markup=False, emoji=False, highlight=False, soft_wrap=True)


def show_next(*commands):
    """End a command with what to type next."""
    for command in commands:
        say(f"next: {command}")


def table(title, columns, rows):
    """Print a table: the first column left, the others right."""
    from rich import box
    from rich.table import Table

    drawn = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
    for index, column in enumerate(columns):
        drawn.add_column(column, justify="left" if index == 0 else "right", no_wrap=True)
    for row in rows:
        drawn.add_row(*map(str, row))
    _console().print(drawn)


@contextlib.contextmanager
def progress_bar(task, quiet=False):
    """A bar that vanishes when its work is done; yields ``progress(done, total, what=None)``.

    Nothing is drawn where the output is no terminal, or under ``quiet``, where it is for programs.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    disable = quiet or not _console().is_terminal
    with Progress(*columns, console=_console(), transient=True, disable=disable) as bar:
        shown = bar.add_task(task, total=None)

        def progress(done, total, what=None):
            bar.update(shown, completed=done, total=total, description=what or task)

        yield progress


_CONSOLE = []


def _console():
    # One console: two would draw over each other's progress bars. Made late, because Rich is slow to import.
    if not _CONSOLE:
        from rich.console import Console

        console = Console()
        if not console.is_terminal:
            # Into a file or a pipe Rich takes 80 columns and cuts tables to fit.
            console = Console(width=160)
        _CONSOLE.append(console)
    return _CONSOLE[0]
