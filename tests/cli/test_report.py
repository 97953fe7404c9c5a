"""raremask evaluate leaves a report beside its scores."""

import pytest

from raremask.cli import main


def test_evaluate_writes_the_report(trained, scene_folder, tmp_path):
    with pytest.raises(SystemExit) as end:
        main(["evaluate", str(trained), str(scene_folder), "-o", str(tmp_path)])
    assert end.value.code == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "of the test split" in page
    assert "<img" in page
    # The commands name the run that was evaluated.
    assert f"{trained}/plan.toml" in page
