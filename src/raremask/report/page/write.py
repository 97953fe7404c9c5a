"""Write report.html beside the scores of an evaluation."""

import csv
import dataclasses
import io
from pathlib import Path

from raremask.data.windows import read_pair
from raremask.errors import InputError
from raremask.evaluation.confusion import Confusion
from raremask.files import read_json, read_text, written_beside
from raremask.prediction import predict_file
from raremask.report.history import read_history
from raremask.report.page.examples import Example, choose_examples, draw_example, has_void
from raremask.report.page.gallery import BUDGET
from raremask.report.page.page import draw_page

__all__ = ["read_counts", "report_evaluation", "write_report"]


def report_evaluation(output, folder, run, pairs, decoding=None, progress=None, engine=None):
    """Read what an evaluation wrote, predict the images worth looking at anew, and write ``output/report.html``.

    Args:
        output: folder with scores.json and per_image.csv.
        folder: of the run.
        run: `raremask.run.Run`.
        pairs: list of `raremask.data.Pair`, those scored.
        decoding: of the masks; the run's own by default.
        progress: called as ``progress(done, total)``.
        engine: as in `raremask.prediction.predict_probability`.

    Returns:
        The path of the report.

    Raises:
        InputError: a file of the evaluation or an image cannot be read.
        JobError: the report cannot be written.
    """
    output = Path(output)
    counts = read_counts(output / "per_image.csv")
    kinds = choose_examples(counts)
    by_stem = {pair.stem: pair for pair in pairs}

    def examples():
        for done, (stem, kind) in enumerate(kinds.items(), start=1):
            image, _, mask = predict_file(run, by_stem[stem].image, engine=engine)
            _, truth = read_pair(by_stem[stem], decoding or run.decoding, run.read_bands)
            yield Example(stem, kind, image, truth, mask)
            if progress is not None:
                progress(done, len(kinds))

    scores = read_json(output / "scores.json")
    seen = counts.keys() & {*run.splits.get("train", ()), *run.splits.get("val", ())}
    return write_report(folder, run, scores, examples(), output / "report.html", count=len(kinds), seen=len(seen))


def write_report(folder, run, scores, examples, path, *, count=None, seen=0):
    """Write the report of an evaluation: one HTML file, of less than 10 MB, that needs no network.

    Args:
        folder: of the run; its history.csv is drawn if it is there.
        run: `raremask.run.Run`; its model is not used.
        scores: what scores.json holds.
        examples: iterable of `Example`; only one is held at a time.
        path: where the report goes; it is written beside and renamed.
        count: how many examples there are, if ``examples`` has no length: they share the bytes.
        seen: how many of the scored images the run was trained or chosen on.

    Returns:
        The path, a ``pathlib.Path``.

    Raises:
        InputError: history.csv is none.
        JobError: the file cannot be written.
    """
    folder, path = Path(folder), Path(path)
    count = len(examples) if count is None else count
    drawn, void = [], False
    for example in examples:
        drawn.append((example.kind, draw_example(example, BUDGET // count)))
        void = void or has_void(example)
    history = folder / "history.csv"
    rows = read_history(history) if history.is_file() else []
    page = draw_page(run, folder.resolve(), scores, rows, drawn, void=void, seen=seen)
    with written_beside(path) as temporary:
        temporary.write_text(page, encoding="utf-8", newline="\n")
    return path


def read_counts(path):
    """Read the counts of each image from per_image.csv.

    Returns:
        Dict of stem to `Confusion`, at the run's threshold.

    Raises:
        InputError: the file cannot be read, or lacks a column.
    """
    names = [field.name for field in dataclasses.fields(Confusion)]
    try:
        rows = csv.DictReader(io.StringIO(read_text(path), newline=""))
        return {row["stem"]: Confusion(**{name: int(row[name]) for name in names}) for row in rows}
    except (csv.Error, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} is not of raremask evaluate: {error!r}; evaluate anew") from error
