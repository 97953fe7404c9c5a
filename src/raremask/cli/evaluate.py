"""raremask evaluate: how good a run is, on images it has not seen."""

import click

from raremask.cli.options import bands_option, data_options, engine_option, run_argument, typed

__all__ = ["evaluate"]

_PICTURES = 12
_TITLE = {"iou": "IoU", "precision": "precision", "recall": "recall"}


@click.command()
@run_argument
@data_options
@bands_option
@engine_option("keras")
@click.option("--split", default="test", show_default=True, type=click.Choice(["train", "val", "test", "all"]))
@click.option(
    "--radius", default=3, show_default=True, type=click.IntRange(0, 100), help="Of the relaxed scores, pixels."
)
@click.option(
    "--group-by",
    metavar="REGEX",
    help="Resample images of a group together: what REGEX finds in a stem, or column:NAME of a CSV of pairs. "
    "Default: as the run was trained.",
)
@click.option(
    "--second-masks", metavar="FOLDER", help="A second observer's masks, to be scored beside: the human ceiling."
)
@click.option("-o", "--output", metavar="FOLDER", help="Where the results go. Default RUN/evaluation/SPLIT.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def evaluate(
    run, data, images, masks, foreground, ignore, bands, engine, split, radius, group_by, second_masks, output, as_json
):
    """Score RUN on DATA, with 95 % intervals, beside the trivial baselines, with pictures."""
    from pathlib import Path

    from raremask.cli.backend import start_keras
    from raremask.cli.console import progress_bar, say, show_next
    from raremask.cli.engine import open_engine

    # The scores are the model's own, on every machine the same; other engines are asked for by name.
    opened = None if engine == "keras" else open_engine(run, engine, quiet=as_json)
    start_keras()
    from raremask.cli.scores import say_scores
    from raremask.evaluation import measure, rows, summary
    from raremask.report.page import report_evaluation
    from raremask.run import load_run, read_as_asked

    folder, run = run, read_as_asked(load_run(run), bands)
    pairs, decoding = _choose(run, data, images, masks, foreground, ignore, split)
    groups = _groups(run, data, pairs, group_by)
    seconds = _second_masks(data, pairs, second_masks)
    output = Path(output or Path(folder) / "evaluation" / split)
    _make_folder(output)
    with progress_bar("predicting", quiet=as_json) as progress:
        measurement = measure(run, pairs, decoding, radius=radius, seconds=seconds, progress=progress, engine=opened)
    scores = {"split": split, **summary(measurement, groups)}
    _warn_of_no_foreground(scores, measurement, decoding, second_masks)
    by_image = rows(measurement, groups)
    _write(output, scores, by_image)
    with progress_bar("drawing", quiet=as_json) as progress:
        drawn = _draw(run, opened, folder, pairs, decoding, by_image, output, progress)
        report_evaluation(output, folder, run, pairs, decoding, progress, engine=opened)
    if as_json:
        import json

        click.echo(json.dumps(scores, indent=2))
    else:
        say_scores(scores)
        say(f"results: {output} (report.html, scores.json, per_image.csv, {drawn} pictures in pictures/)")
        show_next(f"raremask predict {typed(folder)} IMAGES -o masks")


def _warn(text):
    # Standard output may be for a program.
    click.echo(f"warning: {text}", err=True)


def _choose(run, data, images, masks, foreground, ignore, split):
    """The pairs to score and their decoding; warns where the run has seen them."""
    from pathlib import Path

    from raremask.data import count_masks, find_pairs
    from raremask.data.layouts.table import table_of
    from raremask.data.splits.assign import stems_of
    from raremask.data.splits.divide import placed_by_layout
    from raremask.errors import InputError, name_some

    # The run knows how the folders of its own data were called; a CSV of pairs needs no names.
    known = {} if table_of(data) == Path(data) else run.source
    images, masks = (given or str(known.get(kind, kind)) for given, kind in ((images, "images"), (masks, "masks")))
    pairs = find_pairs(data, images, masks)
    _, placed = placed_by_layout(data, pairs) or ("", None)
    stems = stems_of(data, [pair.stem for pair in pairs], split, run.splits, placed)
    pairs = [pair for pair in pairs if pair.stem in stems]
    if not pairs:
        raise InputError(f"{data} has no image of the {split} split; choose another with --split val or --split all")
    decoding = run.decoding
    if foreground is not None or ignore is not None:
        decoding, _, _ = count_masks(pairs, foreground or "auto", ignore)
    seen = sorted({pair.stem for pair in pairs} & {*run.splits.get("train", ()), *run.splits.get("val", ())})
    if seen and split in ("all", "test"):
        _warn(f"the run was trained or chosen on {len(seen)} of these images ({name_some(seen)}): scores flatter it")
    return pairs, decoding


