"""raremask balance: what it says is so, in words and in JSON, and the second time at once."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from raremask.balance import SCHEMES, PixelCounts, class_weights
from raremask.cli import main
from raremask.data import open_dataset
from raremask.plan import CLASS_WEIGHTS, plan_for


def call(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main(["balance", *map(str, arguments)])
    printed = capsys.readouterr()
    return stop.value.code, printed.out, printed.err


def save(data, stem, mask):
    for folder in ("images", "masks"):
        (data / folder).mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((*mask.shape, 3), np.uint8)).save(data / "images" / f"{stem}.png")
    Image.fromarray(mask).save(data / "masks" / f"{stem}.png")


@pytest.fixture
def data(tmp_path):
    """Masks of 100 by 100: shares of 0, 1, 5 and 20 %, one all void; three train, with bars of 1, 5 and 20 pixels."""
    for stem, rows in (("none", 0), ("one", 1), ("five", 5), ("twenty", 20)):
        mask = np.zeros((100, 100), np.uint8)
        mask[40 : 40 + rows] = 1
        save(tmp_path, stem, mask)
    save(tmp_path, "void", np.full((100, 100), 255, np.uint8))
    (tmp_path / "val.txt").write_text("none\nvoid\n")
    (tmp_path / "test.txt").write_text("")
    return tmp_path


OPTIONS = ("--foreground", 1, "--ignore", 255)


def test_the_numbers_are_those_of_the_masks(capsys, data):
    code, out, _ = call(capsys, data, *OPTIONS, "--json")
    told = json.loads(out)
    assert code == 0
    everything = told["splits"]["all"]
    assert (everything["masks"], everything["empty"], everything["all_void"]) == (5, 2, 1)
    assert (everything["foreground"], everything["background"], everything["void"]) == (2600, 37400, 10_000)
    assert (everything["share"], everything["void_share"]) == (0.065, 0.2)
    wanted = np.quantile([0, 0.01, 0.05, 0.2], [0, 0.25, 0.5, 0.75, 1])
    assert list(everything["share_quantiles"]) == ["0", "0.25", "0.5", "0.75", "1"]
    assert list(everything["share_quantiles"].values()) == pytest.approx(wanted.tolist())
    steps = [(step["above"], step["to"], step["masks"]) for step in everything["share_histogram"]]
    assert steps == [(0, 0, 1), (0.003, 0.01, 1), (0.01, 0.03, 0), (0.03, 0.1, 1), (0.1, 0.3, 1)]
    assert told["splits"]["train"]["masks"] == 3
    pieces = told["pieces"]
    assert (pieces["masks"], pieces["of_masks_with_foreground"], pieces["pieces"]) == (3, 3, 3)
    assert pieces["size"] == {"0.1": 100, "0.5": 500, "0.9": 2000}
    assert pieces["width"] == {"0.1": 5.0, "0.5": pytest.approx(19.6), "0.9": pytest.approx(19.6)}
    assert pieces["thin"] is False


def test_the_weights_are_those_of_the_training_masks(capsys, data):
    told = json.loads(call(capsys, data, *OPTIONS, "--json")[1])["class_weights"]
    counts = [PixelCounts(100 * rows, 10_000 - 100 * rows) for rows in (1, 5, 20)]
    assert list(told) == list(SCHEMES) == list(CLASS_WEIGHTS)
    for name, scheme in SCHEMES.items():
        weights = class_weights(name, counts)
        assert (told[name]["background"], told[name]["foreground"]) == pytest.approx(weights)
        assert told[name]["ratio"] == pytest.approx(weights.foreground / weights.background)
        assert (told[name]["formula"], told[name]["source"]) == (scheme.formula, scheme.source)
        assert f"costs as much as {told[name]['ratio']:.3g} false ones" in told[name]["trade"]


@pytest.mark.parametrize("name", CLASS_WEIGHTS)
def test_train_takes_the_weights_that_are_printed_where_crops_hold_what_images_do(capsys, scene_folder, name):
    told = json.loads(call(capsys, scene_folder, "--json")[1])["class_weights"][name]
    # Of whole images, drawn alike.
    plan = plan_for(open_dataset(scene_folder), {"crops.size": 96, "crops.foreground_share": 0.0}, class_weights=name)
    printed = told["background"], told["foreground"]
    assert (plan.loss.weight_background, plan.loss.weight_foreground) == pytest.approx(printed, rel=1e-5)


def test_the_words(capsys, data):
    code, out, err = call(capsys, data, *OPTIONS)
    assert (code, err) == (0, "")
    for said in (
        "void is 255",
        "1 masks are all void: they have no share",
        "3 pieces, from 3 of the 3 training masks that hold foreground",
        "not thin: half of the foreground lies where it is 19.6 pixels wide or more",
        "In the published weighted IoU loss they only scale it",
        "try --weight-foreground 3: a missed foreground pixel costs as much as 3 false ones",
        *(f"{name}: {scheme.formula} ({scheme.source})" for name, scheme in SCHEMES.items()),
    ):
        assert said in out
    assert re.search(r"^  train +1.00 % +3.00 % +5.00 % +12.50 % +20.00 % +$", out, re.MULTILINE)
    bars = re.findall(r"^ +(empty|.* %)  ([█▏▎▍▌▋▊▉]*) +(\d+)$", out, re.MULTILINE)
    assert [(step, int(masks)) for step, _, masks in bars] == [
        ("empty", 1),
        ("0.3 to 1 %", 1),
        ("1 to 3 %", 0),
        ("3 to 10 %", 1),
        ("10 to 30 %", 1),
    ]
    assert [len(bar) for _, bar, _ in bars] == [30, 30, 0, 30, 30]


def test_thin_is_said_of_what_is_thin_and_what_a_slip_costs(capsys, data):
    (data / "test.txt").write_text("twenty\n")
    _, out, _ = call(capsys, data, *OPTIONS)
    strip = np.zeros((9, 100), bool)
    strip[2:7] = True
    aside = np.roll(strip, 1, axis=0)
    iou = (strip & aside).sum() / (strip | aside).sum()
    assert (
        f"at most 5.0 pixels wide, and a straight strip so wide, drawn one pixel aside, scores an IoU of {iou:.2f}"
        in out
    )
    assert "--loss iou+crossentropy+skeleton" in out


def test_a_terminal_without_blocks_gets_ascii(capsys, data, monkeypatch):
    terminal = io.TextIOWrapper(io.BytesIO(), "ascii", errors="strict")
    monkeypatch.setattr("raremask.cli.console._CONSOLE", [])
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", terminal)
        with pytest.raises(SystemExit) as stop:
            main(["balance", str(data), *map(str, OPTIONS)])
        terminal.flush()
    assert stop.value.code == 0
    assert re.search(rb"empty  #{30}  1", terminal.buffer.getvalue())


def test_only_some_masks_are_measured_and_the_seed_says_which(capsys, tmp_path):
    for index in range(70):
        mask = np.zeros((8, 40), np.uint8)
        mask[2 : 3 + index % 5, : 1 + index // 5] = 255
        save(tmp_path, f"{index:02}", mask)
    save(tmp_path, "empty", np.zeros((8, 40), np.uint8))
    (tmp_path / "val.txt").write_text("00\n")
    (tmp_path / "test.txt").write_text("")
    told = [json.loads(call(capsys, tmp_path, "--json", "--seed", seed)[1])["pieces"] for seed in (0, 0, 1)]
    assert (told[0]["masks"], told[0]["of_masks_with_foreground"], told[0]["pieces"]) == (64, 69, 64)
    assert told[0] == told[1]
    assert told[0]["mean_width"] != told[2]["mean_width"]


def test_without_foreground_in_training_no_weights_follow(capsys, data):
    (data / "val.txt").write_text("one\nfive\ntwenty\n")
    code, _, err = call(capsys, data, *OPTIONS)
    assert code == 2
    assert "no class weights follow from the training masks" in err


def test_groups_and_folds_are_those_of_train_and_are_typed_again(capsys, scene_folder, tmp_path):
    data = shutil.copytree(scene_folder, tmp_path / "data")
    for name in ("train", "val", "test"):
        (data / f"{name}.txt").unlink(missing_ok=True)
    told = json.loads(call(capsys, data, "--fold", "2/3", "--seed", 4, "--json")[1])
    splits = open_dataset(data, seed=4, fold="2/3").splits
    assert told["origin"] == splits.origin
    assert told["splits"]["test"]["masks"] == len(splits.test)
    _, out, _ = call(capsys, data, "--group-by", "(.)$")
    assert "--group-by '(.)$' -o runs/first" in out


def aged(folder):
    for path in (folder / "masks").iterdir():
        os.utime(path, (time.time() - 60,) * 2)


def test_the_second_call_reads_no_mask_and_starts_nothing_heavy(data, tmp_path):
    aged(data)
    code = f"""
