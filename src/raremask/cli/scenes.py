"""raremask scenes: write the synthetic data set."""

import click

from raremask.cli.options import seed_option, typed

__all__ = ["scenes"]


@click.command()
@click.argument("folder", type=click.Path(file_okay=False))
@click.option("--count", default=60, show_default=True, help="Scenes to write, split 60/20/20.")
@click.option("--size", default=384, show_default=True, help="Edge length in pixels.")
@seed_option
def scenes(folder, count, size, seed):
    """Write a synthetic set of aerial road scenes into FOLDER."""
    from raremask.cli.console import progress_bar, say, show_next
    from raremask.data.scenes import write_scenes

    with progress_bar("drawing scenes") as progress:
        write_scenes(folder, count=count, size=size, seed=seed, progress=progress)
    say(f"{count} scenes of {size}x{size} pixels: {folder}/images, {folder}/masks, train.txt, val.txt, test.txt")
    show_next(f"raremask balance {typed(folder)}")
