"""Vector files, opened with pyogrio, with GDAL's own ogrinfo where it is installed, and with json."""

import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import shapely
from PIL import Image
from rasterio import Affine
from rasterio.crs import CRS
from rasterio.transform import xy
from rasterio.warp import transform

from raremask.errors import InputError, JobError
from raremask.vector import check_vector_path, geopackage, write_vector
from support.geotiffs import PLACE, write_geotiff
from support.vectors import blurred, thick_line

pyogrio = pytest.importorskip("pyogrio")

PLANE = blurred(5, (90, 120), 2, 0.4)
TURNED = Affine(0.43, 0.25, 500_000, 0.25, -0.43, 5_000_000)


@pytest.fixture
def mask(tmp_path):
    return write_geotiff(tmp_path / "mask.tif", PLANE.astype(np.uint8))


def opened(path):
    """(facts, geometries, columns by name)."""
    facts, _, geometries, columns = pyogrio.raw.read(path)
    return facts, shapely.from_wkb(geometries), dict(zip(facts["fields"].tolist(), columns, strict=True))


def test_polygons_as_geojson(mask, tmp_path):
    written = write_vector(mask, tmp_path / "a.geojson")
    facts, geometries, columns = opened(written.path)
    assert facts["crs"] == "EPSG:4326"
    assert list(columns) == ["id", "area", "pixels"]
    assert columns["id"].tolist() == list(range(1, written.count + 1)) == list(range(1, len(geometries) + 1))
    assert columns["pixels"].sum() == PLANE.sum()
    assert np.allclose(columns["area"], columns["pixels"] * 0.25)
    assert written.total == pytest.approx(PLANE.sum() / 4)
    assert shapely.is_valid(geometries).all()
    assert shapely.is_ccw(shapely.get_exterior_ring(shapely.get_parts(geometries))).all()
    # Back in the mask's own coordinates they are the pixels' edges, within a hundredth of a pixel.
    back = shapely.transform(geometries, to_utm)
    assert abs(shapely.area(back).sum() - PLANE.sum() / 4) < 0.01 * PLANE.sum() / 4
    edges = (shapely.get_coordinates(back) - [PLACE.c, PLACE.f]) / [0.5, -0.5]
    assert abs(edges - edges.round()).max() < 0.03


def to_utm(points):
    return np.stack(transform(CRS.from_epsg(4326), CRS.from_epsg(32633), *points.T), axis=1)


def test_the_text_is_geojson_of_seven_decimals_with_a_feature_in_each_line(mask, tmp_path):
    written = write_vector(mask, tmp_path / "a.geojson")
    text = written.path.read_text()
    collection = json.loads(text)
    assert collection["type"] == "FeatureCollection"
    assert collection["name"] == "a"
    assert "area in square metre" in collection["description"]
    assert "crs" not in collection
    assert len(collection["features"]) == written.count == text.count("\n") - 2
    numbers = np.array(collection["features"][0]["geometry"]["coordinates"][0])
    assert np.array_equal(numbers, numbers.round(7))
    assert not np.array_equal(numbers, numbers.round(6))
    assert sorted(os.listdir(tmp_path)) == ["a.geojson", "mask.tif"]


def test_finer_pixels_get_more_decimals(tmp_path):
    fine = write_geotiff(
        tmp_path / "mask.tif", PLANE.astype(np.uint8), transform=Affine(1e-4, 0, 500_000, 0, -1e-4, 5_000_000)
    )
    _, geometries, columns = opened(write_vector(fine, tmp_path / "a.geojson").path)
    assert shapely.is_valid(geometries).all()
    assert shapely.area(shapely.transform(geometries, to_utm)).sum() == pytest.approx(columns["area"].sum(), rel=0.05)


