"""The house of the design: each room imports only rooms above it, and the pure ones import nothing heavy."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import raremask

SOURCE = Path(raremask.__file__).parent

# From top to bottom: a room may import those before it. The first four are the leaves that all may use.
ROOMS = (
    "__init__",
    "errors",
    "files",
    "losses",
    "metrics",
    "balance",
    "tiling",
    "data",
    "models",
    "plan",
    "run_folder",
    "model_file",
    "run",
    "training",
    "engines",
    "prediction",
    "vector",
    "evaluation",
    "report",
    "export",
    "cli",
)

# What the pure rooms may know of raremask at all. The metrics share the losses' reading of labels.
NARROW = {
    "errors": set(),
    "files": {"errors"},
    "losses": set(),
    "metrics": {"losses"},
    "balance": set(),
    "tiling": set(),
    "data": {"balance", "errors", "files"},
    "models": {"errors"},
    "model_file": {"errors", "files"},
    "vector": {"errors", "files"},
}

HEAVY = {"keras", "tensorflow", "jax", "torch"}
WITHOUT_FRAMEWORK = ("errors", "files", "balance", "tiling", "data", "vector")


def room_of(path):
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            if node.module == "raremask":
                yield from (f"raremask.{alias.name}" for alias in node.names if alias.name != "__version__")


def rooms_imported(path):
    return {name.split(".")[1] for name in imports_of(path) if name.startswith("raremask.")}


FILES = sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_room_imports_only_rooms_above_it(path):
    room = room_of(path)
    assert room in ROOMS, f"{room} is not a room of the design"
    above = set(ROOMS[: ROOMS.index(room) + 1])
    assert rooms_imported(path) <= above
    if room in NARROW:
        assert rooms_imported(path) - {room} <= NARROW[room]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_assert_and_no_pickle_in_the_source(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not any(isinstance(node, ast.Assert) for node in ast.walk(tree))
    assert not {"pickle", "dill", "joblib"} & {name.split(".")[0] for name in imports_of(path)}


def test_a_file_has_at_most_300_lines():
    long = {path.name: lines for path in FILES if (lines := len(path.read_text().splitlines())) > 300}
    assert not long


@pytest.mark.parametrize("room", WITHOUT_FRAMEWORK)
def test_rooms_without_a_framework_import_none(room):
    code = f"import sys, raremask.{room}; print([n for n in {sorted(HEAVY)} if n in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


@pytest.mark.parametrize("room", [room for room in ROOMS if (SOURCE / room).is_dir()])
def test_all_names_what_is_there(room):
    module = __import__(f"raremask.{room}", fromlist=["__all__"])
    assert sorted(set(module.__all__)) == sorted(module.__all__)
    assert all(hasattr(module, name) for name in module.__all__)
