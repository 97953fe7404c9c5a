"""How a data set lies on disk, recognised by what is there.

One folder of images and one of masks (``images`` with ``masks`` or ``labels``, ``sat`` with ``map``), holding
files or slippy-map tiles ``z/x/y``; or ``*_sat.*`` with ``*_mask.*`` in one folder, as DeepGlobe has them. The
same once in each of the folders ``train``, ``val`` and ``test``, whose masks may also lie in ``train_labels``. Or
a CSV of pairs, which, being written for the purpose, goes before all others.
"""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from raremask.data.images import SUFFIXES
from raremask.data.layouts.stems import SPLIT_WORDS, Pair, files_by_stem, match, tiles_by_stem
from raremask.data.layouts.table import TABLE, read_table, table_of
from raremask.errors import InputError, name_some

__all__ = ["DEFAULT", "Found", "readable", "recognise"]

DEFAULT = ("images", "masks")
_FOLDERS = (DEFAULT, ("images", "labels"), ("sat", "map"))
_BESIDE = ("_labels", "_masks")
_IMAGE, _MASK = "_sat", "_mask"


@dataclass(frozen=True)
class Found:
    """A data set's ``pairs``, sorted by stem, and its ``layout`` in words."""

    pairs: list[Pair]
    layout: str


@dataclass(frozen=True)
class _Form:
    """One way to read a folder: where images and masks lie (None: there are no masks), in words, told by ending."""

    images: Path
    masks: Path | None
    words: str
    by_ending: bool = False

    def files(self):
        """(images, masks, words), the first two dicts of stem to path."""
        if self.by_ending:
            found = files_by_stem(self.images)
            images, masks = (
                {stem.removesuffix(end): path for stem, path in found.items() if stem.endswith(end)}
                for end in (_IMAGE, _MASK)
            )
            return images, masks, self.words
        images, tiled = _files_or_tiles(self.images, "image")
        masks = {} if self.masks is None else _files_or_tiles(self.masks, "mask")[0]
        return images, masks, f"tiles z/x/y in {self.words}" if tiled else self.words


@contextlib.contextmanager
def readable():
    """Turns an error of the file system into one line."""
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot read {error.filename}: {error.strerror or error}. Check its permissions.") from error


@readable()
def recognise(data, images="images", masks="masks"):
    """Find the pairs of a data set, in whichever known way it lies on disk.

    Args:
        data: its folder, or a CSV of pairs.
        images, masks: folders in it. Other names than the default ones decide for folders of these names.

    Returns:
        `Found`. Images of a validation or test folder without any masks are left out, and ``layout`` says so.

    Raises:
        InputError: no layout fits, or two do; or as `find_pairs`.
    """
    data, named = Path(data), (images, masks) != DEFAULT
    table = table_of(data)
    if table == data and named:
        raise InputError(f"{data} names its images and masks itself; leave out --images and --masks")
    if table is not None and not named:
        return Found(read_table(table).pairs, f"the rows of {table.name}")
    if not data.is_dir():
        raise InputError(f"{data} is not a folder; DATA holds the folders {images}/ and {masks}/, or is a CSV of pairs")
    forms = _forms(data, images, masks)
    if forms and named:
        return _read_whole(data, forms[0])
    nested = _nested(data, images, masks)
    if len(forms) + bool(nested) > 1:
        told = [_told({name: form.words for name, form in nested.items() if form.masks})] if nested else []
        _refuse_two(data, [form.words for form in forms] + told)
    if forms:
        return _read_whole(data, forms[0])
    if nested:
        return _read_nested(data, nested)
    raise _nothing(data, images, masks)


def _forms(folder, images, masks):
    """The ways in which one folder can be read that have masks; a name that is preferred hides its like."""
    forms = {}
    for image_name, mask_name in _FOLDERS if (images, masks) == DEFAULT else ((images, masks),):
        if image_name not in forms and (folder / image_name).is_dir() and (folder / mask_name).is_dir():
            forms[image_name] = _Form(folder / image_name, folder / mask_name, f"{image_name}/ and {mask_name}/")
    if (images, masks) == DEFAULT and _holds(folder, _IMAGE) and _holds(folder, _MASK):
        forms[_IMAGE] = _Form(folder, folder, f"*{_IMAGE} and *{_MASK} files", by_ending=True)
    return list(forms.values())


