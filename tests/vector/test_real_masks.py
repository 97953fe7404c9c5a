"""Masks that people drew: roads from the air, vessels of a retina."""

import numpy as np
import pytest
import shapely
from PIL import Image
from skimage.morphology import thin

from raremask.vector import write_vector
from support.geotiffs import write_geotiff

pyogrio = pytest.importorskip("pyogrio")


@pytest.mark.parametrize(("folder", "width"), [("dubai_roads", (4, 25)), ("chase_vessels", (1.5, 15))])
def test_lines_run_inside_of_the_polygons_along_all_of_the_skeleton(real_data, tmp_path, folder, width):
    stem = (real_data / folder / "test.txt").read_text().split()[1]
    (path,) = (real_data / folder / "masks").glob(f"{stem}.*")
    with Image.open(path) as image:
        plane = np.asarray(image.convert("L"))[:700, :700] > 127
    mask = write_geotiff(tmp_path / "mask.tif", plane.astype(np.uint8))
    polygons, lines = (
        shapely.from_wkb(pyogrio.raw.read(write_vector(mask, tmp_path / f"{kind}.gpkg", kind).path)[2])
        for kind in ("polygons", "lines")
    )
    assert shapely.area(polygons).sum() == plane.sum() / 4
    assert shapely.is_valid(polygons).all()
    whole = shapely.union_all(polygons)
    length = shapely.length(lines).sum()
    # Simplified by up to a pixel, of half a metre.
    assert shapely.length(shapely.intersection(lines, whole.buffer(0.5))).sum() > 0.999 * length
    rows, columns = np.nonzero(thin(plane))
    points = shapely.points(500_000 + (columns + 0.5) / 2, 5_000_000 - (rows + 0.5) / 2)
    near = shapely.union_all(lines).buffer(0.8)
    shapely.prepare(near)
    assert shapely.contains(near, points).mean() > 0.93, "what was pruned is little"
    _, _, _, columns = pyogrio.raw.read(tmp_path / "lines.gpkg")
    mean = np.average(columns[2], weights=columns[1]) * 2
    assert width[0] < mean < width[1]
    # What is long and thin has about the area of its length times its width.
    assert (columns[1] * columns[2]).sum() == pytest.approx(plane.sum() / 4, rel=0.15)
