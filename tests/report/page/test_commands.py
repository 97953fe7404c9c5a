import shlex
from pathlib import Path

import pytest

from raremask.report.page.commands import check_command, train_command
from support.scores import run_of


def test_spaces_and_quotes_in_paths_are_typed_so_that_a_shell_reads_them():
    run = run_of(source={"data": "/my data/it's"})
    words = shlex.split(train_command(run, Path("/runs/a b"), loss__name="dice"))
    assert words[2:] == [
        "/my data/it's",
        "--plan",
        "/runs/a b/plan.toml",
        "-o",
        "/runs/a b-next",
        "--set",
        "loss.name=dice",
    ]


def test_numbers_are_short():
    assert train_command(run_of(), Path("r"), epochs=6, a__b=0.25).endswith("--epochs 6 --set a.b=0.25")


@pytest.mark.parametrize("source", [{}, {"data": None}])
def test_data_that_is_not_known_is_left_to_the_reader(source):
    assert check_command(run_of(source=source)) == "raremask check DATA"


def test_check_reads_as_the_run_did():
    changes = {"data.masks": "labels", "data.foreground": "above:127", "data.ignore": "255", "data.group_by": "^(.+)_"}
    run = run_of(plan=run_of().plan.changed(changes))
    assert shlex.split(check_command(run))[3:] == [
        "--masks",
        "labels",
        "--foreground",
        "above:127",
        "--ignore",
        "255",
        "--group-by",
        "^(.+)_",
    ]


def test_a_folder_without_a_name():
    assert "-o next" in train_command(run_of(), Path("/"))