def test_numbers_are_not_longer_than_they_are_true(tmp_path):
    place = {"transform": Affine(0.1, 0, 500_000, 0, -0.1, 5_000_000)}
    mask = write_geotiff(tmp_path / "mask.tif", PLANE.astype(np.uint8), **place)
    text = write_vector(mask, tmp_path / "a.geojson").path.read_text()
    assert '"area": 0.0' in text
    assert not re.search(r'"area": [0-9]*[.][0-9]{13}', text)


def test_how_lines_are_drawn_can_be_said(mask, tmp_path):
    usual = write_vector(mask, tmp_path / "a.geojson", "lines")
    assert write_vector(mask, tmp_path / "b.geojson", "lines", spur=0).count > usual.count
    exact = write_vector(mask, tmp_path / "c.geojson", "lines", tolerance=0)
    assert exact.count == usual.count
    assert exact.path.stat().st_size > usual.path.stat().st_size


def test_features_that_do_not_arrive_are_noticed(mask, tmp_path, monkeypatch):
    write = pyogrio.raw.write

    def lose(path, geometries, columns, *arguments, **options):
        write(path, geometries[:-1], [column[:-1] for column in columns], *arguments, **options)

    monkeypatch.setattr(pyogrio.raw, "write", lose)
    with pytest.raises(JobError, match=r"only \d+ of \d+ features arrived"):
        write_vector(mask, tmp_path / "a.gpkg")
    assert os.listdir(tmp_path) == ["mask.tif"]


def test_polygons_as_geopackage(mask, tmp_path):
    written = write_vector(mask, tmp_path / "roads.gpkg")
    facts, geometries, columns = opened(written.path)
    info = pyogrio.read_info(written.path)
    assert facts["crs"] == "EPSG:32633"
    assert info["layer_name"] == "roads"
    assert info["geometry_type"] == "MultiPolygon"
    assert "area in square metre" in info["layer_metadata"]["DESCRIPTION"]
    assert {shapely.get_type_id(geometry) for geometry in geometries} == {shapely.GeometryType.MULTIPOLYGON}
    assert columns["id"].tolist() == list(range(1, written.count + 1))
    assert np.allclose(shapely.area(geometries), columns["area"])
    assert shapely.area(geometries).sum() == PLANE.sum() / 4
    _, _, inside, _ = pyogrio.raw.read(written.path, bbox=tuple(geometries[3].bounds))
    assert geometries[3] in shapely.from_wkb(inside).tolist()
    assert has_spatial_index(written.path)


def test_a_file_without_its_index_is_warned_of(mask, tmp_path, monkeypatch):
    monkeypatch.setattr(geopackage, "_indexed", lambda path: False)
    with pytest.warns(RuntimeWarning, match=r"a\.gpkg has no spatial index: import pyogrio before TensorFlow"):
        write_vector(mask, tmp_path / "a.gpkg")


def test_the_index_is_there_though_tensorflow_is_imported_once_the_path_is_checked(mask, tmp_path):
    code = "import sys; from raremask.vector import check_vector_path, write_vector; check_vector_path(sys.argv[2]); "
    code += "import tensorflow; write_vector(*sys.argv[1:])"
    target = tmp_path / "roads.gpkg"
    subprocess.run([sys.executable, "-W", "error::RuntimeWarning", "-c", code, mask, target], check=True)
    assert has_spatial_index(target)


def has_spatial_index(path):
    import sqlite3

    with sqlite3.connect(path) as connection:
        tables = {name for (name,) in connection.execute("select name from sqlite_master")}
        # One of the index's own tables: not every SQLite has the module that reads the index itself.
        (count,) = connection.execute(f"select count(*) from rtree_{path.stem}_geom_rowid").fetchone()
        (features,) = connection.execute(f"select count(*) from {path.stem}").fetchone()
    connection.close()
    return f"rtree_{path.stem}_geom" in tables and count == features > 0


