"""A clean set to plant defects in, and what an audit finds."""

import shutil

import pytest

from raremask.data.audit import NOTE, audit


@pytest.fixture
def data(scene_folder, tmp_path):
    """A copy of the ten scenes of 96 pixels."""
    return shutil.copytree(scene_folder, tmp_path / "data")


@pytest.fixture(scope="session")
def kinds():
    """``kinds(data, **options)``: the findings by kind; asked twice, a kind must stand once."""

    def look(data, notes=True, **options):
        findings = [finding for finding in audit(data, **options).findings if notes or finding.severity != NOTE]
        by_kind = {finding.kind: finding for finding in findings}
        assert len(by_kind) == len(findings)
        return by_kind

    return look
