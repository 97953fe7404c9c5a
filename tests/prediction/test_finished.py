import os

import numpy as np
import rasterio.shutil

from raremask.prediction import Finished
from support.geotiffs import write_geotiff


def files(folder, *names):
    for name in names:
        (folder / name).write_text(name)
    return [folder / name for name in names]


def test_what_was_added_is_known_until_all_is_done(tmp_path):
    image, out, other = files(tmp_path, "image.png", "out.png", "other.png")
    first = Finished(tmp_path, ["run", 0.5])
    assert not first.knows(image, out)
    first.add(image, out)
    again = Finished(tmp_path, ["run", 0.5])
    assert again.knows(image, out)
    assert not again.knows(image, other)
    assert not Finished(tmp_path, ["run", 0.6]).knows(image, out)
    again.remove()
    again.remove()
    assert not Finished(tmp_path, ["run", 0.5]).knows(image, out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["image.png", "other.png", "out.png"]


def test_a_changed_image_and_a_changed_output_are_made_anew(tmp_path):
    image, out = files(tmp_path, "image.png", "out.png")
    for changed in (image, out):
        finished = Finished(tmp_path, [])
        finished.add(image, out)
        assert Finished(tmp_path, []).knows(image, out)
        os.utime(changed, ns=(7, 7))
        assert not Finished(tmp_path, []).knows(image, out)
    out.unlink()
    assert not Finished(tmp_path, []).knows(image, out)


def test_a_line_that_was_left_half_written_spoils_no_other(tmp_path):
    image, out, other = files(tmp_path, "image.png", "out.png", "other.png")
    Finished(tmp_path, []).add(image, out)
    path = tmp_path / "predict.part.jsonl"
    path.write_bytes(path.read_bytes() + b'{"output": "\xff')
    Finished(tmp_path, []).add(image, other)
    assert Finished(tmp_path, []).knows(image, out)
    assert Finished(tmp_path, []).knows(image, other)


def test_a_changed_part_of_a_virtual_raster_is_a_changed_image(tmp_path):
    source = write_geotiff(tmp_path / "tile.tif", np.ones((20, 30), np.uint8))
    rasterio.shutil.copy(source, tmp_path / "a.vrt", driver="VRT")
    [out] = files(tmp_path, "out.tif")
    Finished(tmp_path, []).add(tmp_path / "a.vrt", out)
    assert Finished(tmp_path, []).knows(tmp_path / "a.vrt", out)
    os.utime(source, ns=(7, 7))
    assert not Finished(tmp_path, []).knows(tmp_path / "a.vrt", out)