def test_batches_are_appended(mask, tmp_path, monkeypatch):
    whole = write_vector(mask, tmp_path / "whole.gpkg")
    monkeypatch.setattr(geopackage, "_BATCH", 2)
    parts = write_vector(mask, tmp_path / "parts.gpkg")
    assert parts.count == whole.count > 4
    one, other = opened(whole.path), opened(parts.path)
    assert shapely.equals_exact(one[1], other[1]).all()
    assert one[2]["id"].tolist() == other[2]["id"].tolist()
    assert has_spatial_index(parts.path)


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg"])
def test_lines(tmp_path, suffix):
    plane = thick_line((200, 220), (20, 30), (180, 150), 8)
    mask = write_geotiff(tmp_path / "mask.tif", plane.astype(np.uint8))
    written = write_vector(mask, tmp_path / f"a{suffix}", kind="lines")
    facts, (geometry,), columns = opened(written.path)
    assert facts["geometry_type"] == "LineString"
    assert list(columns) == ["id", "length", "width_mean", "width_max"]
    assert columns["length"].item() == pytest.approx(100, abs=1.5)
    assert columns["width_mean"].item() == pytest.approx(4, abs=0.3)
    assert written.total == pytest.approx(columns["length"].item())
    geometry = shapely.transform(geometry, to_utm) if suffix == ".geojson" else geometry
    assert geometry.length == pytest.approx(columns["length"].item(), rel=1e-3)
    wanted = shapely.LineString([(500_010, 4_999_985), (500_090, 4_999_925)])
    assert geometry.hausdorff_distance(wanted) < 1.5


def test_a_turned_raster(tmp_path):
    mask = write_geotiff(tmp_path / "mask.tif", PLANE.astype(np.uint8), transform=TURNED)
    _, geometries, columns = opened(write_vector(mask, tmp_path / "a.gpkg").path)
    pixel = abs(TURNED.a * TURNED.e - TURNED.b * TURNED.d)
    assert np.allclose(shapely.area(geometries), columns["area"])
    assert columns["area"].sum() == pytest.approx(PLANE.sum() * pixel)
    first = geometries[0]
    row, column = np.argwhere(PLANE)[0]
    assert first.contains(shapely.Point(xy(TURNED, row, column)))


def test_a_mirrored_raster_has_anticlockwise_rings_too(tmp_path):
    mask = write_geotiff(tmp_path / "mask.tif", PLANE.astype(np.uint8), transform=Affine(0.5, 0, 5e5, 0, 0.5, 5e6))
    _, geometries, _ = opened(write_vector(mask, tmp_path / "a.geojson").path)
    assert shapely.is_ccw(shapely.get_exterior_ring(shapely.get_parts(geometries))).all()


def test_degrees_are_measured_in_metres(tmp_path):
    place = {"crs": "EPSG:4326", "transform": Affine(1e-5, 0, 55, 0, -1e-5, 60)}
    plane = thick_line((200, 220), (20, 100.5), (200, 100.5), 9)
    mask = write_geotiff(tmp_path / "mask.tif", plane.astype(np.uint8), **place)
    area = write_vector(mask, tmp_path / "a.geojson")
    assert area.total == pytest.approx(0.5580 * 1.1141 * plane.sum(), rel=1e-3)
    lines = write_vector(mask, tmp_path / "a.gpkg", kind="lines")
    assert lines.total == pytest.approx(180 * 0.5580, rel=0.02)
    _, _, columns = opened(lines.path)
    assert columns["width_max"].item() == pytest.approx(9 * 1.1141, rel=1e-3)
    assert "in metres" in lines.note


