"""raremask evaluate: how good a run is, on images it has not seen."""

import click

from raremask.cli.options import bands_option, data_options, run_argument, typed

__all__ = ["evaluate"]

_PICTURES = 12


@click.command()
@run_argument
@data_options
@bands_option
@click.option("--split", default="test", show_default=True, type=click.Choice(["train", "val", "test", "all"]))
@click.option("-o", "--output", metavar="FOLDER", help="Where the results go. Default RUN/evaluation/SPLIT.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def evaluate(run, data, images, masks, foreground, ignore, bands, split, output, as_json):
    """Score RUN on DATA at 0.5 and at its own threshold, beside the trivial baselines, with pictures."""
    from pathlib import Path

    from raremask.cli.backend import start_keras
    from raremask.cli.console import progress_bar, show_next

    start_keras()
    from raremask.evaluation import evaluate
    from raremask.report.page import report_evaluation
    from raremask.run import load_run, read_as_asked

    folder, run = run, read_as_asked(load_run(run), bands)
    pairs, decoding = _choose(run, data, images, masks, foreground, ignore, split)
    output = Path(output or Path(folder) / "evaluation" / split)
    _make_folder(output)
    with progress_bar("predicting", quiet=as_json) as progress:
        evaluation = evaluate(run, pairs, decoding, progress)
    scores = {"split": split, **evaluation.to_dict()}
    if not evaluation.pooled.foreground.sum():
        _warn(
            f"no mask holds foreground; {decoding.describe()}. If these are drawn otherwise, say it with --foreground"
        )
    _write(output, evaluation, scores)
    with progress_bar("drawing", quiet=as_json) as progress:
        drawn = _draw(run, folder, pairs, decoding, evaluation, output, progress)
        report_evaluation(output, folder, run, pairs, decoding, progress)
    if as_json:
        import json

        click.echo(json.dumps(scores, indent=2))
    else:
        _say(output, scores, drawn)
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


def _make_folder(folder):
    """Before the hour of predicting, not after it."""
    from raremask.errors import JobError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JobError(f"cannot create {folder}: {error.strerror}; choose another folder with -o") from error


def _write(output, evaluation, scores):
    import csv
    import io

    from raremask.evaluation import scores_of
    from raremask.files import write_json, written_beside

    write_json(output / "scores.json", scores)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("stem", "threshold", "tp", "fp", "fn", "tn", "iou", "dice", "precision", "recall"))
    for threshold in dict.fromkeys((0.5, evaluation.threshold)):
        for stem, confusion in evaluation.confusions(threshold).items():
            counts = (confusion.tp, confusion.fp, confusion.fn, confusion.tn)
            writer.writerow((stem, threshold, *counts, *(f"{score:.6f}" for score in scores_of(confusion))))
    with written_beside(output / "per_image.csv") as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8")


def _draw(run, folder, pairs, decoding, evaluation, output, progress):
    """Draw the worst images and some of the best: there is most to learn from them."""
    from pathlib import Path

    from raremask.data.layouts.stems import file_name
    from raremask.data.windows import read_pair
    from raremask.evaluation import scores_of
    from raremask.prediction import predict_file
    from raremask.report import draw_curves, draw_panel, read_history

    history = Path(folder) / "history.csv"
    if history.is_file():
        draw_curves(read_history(history), output / "curves.png", clip=run.plan.optimizer.clip)
    scores = {stem: scores_of(counts) for stem, counts in evaluation.confusions(evaluation.threshold).items()}
    names = {stem: file_name(stem) for stem in scores}
    for old in (output / "pictures").glob("[0-9][0-9]_*.png"):
        # Of an earlier evaluation, whose ranks would mix with these.
        if old.stem[3:] in names.values():
            old.unlink(missing_ok=True)
    ranked = sorted(pairs, key=lambda pair: scores[pair.stem].iou)
    if len(ranked) > _PICTURES:
        ranked = ranked[: _PICTURES - 4] + ranked[-4:]
    for rank, pair in enumerate(ranked, start=1):
        image, _, mask = predict_file(run, pair.image)
        _, truth = read_pair(pair, decoding, run.read_bands)
        score = scores[pair.stem]
        title = f"{pair.stem}  IoU {score.iou:.2f}  precision {score.precision:.2f}  recall {score.recall:.2f}"
        draw_panel(image, truth, mask, output / "pictures" / f"{rank:02d}_{names[pair.stem]}.png", title)
        progress(rank, len(ranked))
    return len(ranked)


def _say(output, scores, drawn):
    from raremask.cli.console import say, table

    say(
        f"{scores['images']} images of the {scores['split']} split, {scores['pixels']:,} pixels, "
        f"{100 * scores['foreground_share']:.2f} % foreground"
    )
    chosen = f"at {scores['threshold']:.3f} (chosen on validation)"
    rows = [
        ("pooled, at 0.5", scores["at_half"]["pooled"]),
        (f"pooled, {chosen}", scores["at_threshold"]["pooled"]),
        ("per image, at 0.5", scores["at_half"]["per_image"]),
        (f"per image, {chosen}", scores["at_threshold"]["per_image"]),
        ("all background", scores["baselines"]["all_background"]),
        ("all foreground", scores["baselines"]["all_foreground"]),
    ]
    names = ("iou", "dice", "precision", "recall")
    table(
        "Foreground scores",
        ("", "IoU", "Dice", "precision", "recall"),
        [(label, *(f"{row[name]:.3f}" for name in names)) for label, row in rows],
    )
    say(f"results: {output} (scores.json, per_image.csv, {drawn} pictures in pictures/, the worst first)")
