"""A raster of any size, from a source to a cloud-optimised GeoTIFF: in bounded memory, and on from where it stopped."""

from contextlib import closing

import numpy as np

from raremask.errors import InputError
from raremask.prediction.ahead import ahead
from raremask.prediction.cleanup import clean_rows
from raremask.prediction.cog import write_cog
from raremask.prediction.unfinished import Unfinished
from raremask.prediction.windows import blended, judged, read_windows

__all__ = ["predict_raster"]

# Windows that wait between reading and judging, and between judging and writing.
_WAITING = 1

# Pixels of the bands of rows that are looked at after all.
_BAND = 2**22


def predict_raster(
    source, engine, grid, target, kind, *, threshold, smallest=0, hole=0, fingerprint=None, progress=None
):
    """Predict a source into a GeoTIFF.

    Reading, judging and writing overlap in time. ``target`` appears when it is whole; until then its rows lie in
    ``target.part``, where the next call with the same arguments goes on.

    Args:
        source: as `raremask.prediction.source` makes them.
        engine: what judges the windows.
        grid: `raremask.tiling.Grid` of the source's shape.
        target: path of the GeoTIFF.
        kind: `raremask.prediction.kinds.Kind`.
        threshold, smallest, hole: of the mask; see `raremask.run.Run`.
        fingerprint: JSON value that tells apart the runs and inputs.
        progress: called as ``progress(done, total)`` with numbers of pixels, first with what was done before.

    Returns:
        The share of foreground among the pixels that hold data, nan where none does.

    Raises:
        InputError: the source cannot be read to its end; then nothing is left behind.
        JobError: the disk is full, or the folder cannot be written; what is done stays.
    """
    facts = [fingerprint, kind.name, threshold, smallest, hole, engine.name, list(grid.shape), repr(grid)]
    work = Unfinished(target, source.shape, kind.dtype, facts)
    try:
        with work.opened():
            _judge(source, engine, grid, kind, threshold, work, progress)
            if kind.scale is None:
                _clean(work, kind, smallest, hole)
            share = _share(work, kind, threshold)
            write_cog(work.rows_path, source.shape, kind, source.place, target)
    except InputError:
        work.remove()
        raise
    work.remove()
    return share


def _judge(source, engine, grid, kind, threshold, work, progress):
    # What fades into the first row that is missing is judged again, and not written.
    begin, width = max(0, work.done - 1), source.shape[1]
    if progress is not None:
        progress(grid.final(work.done - 1) * width if work.done else 0, source.shape[0] * width)
    if work.done == len(grid.rows):
        return
    with (
        closing(ahead(read_windows(source, grid, begin), _WAITING)) as pixels,
        closing(ahead(judged(engine, pixels), _WAITING)) as probabilities,
    ):
        finals = blended(grid, probabilities, begin)
        for row in range(begin, len(grid.rows)):
            for _ in grid.rows[row]:
                final, values, lacking = next(finals)
                if row >= work.done:
                    work.write(final, kind.stored(values, lacking, threshold))
                    if progress is not None:
                        progress(final.top * width + final.height * (final.left + final.width), source.shape[0] * width)
            if row >= work.done:
                work.keep(row + 1)


def _clean(work, kind, smallest, hole):
    """In place: what is left of a component that was taken out half is small, so that it may stop at any moment."""

    def write(top, rows):
        rows[work.read(top, len(rows)) == kind.nodata] = kind.nodata
        work.write_rows(top, rows)

    clean_rows(lambda top, height: work.read(top, height) == 1, write, work.shape, smallest, hole)


def _share(work, kind, threshold):
    height, width = work.shape
    rows, found, lacking = max(1, _BAND // width), 0, 0
    for top in range(0, height, rows):
        values = work.read(top, min(rows, height - top))
        empty = np.isnan(values) if kind.scale == 1 else values == kind.nodata
        lacking += np.count_nonzero(empty)
        found += np.count_nonzero(values == 1 if kind.scale is None else (values >= threshold / kind.scale) & ~empty)
    valid = height * width - lacking
    return found / valid if valid else float("nan")
