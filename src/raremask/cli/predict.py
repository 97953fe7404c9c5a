"""raremask predict: masks of new images."""

import click

from raremask.cli.options import bands_option, engine_option, run_argument, vector_options

__all__ = ["predict"]


@click.command()
@run_argument
@click.argument("images", nargs=-1, required=True, type=click.Path())
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="OUT",
    help="Folder of the masks, or the mask's file where there is one image. A TIFF gives a GeoTIFF of 0, 1 and 255 for "
    "no data, any other image a PNG of 0 and 255.",
)
@bands_option
@click.option("--threshold", type=click.FloatRange(0, 1), help="Instead of the run's own.")
@click.option(
    "--write",
    "kind",
    type=click.Choice(["mask", "probability", "probability-float"]),
    default="mask",
    show_default=True,
    help="Probabilities are written in 8 bits (of a TIFF 254 is 1, and its scale says so), or in 32 as GeoTIFF.",
)
@click.option(
    "--average",
    type=click.Choice(["flips", "turns"]),
    help="Mean over each window and its mirror images, 4 times the work, or its quarter turns too, 8 times.",
)
@click.option(
    "--with",
    "others",
    multiple=True,
    metavar="RUN",
    type=click.Path(file_okay=False),
    help="Mean with another run's probabilities; may be given several times. The threshold is the first run's.",
)
@click.option(
    "--overlap",
    metavar="PIXELS",
    type=click.IntRange(0),
    help="That the windows over a large image share; more leaves less of a seam, and takes longer. By the model by "
    "default, such as 64.",
)
@engine_option("auto")
@vector_options
@click.option("--pictures/--no-pictures", default=None, help="Also draw image | mask | overlay; where OUT is a folder.")
def predict(
    run, images, output, bands, threshold, kind, average, others, overlap, engine, vector, vector_kind, pictures
):
    """Write the masks of IMAGES (files, folders, patterns, GeoTIFFs of any size, .vrt) at their native size.

    A command that was stopped goes on where it was when it is typed again.
    """
    from pathlib import Path

    from raremask.cli.console import progress_bar, say
    from raremask.errors import InputError, name_some
    from raremask.prediction import Finished, digest_of, plan_outputs, plan_pictures

    outputs = plan_outputs(images, output, rasters=kind == "probability-float")
    folder = outputs[0][1].parent
    single = outputs[0][1] == Path(output)
    pictures = plan_pictures(outputs) if pictures or (pictures is None and not single) else {}
    if vector is not None:
        _refuse_vectors(vector, outputs, kind)
    predictor = _predictor(run, others, bands, threshold, average, overlap, engine)
    if others:
        say(f"the mean of {1 + len(others)} runs; threshold {predictor.threshold:.3f}{_whose(run, threshold)}")
    facts = [
        digest_of(run, *others),
        predictor.engine.name,
        predictor.threshold,
        predictor.run.read_bands,
        overlap,
        kind,
    ]
    finished, failed, pace = Finished(folder, [*facts, bool(pictures)]), [], _Pace(len(outputs))
    # Of one image nothing is left to be done once it is whole, but its vectors.
    remembered = len(outputs) > 1 or vector is not None
    try:
        with progress_bar("predicting") as progress:
            for image, target in outputs:
                if remembered and finished.knows(image, target):
                    say(f"{target}  was done before")
                    pace.end(progress)
                    continue
                try:
                    told = pace.of(image.name, progress, say)
                    share = _predict_one(predictor, image, target, kind, facts, pictures.get(target), told)
                    say(f"{target}  {share}")
                    if remembered:
                        finished.add(image, target)
                except InputError as error:
                    failed.append(str(error))
                pace.end(progress)
            if vector is not None and not failed:
                _write_vector(outputs[0][1], vector, vector_kind, progress)
    except KeyboardInterrupt:
        say("to go on where it was, type the same command again")
        raise
    finished.remove()
    drawn = f", pictures in {folder}/pictures" if pictures else ""
    made = "masks" if kind == "mask" else "probabilities"
    say(f"{len(outputs) - len(failed)} {made} in {folder}{drawn}{pace.told()}")
    if failed:
        raise InputError(f"{len(failed)} of {len(outputs)} images were left out: {name_some(failed)}")


def _predictor(folder, others, bands, threshold, average, overlap, engine):
    from raremask.cli.engine import open_engine
    from raremask.prediction import Predictor
    from raremask.run import load_run, read_as_asked

    folders = (folder, *others)
    runs = [read_as_asked(load_run(path, model=False), bands) for path in folders]
    if threshold is not None:
        runs[0] = runs[0].changed(threshold=threshold)
    return Predictor(runs, [open_engine(path, engine) for path in folders], average=average, overlap=overlap)


def _refuse_vectors(path, outputs, kind):
    from raremask.errors import InputError
    from raremask.vector import check_vector_path

    check_vector_path(path)
    if len(outputs) > 1:
        raise InputError(f"--vector takes one image, not {len(outputs)}: call it for each")
    if kind != "mask":
        raise InputError(f"--vector is drawn from the mask; leave out --write {kind}")


def _write_vector(mask, path, kind, progress):
    from raremask.cli.console import say
    from raremask.vector import write_vector

    written = write_vector(mask, path, kind, progress=lambda done, total: progress(done, total, "vectors, rows"))
    say(written.describe())
    if written.note:
        say(f"note: {written.note}")


def _whose(run, threshold):
    return f", of {run}" if threshold is None else ""


def _predict_one(predictor, image, target, kind, facts, picture, progress):
    from raremask.prediction import predict_to_file

    made = predict_to_file(predictor, image, target, kind, facts, progress)
    if picture:
        from raremask.report import draw_panel

        shown, mask, probability = made.view()
        draw_panel(shown, None, mask, picture, image.name, probability=probability)
    return "holds no data" if made.share != made.share else f"{100 * made.share:.2f} % foreground"


class _Pace:
    """How fast pixels are predicted: those that were done before count for nothing."""

    def __init__(self, images):
        import time

        self._clock, self._images, self._ended = time.monotonic, images, 0
        self._pixels = self._seconds = 0

    def of(self, name, progress, say):
        """Progress of one image, ``told(done, total)``, as that of all."""
        first, start = None, self._clock()
        before = self._pixels, self._seconds

        def told(done, total):
            nonlocal first
            if first is None:
                first = done
                if done:
                    say(f"{name} goes on: {100 * done / total:.0f} % was done before")
            self._pixels, self._seconds = before[0] + done - first, before[1] + self._clock() - start
            progress(self._ended + done / total, self._images, f"{name}{self.rate()}")

        return told

    def end(self, progress):
        """An image is through."""
        self._ended += 1
        progress(self._ended, self._images)

    def rate(self):
        """Million pixels a second, in words."""
        return f"  {self._pixels / self._seconds / 1e6:.2f} Mpx/s" if self._pixels and self._seconds else ""

    def told(self):
        """The same of all, at the end, where they are many."""
        return f"; {self._pixels / 1e6:.0f} million pixels, {self.rate().strip()}" if self._pixels > 1e6 else ""
