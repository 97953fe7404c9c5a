import numpy as np
import pytest
import rasterio.shutil
from PIL import Image

from raremask.errors import InputError
from raremask.prediction import plan_outputs, plan_pictures
from raremask.prediction.inputs import find_inputs
from support.geotiffs import write_geotiff


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4, 4)).save(path)
    return path


def test_folders_and_files_are_taken(tmp_path):
    one, two = picture(tmp_path / "images" / "a.png"), picture(tmp_path / "b.jpg")
    outputs = plan_outputs([tmp_path / "images", two], tmp_path / "out")
    assert outputs == [(one, tmp_path / "out" / "a.png"), (two, tmp_path / "out" / "b.png")]


def test_patterns_that_no_shell_has_expanded_are(tmp_path):
    paths = [picture(tmp_path / name) for name in ("x/a.tif", "x/b.tif", "y/z/c.tif", "y/d.png")]
    assert find_inputs([f"{tmp_path}/x/*.tif"]) == paths[:2]
    assert find_inputs([f"{tmp_path}/**/*.tif"]) == paths[:3]
    assert find_inputs([f"{tmp_path}/*/[cd].png", paths[0]]) == [paths[3], paths[0]]
    assert find_inputs([f"{tmp_path}/?"]) == [*paths[:2], paths[3]]
    with pytest.raises(InputError, match=r"no file is called .*\*\.jpg"):
        find_inputs([f"{tmp_path}/*.jpg"])


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path):
    odd = picture(tmp_path / "a[1].png")
    picture(tmp_path / "a1.png")
    assert find_inputs([odd]) == [odd]


def test_tiffs_and_virtual_rasters_give_tiffs(tmp_path):
    paths = [picture(tmp_path / name) for name in ("a.tif", "b.TIFF", "c.jpg")]
    (tmp_path / "d.vrt").write_text("<VRTDataset/>")
    disguised = picture(tmp_path / "e.tif").rename(tmp_path / "e.png")
    outputs = plan_outputs([*paths, tmp_path / "d.vrt", disguised], tmp_path / "out")
    assert [target.name for _, target in outputs] == ["a.tif", "b.tif", "c.png", "d.tif", "e.tif"]
    assert plan_outputs([paths[2]], tmp_path / "out", rasters=True)[0][1].name == "c.tif"


def test_one_image_may_be_given_a_file(tmp_path):
    tiff, png = picture(tmp_path / "a.tif"), picture(tmp_path / "b.png")
    assert plan_outputs([tiff], tmp_path / "roads.tif") == [(tiff, tmp_path / "roads.tif")]
    assert plan_outputs([tiff], tmp_path / "roads.tiff")[0][1].name == "roads.tiff"
    assert plan_outputs([png], tmp_path / "roads.png") == [(png, tmp_path / "roads.png")]
    with pytest.raises(InputError, match="one file, but there are 2 images"):
        plan_outputs([tiff, png], tmp_path / "roads.tif")
    with pytest.raises(InputError, match=r"gives a TIF: name it .*roads\.tif"):
        plan_outputs([tiff], tmp_path / "roads.png")
    with pytest.raises(InputError, match=r"gives a PNG: name it .*roads\.png"):
        plan_outputs([png], tmp_path / "roads.tif")
    (tmp_path / "folder.tif").mkdir()
    assert plan_outputs([tiff], tmp_path / "folder.tif")[0][1] == tmp_path / "folder.tif" / "a.tif"
    (tmp_path / "notes").write_text("")
    with pytest.raises(InputError, match="is a file; name a folder"):
        plan_outputs([tiff], tmp_path / "notes")


def test_two_images_of_one_stem_are_refused(tmp_path):
    paths = [picture(tmp_path / "x" / "a.png"), picture(tmp_path / "y" / "a.jpg")]
    with pytest.raises(InputError, match="one mask"):
        plan_outputs(paths, tmp_path / "out")


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_a_mask_never_overwrites_its_image(tmp_path, name):
    path = picture(tmp_path / name)
    for out in (tmp_path, path):
        with pytest.raises(InputError, match="overwrite"):
            plan_outputs([path], out)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        plan_outputs([tmp_path / "nothing.png"], tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no images"):
        plan_outputs([tmp_path / "empty"], tmp_path / "out")


def virtual(path, source):
    rasterio.shutil.copy(source, path, driver="VRT")
    return path


def test_a_mask_never_overwrites_a_part_of_a_virtual_raster(tmp_path):
    source = write_geotiff(tmp_path / "scene.tif", np.ones((20, 30), np.uint8))
    with pytest.raises(InputError, match=r"mask would overwrite an image \(.*scene.tif\)"):
        plan_outputs([virtual(tmp_path / "scene.vrt", source)], tmp_path)
    # One that cannot be read is told of when its turn comes.
    (tmp_path / "broken.vrt").write_text("<VRTDataset>")
    assert plan_outputs([tmp_path / "broken.vrt"], tmp_path)[0][1] == tmp_path / "broken.tif"


def test_pictures_overwrite_no_image_and_no_other_picture(tmp_path):
    image = picture(tmp_path / "pictures" / "a.png")
    with pytest.raises(InputError, match="picture would overwrite an image"):
        plan_pictures(plan_outputs([image], tmp_path))
    outputs = plan_outputs([image, picture(tmp_path / "x" / "a.tif"), picture(tmp_path / "b.jpg")], tmp_path / "out")
    drawn = plan_pictures(outputs).values()
    assert [path.name for path in drawn] == ["a.png.png", "a.tif.png", "b.png"]
    assert {path.parent for path in drawn} == {tmp_path / "out" / "pictures"}


@pytest.mark.parametrize(("pattern", "out"), [("**/*.png", "masks"), ("x/*/*.png", "x/masks"), ("*/?.png", "y")])
def test_a_pattern_that_would_find_the_masks_is_refused(tmp_path, pattern, out):
    picture(tmp_path / "x" / "z" / "a.png")
    picture(tmp_path / "x" / "b.png")
    with pytest.raises(InputError, match="would find the masks, too"):
        plan_outputs([f"{tmp_path}/{pattern}"], tmp_path / out)


def test_a_pattern_that_searches_elsewhere_is_not(tmp_path):
    image = picture(tmp_path / "x" / "a.png")
    for pattern, out in (("x/*.png", "masks"), ("x/**/*.png", "masks"), ("x/*.png", "x/masks")):
        assert plan_outputs([f"{tmp_path}/{pattern}"], tmp_path / out) == [(image, tmp_path / out / "a.png")]
    # A file of such a name is no pattern.
    odd = picture(tmp_path / "*.png")
    assert plan_outputs([odd], tmp_path / "x" / "masks")[0][0] == odd
