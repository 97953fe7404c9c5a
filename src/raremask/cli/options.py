"""Options that several commands share, spelt once."""

import click

from raremask.errors import spell_command

__all__ = [
    "LARGEST_SEED",
    "bands_option",
    "data_options",
    "engine_option",
    "fold_option",
    "group_option",
    "run_argument",
    "seed_option",
    "typed",
    "vector_options",
]

# NumPy's and Keras's seeds end here.
LARGEST_SEED = 2**32 - 1


def data_options(command):
    """DATA and how to read it."""
    for decorate in reversed(
        (
            click.argument("data", type=click.Path()),
            click.option("--images", help="Folder of images in DATA, images by default."),
            click.option("--masks", help="Folder of masks in DATA, masks by default."),
            click.option(
                "--foreground",
                metavar="RULE",
                help="What counts as foreground: auto, above:127, a class id such as 1, or a colour such as 255,0,0.",
            ),
            click.option("--ignore", metavar="VALUE", help="Mask value (or colour) that is void: never annotated."),
        )
    ):
        command = decorate(command)
    return command


def bands_option(command):
    """--bands."""
    return click.option(
        "--bands", metavar="N,...", help="Bands of the images to read, in this order, counted from 1, such as 4,3,2."
    )(command)


def seed_option(command):
    """--seed."""
    kind = click.IntRange(0, LARGEST_SEED)
    return click.option("--seed", type=kind, default=0, show_default=True, help="Of every draw.")(command)


def group_option(command):
    """--group-by."""
    return click.option(
        "--group-by",
        metavar="REGEX",
        help="Keep images of a group in one split: what REGEX finds in a stem (its first parenthesis), or "
        "column:NAME of a CSV of pairs.",
    )(command)


def engine_option(default):
    """--engine, as a decorator."""
    return click.option(
        "--engine",
        type=click.Choice(["auto", "keras", "openvino", "onnx"]),
        default=default,
        show_default=True,
        help="What computes the masks. auto: the fastest here whose masks are those of Keras in float32, found once.",
    )


def fold_option(command):
    """--fold."""
    return click.option("--fold", metavar="I/K", help="Test on the I-th of K folds, train on the others.")(command)


def run_argument(command):
    """RUN."""
    return click.argument("run", type=click.Path(file_okay=False))(command)


def vector_options(command):
    """--vector and --vector-kind."""
    # Spelt here, as in raremask.vector.KINDS, which takes too long to import for --help.
    for decorate in reversed(
        (
            click.option(
                "--vector", metavar="FILE", type=click.Path(), help="Also write the mask's vectors: .geojson or .gpkg."
            ),
            click.option(
                "--vector-kind",
                type=click.Choice(["polygons", "lines"]),
                default="polygons",
                show_default=True,
                help="Outlines with areas, or, of what is long and thin, centre lines with lengths and widths.",
            ),
        )
    ):
        command = decorate(command)
    return command


def typed(*paths, **options):
    """Paths, and the options that were given, as one would type them in the next command.

    An option with several values, a tuple, is typed once for each.
    """
    words = [_no_option(path) for path in paths]
    for name, values in options.items():
        for value in values if isinstance(values, tuple) else (values,):
            if value is not None:
                words += [f"--{name.replace('_', '-')}", str(value)]
    return spell_command(words)


def _no_option(path):
    path = str(path)
    return f"./{path}" if path.startswith("-") else path
