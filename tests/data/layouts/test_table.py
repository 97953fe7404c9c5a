"""A CSV of pairs: what it may hold, and one line with the row for what it may not."""

import csv

import pytest

from raremask.data.layouts import table as table_module
from raremask.data.layouts.table import read_table, table_of
from raremask.errors import InputError


@pytest.fixture
def data(tmp_path):
    for name in ("images/a.jpg", "images/b.jpg", "images/c.jpg", "masks/a.png", "masks/b.png", "masks/c.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def write(data, *rows, name="pairs.csv"):
    with open(data / name, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return data / name


def refusal(path):
    with pytest.raises(InputError) as caught:
        read_table(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


HEADER = ("image", "mask")
A, B, C = ((f"images/{stem}.jpg", f"masks/{stem}.png") for stem in "abc")


def test_pairs_of_a_table(data):
    path = write(data, HEADER, B, A)
    pairs = read_table(path).pairs
    assert [(pair.stem, pair.image, pair.mask, pair.split, pair.group) for pair in pairs] == [
        ("a", data / A[0], data / A[1], None, None),
        ("b", data / B[0], data / B[1], None, None),
    ]


def test_split_group_and_other_columns(data):
    rows = [("mask", "split", "area", "image", "group"), (A[1], "train", "north", A[0], "g1")]
    rows += [(B[1], "Validation", "south", B[0], "g2"), (C[1], "testing", "south", C[0], "g2")]
    table = read_table(write(data, *rows))
    assert [(pair.split, pair.group) for pair in table.pairs] == [("train", "g1"), ("val", "g2"), ("test", "g2")]
    assert table.rows["b"]["area"] == "south"


def test_columns_that_are_empty_throughout_say_nothing(data):
    (pair,) = read_table(write(data, (*HEADER, "split", "group"), (*A, "", " "))).pairs
    assert (pair.split, pair.group) == (None, None)


def test_absolute_paths_and_another_folder(data, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    path = write(elsewhere, HEADER, [data / cell for cell in A], [data / cell for cell in B], name="list.csv")
    assert [pair.stem for pair in read_table(path).pairs] == ["a", "b"]
    assert read_table(path).pairs[0].mask == data / A[1]


def test_stems_keep_the_folders_in_which_images_differ(data):
    (data / "images" / "north").mkdir()
    (data / "images" / "north" / "a.jpg").touch()
    stems = [pair.stem for pair in read_table(write(data, HEADER, A, ("images/north/a.jpg", A[1]))).pairs]
    assert stems == ["a", "north/a"]


def test_a_byte_order_mark_blank_lines_and_spaces_are_passed_over(data):
    (data / "pairs.csv").write_bytes(
        b"\xef\xbb\xbfimage , mask\r\n\r\n images/a.jpg , masks/a.png \r\n,\r\nimages/b.jpg,masks/b.png\r\n\r\n"
    )
    assert [pair.stem for pair in read_table(data / "pairs.csv").pairs] == ["a", "b"]


def test_which_file_is_the_table(data):
    assert table_of(data) is None
    path = write(data, HEADER, A)
    assert table_of(data) == table_of(path) == path
    assert table_of(data / "other.CSV") == data / "other.CSV"
    assert table_of(data / "images") is None
    (data / "set.csv").mkdir()
    assert table_of(data / "set.csv") is None


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "image and mask is not in it (found: nothing)"),
        ([A, B], "image and mask is not in it (found: images/a.jpg, masks/a.png)"),
        ([("image", "label"), A], "mask is not in it (found: image, label)"),
        ([("image;mask",), ("images/a.jpg;masks/a.png",)], "separated by commas; image and mask is not in it"),
        ([(*HEADER, "mask"), (*A, A[1])], "the column 'mask' stands twice"),
        ([HEADER], "holds a header and no pairs"),
        ([HEADER, A, (*B, "x")], ", row 3: 3 cells under 2 columns"),
        ([HEADER, A, B[:1]], ", row 3: 1 cells under 2 columns"),
        ([HEADER, A, (), ("", B[1])], ", row 4: no image"),
        ([HEADER, (A[0], " ")], ", row 2: no mask"),
        ([HEADER, A, B, ("images/gone.jpg", B[1])], ", row 4: {data}/images/gone.jpg does not exist"),
        ([HEADER, (A[0], "masks")], ", row 2: {data}/masks does not exist"),
        ([HEADER, A, B, A], ", row 4: images/a.jpg stands in row 2 already"),
        (
            [HEADER, A, ("images/../images/a.jpg", A[1])],
            ", row 3: images/../images/a.jpg shares its stem with images/a",
        ),
        ([HEADER, A, ("images/a.png", A[1])], ", row 3: images/a.png shares its stem with images/a.jpg, which stands"),
        ([(*HEADER, "split"), (*A, "train"), (*B, "dev")], ", row 3: split 'dev' is none of train, val and test"),
        ([(*HEADER, "split"), (*A, "train"), (*B, "")], ", row 3: no split, where other rows have one"),
        ([(*HEADER, "group"), (*A, ""), (*B, "g")], ", row 2: no group, where other rows have one"),
    ],
)
def test_a_table_that_is_refused(data, rows, told):
    path = write(data, *rows)
    message = refusal(path)
    assert message.startswith(str(path))
    assert told.format(data=data) in message


@pytest.mark.parametrize(
    "content", [b"\xff\xfei\x00m\x00a\x00", b'image,mask\n"images/a.jpg,masks/a.png\n', b'image,mask\n"a"b,c\n']
)
def test_what_is_no_csv_is_refused(data, content):
    (data / "pairs.csv").write_bytes(content)
    assert "pairs.csv cannot be read as CSV" in refusal(data / "pairs.csv")


def test_a_table_that_is_not_there(data):
    assert refusal(data / "none.csv") == f"cannot read {data / 'none.csv'}: No such file or directory"


def test_a_table_of_any_size_is_not_read(data, monkeypatch):
    monkeypatch.setattr(table_module, "LARGEST_TABLE", 20)
    assert "is larger than 0 MB" in refusal(write(data, HEADER, A))
