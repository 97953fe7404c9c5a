"""What many tests share: a small synthetic set, a run trained on it once, and the real data where it is."""

import importlib.util
import os
from pathlib import Path

import pytest

# Before any test imports TensorFlow: raremask.vector.geopackage says why.
if importlib.util.find_spec("pyogrio"):
    importlib.import_module("pyogrio.raw")

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

REAL_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """The tests' own cache folder, also for the processes they start: the user's is left alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def real_data():
    """Folder of the real data sets; tests that need it are skipped, visibly, where it is missing."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"the real data is not at {REAL_DATA}")
    return REAL_DATA


@pytest.fixture(scope="session")
def scene_folder(tmp_path_factory):
    """Ten scenes of 96 pixels. Do not write into it."""
    from raremask.data.scenes import write_scenes

    folder = tmp_path_factory.mktemp("scenes") / "data"
    write_scenes(folder, count=10, size=96)
    return folder


@pytest.fixture(scope="session")
def scene_set(scene_folder):
    """The same, opened."""
    from raremask.data import open_dataset

    return open_dataset(scene_folder)


@pytest.fixture(scope="session")
def tiny_plan():
    """A training of seconds."""
    from support.plans import plan_of

    return plan_of(crop=64, batch=4, width=4, depth=2, epochs=3, steps=10, learning_rate=1e-2, precision="float32")


@pytest.fixture(scope="session")
def trained(scene_set, tiny_plan, tmp_path_factory):
    """Folder of a run trained by `tiny_plan`. Do not write into it."""
    from raremask.training import train

    folder = tmp_path_factory.mktemp("runs") / "trained"
    train(scene_set, tiny_plan, folder)
    return folder