def _nested(data, images, masks):
    """Dict of split folder's name to its one form; empty where no folder has masks."""
    if Path(images).is_absolute() or Path(masks).is_absolute():
        return {}
    nested = {}
    for name in SPLIT_WORDS:
        folder = data / name
        if not folder.is_dir():
            continue
        forms = _forms(folder, images, masks)
        if (images, masks) == DEFAULT:
            forms += [
                _Form(folder, data / (name + end), f"masks beside it in *{end}/")
                for end in _BESIDE
                if (data / (name + end)).is_dir()
            ]
        if len(forms) > 1:
            _refuse_two(folder, [form.words for form in forms])
        forms = forms or [_Form(at, None, "") for at in (folder / images, folder / "sat", folder) if _has_images(at)]
        if forms:
            nested[name] = forms[0]
    if all(form.masks is None for form in nested.values()):
        return {}
    names = {}
    for name in nested:
        names.setdefault(SPLIT_WORDS[name], []).append(name)
    for twice in names.values():
        if len(twice) > 1:
            raise InputError(f"{data} holds {' and '.join(f'{name}/' for name in twice)}, one split twice; merge them")
    return nested


def _read_whole(data, form):
    images, masks, words = form.files()
    return Found(match(data, images, masks), words)


def _read_nested(data, nested):
    pairs, read, left_out = [], {}, []
    for name, form in nested.items():
        images, masks, words = form.files()
        if form.masks is None:
            if SPLIT_WORDS[name] == "train":
                raise InputError(f"{data / name} holds images and no masks; add masks/ beside them")
            left_out.append(f"{len(images)} images of {name}/")
            continue
        pairs += match(data / name, images, masks, f"{name}/", SPLIT_WORDS[name])
        read[name] = words
    layout = _told(read)
    if left_out:
        layout += f"; {' and '.join(left_out)} have no masks and are left out"
    return Found(sorted(pairs, key=lambda pair: pair.stem), layout)


def _told(words):
    """Dict of split folder to words -> ``train/, val/ with images/ and masks/``."""
    return "; ".join(
        f"{', '.join(f'{name}/' for name in words if words[name] == alike)} with {alike}"
        for alike in dict.fromkeys(words.values())
    )


def _refuse_two(where, told):
    raise InputError(
        f"{where} can be read as {' or as '.join(told)}: add --images ./images --masks ./masks for two folders of "
        "these names, or move what is not meant out of the way"
    )


def _nothing(data, images, masks):
    kind, name = ("mask", masks) if (data / images).is_dir() else ("image", images)
    there = name_some(sorted(entry.name for entry in data.iterdir() if entry.is_dir()), most=6)
    return InputError(
        f"{data / name} does not exist: name the folder of {kind}s with --{kind}s"
        + (f" (folders in {data}: {there})" if there else "")
        + f". Also read: such folders in train/, val/ and test/, *{_IMAGE} with *{_MASK} files, {TABLE}"
    )


def _files_or_tiles(folder, kind):
    """(dict of stem to path, whether they are tiles)."""
    files, tiles = files_by_stem(folder), tiles_by_stem(folder)
    if files and tiles:
        raise InputError(f"{folder} holds both {kind}s and tiles z/x/y; move one of them out")
    if not files and not tiles:
        raise InputError(f"{folder} holds no {kind}s (looked for {', '.join(sorted(SUFFIXES))})")
    return files or tiles, bool(tiles)


def _has_images(folder):
    return folder.is_dir() and bool(files_by_stem(folder) or tiles_by_stem(folder))


def _holds(folder, end):
    with os.scandir(folder) as entries:
        return any(_is_called(entry.name, end) for entry in entries)


def _is_called(name, end):
    stem, suffix = os.path.splitext(name)
    return stem.endswith(end) and suffix.lower() in SUFFIXES and not name.startswith(".")
