"""raremask demo: the whole way on synthetic road scenes, in minutes."""

import click

from raremask.cli.options import seed_option, typed

__all__ = ["demo"]

# Enough to learn from, and drawn in seconds.
_SCENES = 100


@click.command()
@click.option(
    "-o", "--output", default="raremask-demo", show_default=True, metavar="FOLDER", help="Must not exist yet."
)
@click.option(
    "--minutes",
    default=3.4,
    show_default=True,
    help="Clock of the training; the whole takes about a minute more.",
)
@seed_option
@click.pass_context
def demo(context, output, minutes, seed):
    """Synthetic road scenes -> balance -> train -> evaluate -> masks, with each command as you would type it."""
    from pathlib import Path

    from raremask.cli.balance import balance
    from raremask.cli.console import say
    from raremask.cli.evaluate import evaluate
    from raremask.cli.predict import predict
    from raremask.cli.scenes import scenes
    from raremask.cli.train import train
    from raremask.run_folder import refuse_existing

    refuse_existing(output)
    output = Path(output)
    data, run, masks = str(output / "scenes"), str(output / "run"), str(output / "masks")
    say(f"$ raremask scenes {typed(data)} --count {_SCENES} --seed {seed}")
    context.invoke(scenes, folder=data, count=_SCENES, seed=seed)
    say(f"\n$ raremask balance {typed(data)}")
    context.invoke(balance, data=data)
    say(f"\n$ raremask train {typed(data)} -o {typed(run)} --minutes {minutes:g} --seed {seed}")
    context.invoke(train, data=data, output=run, minutes=minutes, seed=seed)
    say(f"\n$ raremask evaluate {typed(run, data)}")
    context.invoke(evaluate, run=run, data=data)
    first = (output / "scenes" / "test.txt").read_text(encoding="utf-8").split()[0]
    image = f"{data}/images/{first}.jpg"
    say(f"\n$ raremask predict {typed(run, image)} -o {typed(masks)}")
    context.invoke(predict, run=run, images=(image,), output=masks)
    say(f"\nLook at {run}/evaluation/test/report.html. Then your own images:")
    say("next: raremask train YOUR_DATA -o runs/first --minutes 12")
