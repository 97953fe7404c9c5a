"""raremask predict: masks of new images."""

import click

from raremask.cli.options import bands_option, engine_option, run_argument, vector_options

__all__ = ["predict"]


@click.command()
@run_argument
@click.argument("images", nargs=-1, required=True, type=click.Path())
@click.option("-o", "--output", required=True, metavar="OUT", help="Folder of the masks, one PNG an image, 0 and 255.")
@bands_option
@engine_option("auto")
@click.option("--threshold", type=click.FloatRange(0, 1), help="Instead of the run's own.")
@vector_options
@click.option("--pictures/--no-pictures", default=True, show_default=True, help="Also draw image | mask | overlay.")
def predict(run, images, output, bands, engine, threshold, vector, vector_kind, pictures):
    """Write the masks of IMAGES (files or folders) at their native size."""
    from pathlib import Path

    from raremask.cli.console import progress_bar, say
    from raremask.cli.engine import open_engine
    from raremask.errors import InputError, name_some
    from raremask.prediction import plan_outputs
    from raremask.run import load_run, read_as_asked

    outputs = plan_outputs(images, output)
    if vector is not None:
        from raremask.vector import check_vector_path

        check_vector_path(vector)
        if len(outputs) > 1:
            raise InputError(f"--vector takes one image, not {len(outputs)}: call it for each")
    engine, run = open_engine(run, engine), read_as_asked(load_run(run, model=False), bands)
    if threshold is not None:
        run = run.changed(threshold=threshold)
    failed = []
    with progress_bar("predicting") as progress:
        for done, (image, mask) in enumerate(outputs, start=1):
            try:
                share = _predict_one(run, engine, image, mask, Path(output) / "pictures" if pictures else None)
                say(f"{mask}  {100 * share:.2f} % foreground")
                if vector is not None:
                    _write_vector(mask, vector, vector_kind, progress)
            except InputError as error:
                failed.append(str(error))
            progress(done, len(outputs))
    say(f"{len(outputs) - len(failed)} masks in {output}" + (f", pictures in {output}/pictures" if pictures else ""))
    if failed:
        raise InputError(f"{len(failed)} of {len(outputs)} images were left out: {name_some(failed)}")


def _write_vector(mask, path, kind, progress):
    from raremask.cli.console import say
    from raremask.vector import write_vector

    written = write_vector(mask, path, kind, progress=lambda done, total: progress(done, total, "vectors, rows"))
    say(written.describe())
    if written.note:
        say(f"note: {written.note}")


def _predict_one(run, engine, image_path, mask_path, pictures):
    from raremask.prediction import predict_file, save_mask

    image, probability, mask = predict_file(run, image_path, engine=engine)
    save_mask(mask, mask_path)
    if pictures is not None:
        from raremask.report import draw_panel

        draw_panel(image, None, mask, pictures / mask_path.name, image_path.name, probability=probability)
    return mask.mean()
