"""The command line: one file a command, heavy imports inside the functions, so that --help answers at once."""

import sys

import click

from raremask import __version__
from raremask.cli.balance import balance
from raremask.cli.check import check
from raremask.cli.compare import compare
from raremask.cli.demo import demo
from raremask.cli.evaluate import evaluate
from raremask.cli.export import export
from raremask.cli.plan import plan
from raremask.cli.predict import predict
from raremask.cli.scenes import scenes
from raremask.cli.train import train
from raremask.errors import InputError, JobError

__all__ = ["main"]


class _InOrder(click.Group):
    """Lists commands in the order in which a newcomer meets them, not by the alphabet."""

    def list_commands(self, ctx):
        return list(self.commands)


@click.group(
    cls=_InOrder,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="DATA is a folder with images/ and masks/ paired by stem, and optionally train.txt, val.txt and "
    "test.txt. Add --debug to any command for the traceback of an error.",
)
@click.version_option(__version__, prog_name="raremask")
def cli():
    """Find rare pixels: roads, cracks, vessels. From a folder of images and masks to a measured mask."""


for command in (demo, check, balance, plan, train, compare, evaluate, predict, export, scenes):
    cli.add_command(command)


def main(arguments=None):
    """Run the command line; exit code 2 for bad input, 1 for a failed job, 130 for Ctrl-C."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in arguments
    sys.exit(_run([argument for argument in arguments if argument != "--debug"], debug))


def _run(arguments, debug):
    try:
        return cli.main(arguments, prog_name="raremask", standalone_mode=False) or 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("stopped", err=True)
        return 130
    except Exception as error:
        if debug:
            raise
        click.echo(f"raremask: {_one_line(error)}", err=True)
        return 2 if isinstance(error, InputError) else 1


def _one_line(error):
    text = " ".join(str(error).split())
    if isinstance(error, (InputError, JobError)):
        return text
    return f"unexpected {type(error).__name__}: {text[:300]} (add --debug for the traceback, and please report it)"
