"""How a data set lies on disk, recognised by what is there.

One folder of images and one of masks (``images`` with ``masks`` or ``labels``, ``sat`` with ``map``), holding
files or slippy-map tiles ``z/x/y``; or ``*_sat.*`` with ``*_mask.*`` in one folder, as DeepGlobe has them. The
same once in each of the folders ``train``, ``val`` and ``test``, whose masks may also lie in ``train_labels``; or
these folders inside those of images and masks, ``images/train`` with ``masks/train``. Or a CSV of pairs, which,
being written for the purpose, goes before all others.
"""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from raremask.data.images import SUFFIXES
from raremask.data.layouts.form import IMAGE_END, MASK_END, Form, has_images
from raremask.data.layouts.stems import SPLIT_WORDS, Fault, Pair, match
from raremask.data.layouts.table import TABLE, inspect_table, table_of
from raremask.errors import InputError, name_some

__all__ = ["DEFAULT", "Found", "inspect", "readable", "recognise"]

DEFAULT = ("images", "masks")
_FOLDERS = (DEFAULT, ("images", "labels"), ("sat", "map"))
# ADE20K's name for masks; without train and val inside, a folder of this name holds other things as often.
_SPLIT_INSIDE = (*_FOLDERS, ("images", "annotations"))
_BESIDE = ("_labels", "_masks")


@dataclass(frozen=True)
class Found:
    """A data set's ``pairs``, sorted by stem, its ``layout`` in words, and the ``faults`` of what is not paired."""

    pairs: list[Pair]
    layout: str
    faults: tuple[Fault, ...] = ()


@contextlib.contextmanager
def readable():
    """Turns an error of the file system into one line."""
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot read {error.filename}: {error.strerror or error}. Check its permissions.") from error


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
    found = inspect(data, images, masks)
    if found.faults:
        raise InputError(found.faults[0].text)
    return found


@readable()
def inspect(data, images="images", masks="masks"):
    """As `recognise`, but what cannot be paired is told in ``faults``, and the rest is paired.

    Raises:
        InputError: no layout fits, or two do, or a table cannot be read.
    """
    data, named = Path(data), (images, masks) != DEFAULT
    table = table_of(data)
    if table == data and named:
        raise InputError(f"{data} names its images and masks itself; leave out --images and --masks")
    if table is not None and not named:
        read = inspect_table(table)
        return Found(read.pairs, f"the rows of {table.name}", read.faults)
    if not data.is_dir():
        raise InputError(f"{data} is not a folder; DATA holds the folders {images}/ and {masks}/, or is a CSV of pairs")
    forms = _forms(data, images, masks)
    forms, inside = _told_apart(forms, _inside(data, images, masks))
    if forms and named:
        return _read_whole(forms[0])
    nested = _nested(data, images, masks)
    for name in nested.keys() & inside.keys():
        _refuse_two(data / name, [nested[name].words, inside[name].words])
    nested |= inside
    if len(forms) + bool(nested) > 1:
        told = [_told({name: form.words for name, form in nested.items() if form.masks})] if nested else []
        _refuse_two(data, [form.words for form in forms] + told)
    if forms:
        return _read_whole(forms[0])
    if nested:
        return _read_nested(data, nested, _strays(inside))
    raise _nothing(data, images, masks)


def _folders(images, masks, usual=_FOLDERS):
    return usual if (images, masks) == DEFAULT else ((images, masks),)


def _forms(folder, images, masks):
    """The ways in which one folder can be read that have masks; a name that is preferred hides its like."""
    forms = {}
    for image_name, mask_name in _folders(images, masks):
        if image_name not in forms and (folder / image_name).is_dir() and (folder / mask_name).is_dir():
            words = f"{image_name}/ and {mask_name}/"
            forms[image_name] = Form(folder, folder / image_name, folder / mask_name, words)
    if (images, masks) == DEFAULT and _holds(folder, IMAGE_END) and _holds(folder, MASK_END):
        forms[IMAGE_END] = Form(folder, folder, folder, f"*{IMAGE_END} and *{MASK_END} files", by_ending=True)
    return list(forms.values())