@pytest.mark.parametrize("kind", ["polygons", "lines"])
def test_a_png_keeps_its_pixels_upright_and_says_so(tmp_path, kind):
    Image.fromarray(thick_line((60, 90), (20, 10), (70, 12), 5).astype(np.uint8) * 255).save(tmp_path / "a.png")
    for suffix in (".geojson", ".gpkg"):
        written = write_vector(tmp_path / "a.png", tmp_path / f"a{suffix}", kind)
        assert "no coordinate reference system" in written.note
        assert "pixel" in written.describe()
        _, (geometry,), _ = opened(written.path)
        left, bottom, right, top = geometry.bounds
        assert 15 < left < right < 75
        assert -17 < bottom < top < -6
    assert "no coordinate reference system" in json.loads((tmp_path / "a.geojson").read_text())["description"]


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg"])
@pytest.mark.parametrize("kind", ["polygons", "lines"])
def test_a_mask_of_nothing(tmp_path, kind, suffix):
    mask = write_geotiff(tmp_path / "mask.tif", np.zeros((40, 50), np.uint8))
    written = write_vector(mask, tmp_path / f"a{suffix}", kind)
    assert (written.count, written.total) == (0, 0)
    facts, geometries, _ = opened(written.path)
    assert len(geometries) == 0
    if suffix == ".gpkg":
        assert facts["geometry_type"] == {"polygons": "MultiPolygon", "lines": "LineString"}[kind]
        assert facts["crs"] == "EPSG:32633"


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1)])
@pytest.mark.parametrize("kind", ["polygons", "lines"])
def test_rasters_of_a_row_a_column_and_a_pixel(tmp_path, kind, shape):
    mask = write_geotiff(tmp_path / "mask.tif", np.ones(shape, np.uint8))
    written = write_vector(mask, tmp_path / "a.geojson", kind)
    # How wide it is nobody knows: there is no background.
    assert written.count == (kind == "polygons")


@pytest.mark.parametrize("kind", ["polygons", "lines"])
def test_progress_counts_rows(mask, tmp_path, kind):
    told = []
    write_vector(mask, tmp_path / "a.geojson", kind, progress=lambda *numbers: told.append(numbers))
    assert told == sorted(told)
    assert told[-1] == (90, 90)


def test_the_same_mask_gives_the_same_bytes(mask, tmp_path):
    for kind in ("polygons", "lines"):
        files = [write_vector(mask, tmp_path / name / "a.geojson", kind).path for name in "ab"]
        assert files[0].read_bytes() == files[1].read_bytes()


def test_what_was_there_is_replaced_once_the_new_is_whole(mask, tmp_path):
    for name in ("a.geojson", "a.gpkg"):
        (tmp_path / name).write_text("earlier")

        def look(*_, path=tmp_path / name):
            assert path.read_bytes() == b"earlier"

        write_vector(mask, tmp_path / name, progress=look)
        assert len(opened(tmp_path / name)[1]) > 4


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg"])
def test_a_mask_that_fails_halfway_leaves_nothing(tmp_path, name):
    values = np.zeros((5000, 600), np.uint8)
    values[0], values[-1] = 1, 9
    mask = write_geotiff(tmp_path / "mask.tif", values)
    with pytest.raises(InputError, match="holds the value 9"):
        write_vector(mask, tmp_path / name)
    assert os.listdir(tmp_path) == ["mask.tif"]


@pytest.mark.parametrize("path", ["a.shp", "a", "a.json", "a.geojson.gz"])
def test_an_unknown_ending_is_one_line(mask, tmp_path, path):
    with pytest.raises(InputError, match=r"written as \.geojson or \.gpkg, not"):
        write_vector(mask, tmp_path / path)


def test_other_refusals(mask, tmp_path):
    (tmp_path / "a.geojson").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        check_vector_path(tmp_path / "a.geojson")
    with pytest.raises(InputError, match="polygons or lines, not 'points'"):
        write_vector(mask, tmp_path / "b.geojson", kind="points")
    for options in ({"tolerance": -1}, {"spur": float("nan")}):
        with pytest.raises(InputError, match="must be 0 or more"):
            write_vector(mask, tmp_path / "b.geojson", kind="lines", **options)


