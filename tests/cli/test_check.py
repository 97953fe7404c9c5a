"""``raremask check``: what it prints, its exit code, its files."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from raremask.cli import main


@pytest.fixture
def data(scene_folder, tmp_path):
    return shutil.copytree(scene_folder, tmp_path / "data")


@pytest.fixture
def check(capsys):
    """``check(*arguments)``: (exit code, standard output, standard error)."""

    def run(*arguments):
        with pytest.raises(SystemExit) as stop:
            main(["check", *map(str, arguments)])
        return stop.value.code, *capsys.readouterr()

    return run


def truncate(data):
    path = data / "images" / "scene_0003.jpg"
    path.write_bytes(path.read_bytes()[:2000])


def invert(data):
    path = data / "masks" / "scene_0004.png"
    with Image.open(path) as mask:
        inverted = 255 - np.asarray(mask)
    Image.fromarray(inverted).save(path)


def test_a_clean_set_is_all_good(check, data):
    code, out, err = check(data)
    assert (code, err) == (0, "")
    assert "all good" in out
    assert "foreground is values above 127" in out
    assert out.rstrip().endswith(f"next: raremask balance {data}")


def test_a_warning_does_not_fail(check, data):
    invert(data)
    code, out, _ = check(data)
    assert code == 0
    assert "WARNING  inverted: 1 of 10 masks is probably inverted" in out
    assert "no errors, 1 warning" in out


def test_an_error_tells_all_and_fails(check, data):
    truncate(data)
    invert(data)
    code, out, err = check(data)
    assert (code, err) == (2, "")
    assert out.index("ERROR  truncated") < out.index("WARNING  inverted") < out.index("NOTE  empty")
    assert "files: images/scene_0003.jpg" in out
    assert out.count("    why:   ") == out.count("    do:    ") == 3
    assert "1 error: training on this would be refused or wrong" in out
    assert "next: raremask balance" not in out
    rows = [line.split() for line in out.splitlines() if line.startswith(("  error ", "  warning ", "  note "))]
    assert rows == [["error", "truncated", "1"], ["warning", "inverted", "1"], ["note", "empty", "1"]]


def test_json_says_the_same(check, data):
    truncate(data)
    code, out, _ = check(data, "--json")
    report = json.loads(out)
    assert code == 2
    assert report["count"] == {"error": 1, "warning": 0, "note": 1}
    assert report["pairs"] == 10
    assert [finding["kind"] for finding in report["findings"]] == ["truncated", "empty"]
    assert report["findings"][0]["files"] == ["images/scene_0003.jpg"]
    assert report["parts"]["all"]["masks"] == 10
    assert report["parts"]["all"]["empty"] == 1
    assert report["decoding"]["value"] == 127
    assert report["sheet"] is None


def test_json_without_a_decoding(check, data):
    for path in (data / "masks").iterdir():
        with Image.open(path) as mask:
            labels = np.asarray(mask) // 255
        labels[:20] = 255
        Image.fromarray(labels).save(path)
    code, out, _ = check(data, "--json")
    report = json.loads(out)
    assert code == 2
    assert report["decoding"] is None
    assert report["parts"]["train"] == {"masks": len((data / "train.txt").read_text().split())}
    assert check(data)[0] == 2
    assert check(data, "--foreground", 1, "--ignore", 255)[0] == 0


def test_the_sheet_is_written_where_asked_and_nowhere_else(check, data, tmp_path):
    before = sorted(data.rglob("*"))
    truncate(data)
    _, out, _ = check(data, "--sheet", tmp_path / "out" / "worst.png")
    assert f"pictures of the worst finds: {tmp_path / 'out' / 'worst.png'}" in out
    assert (tmp_path / "out" / "worst.png").is_file()
    assert sorted(data.rglob("*")) == before


def test_a_sheet_is_offered(check, data):
    truncate(data)
    assert f"next: raremask check {data} --sheet check.png" in check(data)[1]


def test_a_sheet_must_be_a_png(check, data):
    code, out, err = check(data, "--sheet", "worst.jpg")
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert "ends in .png" in err


def test_groups(check, data):
    code, _, _ = check(data, "--group-by", "(.)$")
    assert code == 0
    code, out, _ = check(data, "--group-by", "no such thing")
    assert code == 2
    assert "ERROR  split: --group-by" in out


def test_a_fold_is_judged_and_typed_again(check, data):
    for name in ("train", "val", "test"):
        (data / f"{name}.txt").unlink()
    code, out, _ = check(data, "--fold", "2/3", "--seed", 4)
    assert code == 0
    assert "Masks (fold 2 of 3, drawn with seed 4, alike in foreground)" in " ".join(out.split())
    assert out.rstrip().endswith(f"next: raremask balance {data} --seed 4 --fold 2/3")
    report = json.loads(check(data, "--fold", "2/3", "--seed", 4, "--json")[1])
    assert report["split"] == "fold 2 of 3, drawn with seed 4, alike in foreground"
    code, out, err = check(data, "--fold", "4/3")
    assert (code, out) == (2, "")
    assert "is no fold" in err


def test_the_layout_is_told(check, data):
    assert "10 pairs of image and mask (images/ and masks/)" in check(data)[1]
    assert json.loads(check(data, "--json")[1])["layout"] == "images/ and masks/"


def test_a_missing_file_of_a_table_is_a_finding_among_others(check, data):
    truncate(data)
    rows = [f"images/scene_{number:04d}.jpg,masks/scene_{number:04d}.png" for number in range(10)]
    (data / "pairs.csv").write_text("\n".join(["image,mask", *rows]))
    (data / "masks" / "scene_0005.png").unlink()
    code, out, err = check(data, "--sheet", data.parent / "sheet.png")
    assert (code, err) == (2, "")
    assert "ERROR  missing-file: 1 row names a file that is not there: row 7: masks/scene_0005.png" in out
    assert "ERROR  truncated" in out


def test_no_data_is_one_line(check, tmp_path):
    code, out, err = check(tmp_path / "nowhere")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1


def test_check_imports_no_framework(scene_folder):
    code = f"""
import sys
from raremask.cli import main
try:
    main(["check", {str(scene_folder)!r}])
except SystemExit as stop:
    print(stop.code, [name for name in ["tensorflow", "keras", "matplotlib"] if name in sys.modules], file=sys.stderr)
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr == "0 []\n"


def test_help_imports_nothing_heavy():
    code = """
import sys
from raremask.cli import main
try:
    main(["check", "--help"])
except SystemExit:
    print([name for name in ["numpy", "PIL", "rich", "matplotlib"] if name in sys.modules], file=sys.stderr)
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr == "[]\n"