def _inside(data, images, masks):
    """Dict of split folder's name to its form, of split folders inside those of images and masks."""
    for image_name, mask_name in _folders(images, masks, _SPLIT_INSIDE):
        forms = {}
        for name in SPLIT_WORDS:
            image, mask = (data / folder / name for folder in (image_name, mask_name))
            forms[name] = Form(
                image if image.is_dir() else mask,
                image if image.is_dir() else None,
                mask if mask.is_dir() else None,
                f"folders of this name in {image_name}/ and {mask_name}/",
                lacking=f"{mask_name}/{name}/",
            )
        if any(form.images and form.masks for form in forms.values()):
            return {
                name: form
                for name, form in forms.items()
                if (form.images and form.masks) or has_images(form.images or form.where)
            }
    return {}


def _told_apart(forms, inside):
    """Of folders that hold split folders too: as a whole they count where both hold files (or tiles) themselves."""
    if not inside:
        return forms, inside
    filled = [form for form in inside.values() if form.images and form.masks]
    above = filled[0].images.parent
    whole = [form for form in forms if form.images != above or (has_images(above) and has_images(form.masks))]
    if whole and not any(has_images(form.images) and has_images(form.masks) for form in filled):
        return whole, {}
    return whole, inside


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
                Form(folder, folder, data / (name + end), f"masks beside it in *{end}/")
                for end in _BESIDE
                if (data / (name + end)).is_dir()
            ]
        if len(forms) > 1:
            _refuse_two(folder, [form.words for form in forms])
        places = (folder / images, folder / "sat", folder)
        forms = forms or [Form(folder, at, None, "") for at in places if has_images(at)]
        forms = forms or [Form(folder, None, at, "") for at in (folder / masks,) if has_images(at)]
        if forms:
            nested[name] = forms[0]
    return {} if all(form.masks is None for form in nested.values()) else nested


def _read_whole(form):
    images, masks, words, faults = form.files()
    pairs, unpaired = match(form.where, images, masks)
    return Found(pairs, words, tuple(faults + unpaired))


def _read_nested(data, nested, strays):
    pairs, read, left_out, faults = [], {}, [], _twice(data, nested) + strays
    for name, form in nested.items():
        images, masks, words, told = form.files(f"{name}/")
        faults += told
        if form.masks is None and SPLIT_WORDS[name] != "train":
            left_out.append(f"{len(images)} images of {name}/")
            continue
        if form.masks is None:
            text = f"{form.where} holds images and no masks; add {form.lacking}"
            lonely = tuple((f"{name}/{stem}", path) for stem, path in images.items())
            faults.append(Fault("unpaired", text, images=lonely))
            continue
        paired, told = match(form.where, images, masks, f"{name}/", SPLIT_WORDS[name])
        pairs, faults = pairs + paired, faults + told
        if paired:
            read[name] = words
    layout = _told(read)
    if left_out:
        layout += f"; {' and '.join(left_out)} have no masks and are left out"
    return Found(sorted(pairs, key=lambda pair: pair.stem), layout, tuple(faults))


def _twice(data, nested):
    names = {}
    for name in nested:
        names.setdefault(SPLIT_WORDS[name], []).append(name)
    return [
        Fault("pairing", f"{data} holds {_listed(twice, ' and ')}, one split twice; merge them")
        for twice in names.values()
        if len(twice) > 1
    ]


def _strays(inside):
    """Files that lie beside the split folders in the folders of images and masks."""
    above = dict.fromkeys(folder.parent for form in inside.values() for folder in (form.images, form.masks) if folder)
    return [
        Fault("pairing", f"{folder} holds files beside {_listed(inside)}; move them into one of these, or out")
        for folder in above
        if has_images(folder)
    ]


def _told(words):
    """Dict of split folder to words -> ``train/, val/ with images/ and masks/``."""
    return "; ".join(
        f"{_listed(name for name in words if words[name] == alike)} with {alike}"
        for alike in dict.fromkeys(words.values())
    )


def _listed(names, between=", "):
    return between.join(f"{name}/" for name in names)


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
        + f". Also read: such folders in train/, val/ and test/, or with these inside, *{IMAGE_END} with *{MASK_END} "
        f"files, {TABLE}"
    )


def _holds(folder, end):
    with os.scandir(folder) as entries:
        return any(_is_called(entry.name, end) for entry in entries)


def _is_called(name, end):
    stem, suffix = os.path.splitext(name)
    return stem.endswith(end) and suffix.lower() in SUFFIXES and not name.startswith(".")
