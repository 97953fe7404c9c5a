"""raremask export: a run for other runtimes, each export compared with the run's own masks."""

import click

from raremask.cli.options import bands_option, run_argument, typed

__all__ = ["export"]

# As `raremask.export.FORMATS` has them, but for int8, which has an option of its own.
_FORMATS = ("onnx", "openvino", "litert", "savedmodel")

# Below it, 8 bits have cost more than a training by another seed does.
_WARN = 0.01


@click.command()
@run_argument
@click.option(
    "--to",
    "names",
    multiple=True,
    type=click.Choice(_FORMATS),
    help="Format; may be given several times. Default: all whose packages are installed.",
)
@click.option(
    "--int8",
    is_flag=True,
    help="In 8 bits, by OpenVINO: faster, with other masks.",
)
@click.option("-o", "--output", metavar="FOLDER", help="A folder for each format appears in it. Default RUN/export.")
@click.option(
    "--images",
    multiple=True,
    type=click.Path(),
    metavar="PATH",
    help="Images, or folders of them, to compare on. Default: the run's validation images.",
)
@click.option(
    "--windows", default=16, show_default=True, type=click.IntRange(1, 1000), help="Of them to compare on, at most."
)
@bands_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def export(run, names, int8, output, images, windows, bands, as_json):
    """Write RUN for ONNX Runtime, OpenVINO, LiteRT or TensorFlow, and prove that its masks are the same.

    Each export takes images of any size, raw, and gives mask and probability. It comes with a model card and an example
    that needs no raremask. An export whose masks are not the run's is not written, and the exit code is 1. --int8
    stands beside --to or alone; what 8 bits cost is told.
    """
    from pathlib import Path

    from raremask.export.folder import refuse_standing
    from raremask.export.formats import INT8, refuse_missing

    formats = [*_asked(names, int8), *([INT8] if int8 else [])]
    output = Path(output or Path(run) / "export")
    for name in formats:
        refuse_missing(name)
        refuse_standing(output / name)
    comparisons, failed = _export_all(run, formats, output, images, windows, bands, as_json)
    _show(comparisons, output, as_json)
    if failed:
        from raremask.errors import JobError

        raise JobError("; ".join(failed))


def _asked(names, int8):
    """The formats that were named, each once; all that are installed where none was, but for int8 alone."""
    if names or int8:
        return list(dict.fromkeys(names))
    from raremask.export.formats import installed, missing

    for name in _FORMATS:
        if not installed(name):
            click.echo(f"left out: {missing(name)}", err=True)
    return [name for name in _FORMATS if installed(name)]


def _export_all(folder, formats, output, images, windows, bands, quiet):
    from raremask.cli.backend import start_keras
    from raremask.cli.console import progress_bar, say
    from raremask.errors import JobError

    start_keras()
    from raremask.export import FORMATS, INT8, export, predict_natively, refuse_other_backend
    from raremask.run import load_run, read_as_asked

    refuse_other_backend()
    run = read_as_asked(load_run(folder), bands)
    samples, where = _samples(run, images, windows)
    calibration = _calibration(run, images) if INT8 in formats else ()
    facts, comparisons, failed = _facts(folder), [], []
    with progress_bar("predicting natively", quiet) as progress:
        progress(0, len(formats) + 1)
        native = predict_natively(run, samples)
        if not quiet:
            say(f"compared on {len(samples)} windows of {where}, and on cuts of odd sizes")
        for at, name in enumerate(formats, start=1):
            progress(at, len(formats) + 1, f"exporting to {FORMATS[name].title}")
            try:
                comparisons.append(export(run, name, output / name, native, calibration, facts))
            except JobError as error:
                failed.append(str(error))
    return comparisons, failed


def _samples(run, images, count):
    """(windows to compare on, in words where they are from)."""
    from raremask.errors import InputError
    from raremask.export import samples_of_files, samples_of_run

    if images:
        return samples_of_files(run, images, count), "the images that were named"
    for split, said in (("val", "validation"), ("test", "test"), ("train", "training")):
        samples = samples_of_run(run, split, count)
        if samples:
            return samples, f"the run's {said} images"
    raise InputError("the run does not know its own images; name some to compare on with --images")


def _calibration(run, images):
    """Some 64 windows to set the ranges of 8 bits by: of the training images, or of those that were named."""
    from raremask.errors import InputError
    from raremask.export import samples_of_files, samples_of_run

    try:
        samples = samples_of_run(run, "train", 64, side=256, seed=0)
    except InputError:
        if not images:
            raise
        samples = []
    return [sample.image[None] for sample in samples or samples_of_files(run, images, 64, side=256)]


def _facts(folder):
    """For the card: the digest of the run's model, and what the test split has scored since it was trained."""
    import hashlib
    from pathlib import Path

    from raremask.files import read_json

    model, scores = Path(folder) / "model.keras", Path(folder) / "evaluation" / "test" / "scores.json"
    with open(model, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    known = scores.is_file() and scores.stat().st_mtime >= model.stat().st_mtime
    return {"digest": digest, "test": read_json(scores) if known else None}


def _show(comparisons, output, as_json):
    from raremask.cli.console import say, show_next, table
    from raremask.export import FORMATS

    if as_json:
        import json

        click.echo(json.dumps({"output": str(output), "exports": [one.to_dict() for one in comparisons]}, indent=2))
    elif comparisons:
        columns = ("format", "IoU with native", "largest difference", "MB", "ms", "Keras ms", "true IoU", "native's")
        table("exports, on the processor", columns, map(_row, comparisons))
    for one in comparisons:
        if not one.foreground:
            click.echo("warning: the native masks hold no foreground here: name better images with --images", err=True)
            break
    for one in comparisons:
        if not FORMATS[one.format].exact and _costly(one):
            click.echo(f"warning: {FORMATS[one.format].title} costs much here: {_cost(one)}", err=True)
    if comparisons and not as_json:
        made = ", ".join(one.format for one in comparisons)
        say(f"exports: {output} ({made}), each with MODEL_CARD.md, example.py and comparison.json")
        show_next(f"python {typed(output / comparisons[0].format / 'example.py')} IMAGE.png mask.png")


def _row(one):
    def iou(value):
        return "" if value is None else f"{value:.4f}"

    cells = (one.format, f"{one.iou:.6f}", f"{one.difference:.1e}", f"{one.megabytes:.2f}", f"{one.milliseconds:.1f}")
    return (*cells, f"{one.native_milliseconds:.1f}", iou(one.true_iou), iou(one.native_true_iou))


def _costly(one):
    if one.true_iou is None:
        return one.iou < 1 - 5 * _WARN
    return one.native_true_iou - one.true_iou > _WARN


def _cost(one):
    if one.true_iou is None:
        return f"its masks have an IoU of {one.iou:.3f} with the native ones"
    return f"an IoU of {one.true_iou:.3f} with the true masks, where the native ones have {one.native_true_iou:.3f}"