def test_without_pyogrio_geojson_is_written_and_gpkg_is_one_line(mask, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyogrio", None)
    monkeypatch.setitem(sys.modules, "pyogrio.raw", None)
    assert write_vector(mask, tmp_path / "a.geojson").count > 0
    with pytest.raises(InputError, match=r"pip install 'raremask\[vector\]'"):
        check_vector_path(tmp_path / "a.gpkg")


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 300 kB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", folder]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"cannot mount a tmpfs: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg"])
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, small_disk, name):
    mask = write_geotiff(tmp_path / "mask.tif", blurred(0, (400, 400), 0, 0.1).astype(np.uint8))
    with pytest.raises(JobError, match="no space left on the disk") as caught:
        write_vector(mask, small_disk / name)
    assert "\n" not in str(caught.value)
    assert os.listdir(small_disk) == []


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg"])
def test_a_folder_that_cannot_be_written_is_one_line(mask, tmp_path, name):
    (tmp_path / "file").write_text("")
    with pytest.raises(JobError, match=r"cannot write .*Check the folder"):
        write_vector(mask, tmp_path / "file" / name)


@pytest.mark.parametrize("kind", ["polygons", "lines"])
@pytest.mark.parametrize("name", ["roads.geojson", "roads.gpkg"])
def test_gdals_own_tool_reads_it(mask, tmp_path, kind, name):
    tool = shutil.which("ogrinfo")
    if tool is None:
        pytest.skip("GDAL's ogrinfo is not installed")
    written = write_vector(mask, tmp_path / name, kind)
    told = subprocess.run([tool, "-so", written.path, "roads"], capture_output=True, text=True, check=True)
    assert f"Feature Count: {written.count}" in told.stdout
    assert not told.stderr
    assert ("WGS 84" if name.endswith("geojson") else "UTM zone 33N") in told.stdout
    if name.endswith("gpkg"):
        assert f"Geometry: {'Multi Polygon' if kind == 'polygons' else 'Line String'}" in told.stdout


def test_long_edges_stay_where_they_are_in_degrees(tmp_path):
    # As wide as a scene of Sentinel-2, with holes near its border.
    plane = np.ones((60, 10_980), np.uint8)
    plane[4:8, 5000:5010] = plane[-8:-4, 5000:5010] = 0
    place = Affine(10, 0, 600_000, 0, -10, 6_700_020)
    mask = write_geotiff(tmp_path / "mask.tif", plane, transform=place)
    [geometry] = opened(write_vector(mask, tmp_path / "a.geojson").path)[1]
    assert shapely.is_valid(geometry)
    plane[:] = 0
    plane[20:23] = 1
    mask = write_geotiff(tmp_path / "mask.tif", plane, transform=place)
    for kind in ("polygons", "lines"):
        [geometry] = opened(write_vector(mask, tmp_path / "b.geojson", kind).path)[1]
        points = shapely.get_coordinates(shapely.transform(shapely.segmentize(geometry, 1e-4), to_utm))
        rows = (place.f - points[:, 1]) / 10
        assert rows.min() > 19.9
        assert rows.max() < 23.1


@pytest.mark.parametrize("name", ["gpkg_roads", "sqlite_a", "%", "a'b", "ro\udcffads", "Straße 1.2"])
@pytest.mark.parametrize("suffix", [".gpkg", ".geojson"])
def test_files_of_odd_names(mask, tmp_path, name, suffix):
    written = write_vector(mask, tmp_path / f"{name}{suffix}")
    assert written.count > 0
    written.path.rename(tmp_path / f"plain{suffix}")
    assert len(opened(tmp_path / f"plain{suffix}")[1]) == written.count


def test_in_degrees_width_is_that_of_the_rows_it_has(tmp_path):
    plane = np.zeros((64, 64), np.uint8)
    plane[:, 30:33] = 1
    mask = write_geotiff(tmp_path / "a.tif", plane, crs="EPSG:4326", transform=Affine(0.005, 0, 10, 0, -0.005, 60))
    _, _, columns = opened(write_vector(mask, tmp_path / "a.geojson", "lines").path)
    # 3 pixels at 59.84 degrees, where a degree of longitude is 56.08 kilometres long.
    assert columns["width_mean"] == pytest.approx(3 * 0.005 * 56_080, rel=1e-3)