def _groups(run, data, pairs, group_by):
    """Dict of stem to group, or None; warns where images touch and nothing says what belongs together."""
    from raremask.data.splits.groups import groups_of
    from raremask.data.splits.neighbours import touching
    from raremask.errors import InputError

    trained = run.plan.data.group_by
    try:
        groups = groups_of(data, pairs, group_by or trained)
    except InputError as error:
        if group_by:
            raise
        # Other data than it was trained on may be called otherwise.
        groups = None
        _warn(f"the run's own groups do not fit these images ({error}): intervals are over images")
    touch = touching([pair.stem for pair in pairs]) if groups is None else None
    if touch:
        looks, option = touch
        _warn(f"{looks}: images that touch are alike, so intervals over images are too narrow. Add {option}")
    return groups


def _second_masks(data, pairs, folder):
    """Dict of stem to the second observer's mask, or None."""
    from pathlib import Path

    from raremask.data.layouts.pairs import find_masks
    from raremask.data.layouts.table import table_of

    if folder is None:
        return None
    table = table_of(data)
    inside = (Path(data) if table is None else table.parent) / folder
    return find_masks(inside if inside.is_dir() else folder, [pair.stem for pair in pairs])


def _warn_of_no_foreground(scores, measurement, decoding, second_masks):
    if not scores["foreground_share"]:
        _warn(
            f"no mask holds foreground; {decoding.describe()}. If these are drawn otherwise, say it with --foreground"
        )
    elif second_masks and not any(image.second["tp"] + image.second["fp"] for image in measurement.images):
        _warn(f"no mask in {second_masks} holds foreground; {decoding.describe()}, as for the other masks")


def _make_folder(folder):
    """Before the hour of predicting, not after it."""
    from raremask.errors import JobError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JobError(f"cannot create {folder}: {error.strerror}; choose another folder with -o") from error


def _write(output, scores, by_image):
    import csv
    import io

    from raremask.files import write_json, written_beside

    write_json(output / "scores.json", scores)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(by_image[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(by_image)
    with written_beside(output / "per_image.csv") as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8")


def _draw(run, engine, folder, pairs, decoding, by_image, output, progress):
    """Draw the worst images and some of the best: there is most to learn from them."""
    from pathlib import Path

    from raremask.data.layouts.stems import file_name
    from raremask.data.windows import read_pair
    from raremask.prediction import predict_file
    from raremask.report import draw_curves, draw_panel, read_history

    history = Path(folder) / "history.csv"
    if history.is_file():
        draw_curves(read_history(history), output / "curves.png", clip=run.plan.optimizer.clip)
    scores = {row["stem"]: row for row in by_image}
    names = {stem: file_name(stem) for stem in scores}
    for old in (output / "pictures").glob("[0-9][0-9]_*.png"):
        # Of an earlier evaluation, whose ranks would mix with these.
        if old.stem[3:] in names.values():
            old.unlink(missing_ok=True)
    ranked = sorted(pairs, key=lambda pair: _rank(scores[pair.stem]["iou"]))
    if len(ranked) > _PICTURES:
        ranked = ranked[: _PICTURES - 4] + ranked[-4:]
    for rank, pair in enumerate(ranked, start=1):
        image, _, mask = predict_file(run, pair.image, engine=engine)
        _, truth = read_pair(pair, decoding, run.read_bands)
        score = scores[pair.stem]
        told = [f"{label} {score[name]:.2f}" for name, label in _TITLE.items() if score[name] is not None]
        title = "  ".join([pair.stem, *(told or ["nothing scored"])])
        draw_panel(image, truth, mask, output / "pictures" / f"{rank:02d}_{names[pair.stem]}.png", title)
        progress(rank, len(ranked))
    return len(ranked)


def _rank(iou):
    # An image without a scored pixel has no IoU, and nothing to be seen.
    return 1 if iou is None else iou
