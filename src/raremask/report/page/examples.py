"""Images to look at: which ones, and each with its errors first and large."""

from dataclasses import dataclass

import numpy as np

from raremask.data.masks import VOID
from raremask.evaluation.confusion import Confusion
from raremask.evaluation.scores import scores_of
from raremask.report.page.elements import element
from raremask.report.page.inline import inline_mask, inline_picture
from raremask.report.page.numbers import count, percent
from raremask.report.panels import error_picture, show_image, show_mask

__all__ = ["Example", "choose_examples", "draw_example"]

# Longest sides on a screen: the errors, and the three pictures beside them.
_LARGE, _SMALL = 1024, 480


@dataclass(frozen=True, eq=False)
class Example:
    """One image, its truth and its mask.

    Args:
        stem: of the image.
        kind: ``"worst"``, ``"best"`` or ``"false"``, the section that it goes to.
        image: (height, width) or (height, width, bands), as in `raremask.report.show_image`.
        truth: (height, width), 1 foreground, 0 background, 255 void.
        mask: (height, width), bool or number; what is not 0 is foreground.
    """

    stem: str
    kind: str
    image: np.ndarray
    truth: np.ndarray
    mask: np.ndarray


def choose_examples(counts, worst=12, best=4, false=6):
    """Which images to show, and as what.

    Args:
        counts: dict of stem to `Confusion` at the run's threshold.
        worst, best, false: how many at most: images with foreground of the lowest and of the highest IoU, and
            images without, of the most false foreground.

    Returns:
        Dict of stem to kind, the worst first, no image twice.

    Example:

    >>> choose_examples({"a": Confusion(tp=9, fn=1), "b": Confusion(tp=1, fn=9), "c": Confusion(fp=3, tn=7)}, worst=1)
    {'c': 'false', 'b': 'worst', 'a': 'best'}
    """
    empty = {stem: one for stem, one in counts.items() if not one.tp + one.fn and one.fp}
    marked = sorted(empty, key=lambda stem: -empty[stem].fp / empty[stem].total)[:false]
    held = {stem: scores_of(one).iou for stem, one in counts.items() if one.tp + one.fn}
    ranked = sorted(held, key=held.get)
    bottom = ranked[:worst]
    top = ranked[len(bottom) :][::-1][:best]
    return {
        **dict.fromkeys(marked, "false"),
        **dict.fromkeys(bottom, "worst"),
        **dict.fromkeys(top, "best"),
    }


def draw_example(example, budget):
    """The errors, large; image, truth and mask beside them; what went wrong in words.

    Args:
        example: `Example`.
        budget: bytes that it may take in the page.

    Returns:
        `Html` of a figure.
    """
    counts = Confusion.of(example.mask, example.truth)
    errors = error_picture(example.image, example.truth, example.mask)
    # What the pictures weigh at the same quality: the errors lie over half the contrast, masks are flat.
    share = budget - 1500
    pictures = (
        ("errors", inline_picture(errors, f"errors: {_words(counts)}", _LARGE, 0.55 * share)),
        ("image", inline_picture(show_image(example.image), "the image", _SMALL, 0.25 * share)),
        ("truth", inline_mask(show_mask(example.truth), "the truth: foreground is white", _SMALL, 0.1 * share)),
        ("mask", inline_mask(show_mask(_marked(example)), "the mask: foreground is white", _SMALL, 0.1 * share)),
    )
    tiles = [element("span", picture, element("span", name), class_="picture") for name, picture in pictures]
    caption = element("figcaption", element("b", example.stem), f": {_words(counts)}")
    return element("figure", caption, element("div", *tiles, class_="pictures"), class_="example")


def _marked(example):
    return (np.asarray(example.mask) != 0).astype(np.uint8)


def _words(counts):
    """What is found, missed and false, as one would say it."""
    if not counts.total:
        return "all void, nothing scored."
    if not counts.tp + counts.fn:
        if not counts.fp:
            return "no foreground here, and none was marked."
        return f"no foreground here, but {count(counts.fp, 'pixel')} marked, {percent(counts.fp / counts.total)} of it."
    scores = scores_of(counts)
    if not counts.tp:
        false = " Nothing was marked." if not counts.fp else " All that was marked is false."
        return f"none of the foreground found.{false} IoU 0.00"
    found = "all" if not counts.fn else percent(scores.recall)
    false = "none" if not counts.fp else percent(1 - scores.precision)
    return f"{found} of the foreground found; {false} of what is marked is false. IoU {scores.iou:.2f}"


def has_void(example):
    """Whether some of the truth is void."""
    return bool(np.any(np.asarray(example.truth) == VOID))
