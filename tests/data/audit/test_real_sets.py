"""What the audit says of real sets is true."""

import shutil

import pytest

from raremask.data.audit import ERROR, NOTE, WARNING


def severities(found):
    return {kind: finding.severity for kind, finding in found.items()}


def test_dubai_roads(real_data, kinds):
    found = kinds(real_data / "dubai_roads")
    assert severities(found) == {"share-differs": WARNING, "empty": NOTE}
    assert found["empty"].text.startswith("8 of 72 masks")
    assert "val 4.3 %, test 11.2 %" in found["share-differs"].text


def test_dubai_roads_split_at_random_leaks(real_data, tmp_path, kinds):
    data = shutil.copytree(real_data / "dubai_roads", tmp_path / "data", ignore=shutil.ignore_patterns("*.txt"))
    found = kinds(data)
    assert "leaking-split" in found
    assert "8 places" in found["leaking-split"].text
    assert not any("duplicate" in kind for kind in found)


def test_paveseg_crack(real_data, kinds):
    found = kinds(real_data / "paveseg_crack")
    assert severities(found) == {"empty": NOTE}
    assert found["empty"].text == "40 of 100 masks hold no foreground (40 %)"


@pytest.mark.parametrize("masks", ["masks", "masks_second_observer"])
def test_chase_vessels(real_data, kinds, masks):
    found = kinds(real_data / "chase_vessels", masks=masks)
    assert severities(found) == {"blank": NOTE}
    assert found["blank"].text.startswith("28 of 28 images have blank areas")


def test_br_roads_without_options_asks(real_data, kinds):
    found = kinds(real_data / "br_roads", masks="masks_crack")
    assert severities(found) == {"void": ERROR, "not-checked": NOTE}
    assert "255 (44.14 %)" in found["void"].text
    assert "--foreground 1 --ignore 255" in found["void"].fix


@pytest.mark.parametrize(("masks", "empty"), [("masks_crack", 68), ("masks_pothole", 331)])
def test_br_roads(real_data, kinds, masks, empty):
    found = kinds(real_data / "br_roads", masks=masks, foreground="1", ignore="255")
    assert severities(found) == {"void": NOTE, "empty": NOTE}
    assert "44.1 % of all pixels" in found["void"].text
    assert found["empty"].text.startswith(f"{empty} of 448 masks")


def test_br_roads_without_void_warns(real_data, kinds):
    found = kinds(real_data / "br_roads", masks="masks_crack", foreground="1")
    assert severities(found) == {"void": WARNING, "empty": NOTE}
