"""raremask plan: what the data set decides, as a file to read and edit."""

import click

from raremask.cli.options import typed
from raremask.cli.planning import plan_options, planned, say_plan

__all__ = ["plan"]


@click.command()
@plan_options
@click.option("-o", "--output", metavar="FILE", default="plan.toml", show_default=True, help="Must not exist yet.")
def plan(data, output, settings, class_weights, **options):
    """Decide how to train on DATA, each decision with its reason, in a file that train takes by --plan."""
    from pathlib import Path

    from raremask.cli.console import say, show_next
    from raremask.errors import InputError
    from raremask.plan import write_plan

    if Path(output).exists():
        raise InputError(f"{output} exists already, and may hold what somebody decided; name another file with -o")
    dataset, decided = planned(data, None, settings, class_weights, **options)
    write_plan(decided, output)
    say_plan(data, dataset, decided, class_weights)
    say(f"plan: {output}; edit it as you like")
    show_next(f"raremask train {typed(data, plan=output)} -o runs/first")