import sys
from raremask.cli import main
import raremask.data.images
read = []
def noting(path, plainly=raremask.data.images._open):
    read.append(path)
    return plainly(path)
raremask.data.images._open = noting
try:
    main(["balance", {str(data)!r}, "--foreground", "1", "--ignore", "255"])
finally:
    heavy = ["skimage", "scipy", "matplotlib", "keras", "tensorflow"]
    print(len(read), [name for name in heavy if name in sys.modules], file=sys.stderr)
"""
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    ended = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
        for _ in range(2)
    ]
    assert ended[0].stderr.startswith("8 ")  # five to count, three to measure
    assert ended[1].stderr.strip() == "0 []"
    assert ended[0].stdout == ended[1].stdout


@pytest.mark.parametrize(
    ("name", "masks", "options", "share", "empty", "void", "thin"),
    [
        ("br_roads", "masks_crack", OPTIONS, 0.018, 68, 0.44, True),
        ("br_roads", "masks_pothole", OPTIONS, 0.007, 331, 0.44, False),
        ("dubai_roads", "masks", (), 0.093, 8, 0, False),
        ("paveseg_crack", "masks", (), 0.004, 40, 0, True),
        ("chase_vessels", "masks", (), 0.069, 0, 0, True),
    ],
)
def test_real_sets_are_told_as_they_are(capsys, real_data, name, masks, options, share, empty, void, thin):
    _, out, _ = call(capsys, real_data / name, "--masks", masks, *options, "--json")
    told = json.loads(out)
    everything = told["splits"]["all"]
    assert everything["share"] == pytest.approx(share, abs=0.001)
    assert everything["empty"] == empty
    assert everything["void_share"] == pytest.approx(void, abs=0.01)
    assert told["pieces"]["thin"] is thin
