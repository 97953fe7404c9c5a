import math

import pytest

from raremask.errors import InputError
from raremask.report import read_history


def test_numbers_by_column(tmp_path):
    (tmp_path / "history.csv").write_text("epoch,loss\n1,0.5\n2,nan\n")
    first, second = read_history(tmp_path / "history.csv")
    assert first == {"epoch": 1.0, "loss": 0.5}
    assert math.isnan(second["loss"])


@pytest.mark.parametrize("text", [None, "", "epoch,loss\n", "epoch,loss\n1\n", "epoch\n1,2\n", "epoch\none\n"])
def test_what_is_no_history_is_named(tmp_path, text):
    path = tmp_path / "history.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=r"history\.csv is not a history"):
        read_history(path)
