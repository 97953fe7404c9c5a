"""raremask balance: how rare the foreground is, and which class weights follow."""

import click

from raremask.cli.options import data_options, fold_option, group_option, seed_option, typed

__all__ = ["balance"]

# Masks whose pieces are measured: enough for quantiles, and quick.
_MEASURED = 64

_QUANTILES = (0.1, 0.5, 0.9)

# Pixels of median width. A straight strip of width w and the same strip one pixel aside have an IoU of
# (w - 1) / (w + 1): at 10 pixels a slip of the pen that nobody sees costs as much as a fifth of the score.
_THIN = 10


@click.command()
@data_options
@group_option
@fold_option
@seed_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def balance(data, images, masks, foreground, ignore, group_by, fold, seed, as_json):
    """How rare and how thin the foreground of DATA is and which class weights follow, with the reasoning."""
    from raremask.cli.console import progress_bar, show_next
    from raremask.data.dataset import count_masks
    from raremask.data.layouts.recognise import recognise
    from raremask.data.pieces import survey_pieces
    from raremask.data.splits.divide import split_pairs

    found = recognise(data, images or "images", masks or "masks")
    with progress_bar("reading masks", quiet=as_json) as progress:
        decoding, counts, _ = count_masks(found.pairs, foreground or "auto", ignore, progress=progress)
    chosen = split_pairs(data, found.pairs, seed, group_by, fold, counts)
    splits = chosen.to_dict()
    origin = splits.pop("origin")
    groups = {name: [counts[stem] for stem in stems] for name, stems in ({"all": counts} | splits).items()}
    weights = _weigh(groups["train"])
    drawn, foreground_masks = _draw([stem for stem in splits["train"] if counts[stem].foreground], seed)
    with progress_bar("measuring pieces", quiet=as_json) as progress:
        pieces = survey_pieces([pair for pair in found.pairs if pair.stem in drawn], decoding, progress)
    told = {
        "layout": found.layout,
        "decoding": decoding.to_dict(),
        "origin": origin,
        "warnings": list(chosen.warnings),
        "splits": {name: _tell_split(group) for name, group in groups.items()},
        "pieces": _tell_pieces(pieces, foreground_masks),
        "class_weights": weights,
        "recommendation": _recommend(),
    }
    if as_json:
        import json

        click.echo(json.dumps(told, indent=2))
        return
    _print(told, decoding)
    options = {"images": images, "masks": masks, "foreground": foreground, "ignore": ignore}
    again = typed(data, **options, group_by=group_by, fold=fold, seed=seed or None)
    show_next(f"raremask train {again} -o runs/first --minutes 12")


def _weigh(counts):
    from raremask.balance import SCHEMES, class_weights, trade
    from raremask.errors import InputError

    told = {}
    for name, scheme in SCHEMES.items():
        try:
            weights = class_weights(name, counts)
        except ValueError as error:
            raise InputError(f"no class weights follow from the training masks: {error}") from error
        told[name] = {
            **weights._asdict(),
            "ratio": weights.foreground / weights.background,
            "formula": scheme.formula,
            "source": scheme.source,
            "trade": trade(weights),
        }
    return told


def _draw(stems, seed):
    """At most so many of the stems as are measured, and how many there are."""
    import numpy as np

    order = np.random.default_rng(seed).permutation(len(stems))[:_MEASURED]
    return {stems[index] for index in order}, len(stems)


def _tell_split(counts):
    from raremask.balance import PixelCounts, image_shares, share_histogram, share_quantiles

    total, shares = sum(counts, PixelCounts(0, 0)), image_shares(counts)
    return {
        "masks": len(counts),
        "empty": sum(each.foreground == 0 for each in counts),
        "all_void": len(counts) - len(shares),
        "foreground": total.foreground,
        "background": total.background,
        "void": total.void,
        "share": total.foreground_share if total.valid else None,
        "void_share": total.void / max(1, total.void + total.valid),
        "share_quantiles": {f"{at:g}": share for at, share in share_quantiles(shares).items()} if len(shares) else {},
        "share_histogram": [{"above": low, "to": high, "masks": masks} for low, high, masks in share_histogram(shares)],
    }


def _tell_pieces(pieces, foreground_masks):
    width = pieces.width(0.5)
    return {
        "masks": pieces.masks,
        "of_masks_with_foreground": foreground_masks,
        "pieces": pieces.count,
        "size": {f"{at:g}": pieces.size(at) for at in _QUANTILES},
        "width": {f"{at:g}": pieces.width(at) for at in _QUANTILES},
        "mean_width": pieces.mean_width,
        "thin": width < _THIN,
    }


def _recommend():
    from raremask.balance import ClassWeights, trade

    return (
        "Begin without weights: the IoU loss answers most of the imbalance by itself. If the mask then misses too "
        f"much, try --weight-foreground 3: {trade(ClassWeights(1, 3))}. Of two sets tried, it won on cracks (1.8 % of "
        "the pixels) and lost on roads (9.9 %)."
    )


def _print(told, decoding):
    from raremask.cli.console import say, table

    splits = told["splits"]
    say(f"{splits['all']['masks']} images and masks ({told['layout']})")
    say(f"masks: {decoding.describe()}")
    for warning in told["warnings"]:
        say(f"warning: {warning}")
    columns = ("split", "masks", "empty", "foreground", "share", "background : 1", "void")
    table(f"Pixels ({told['origin']})", columns, [_row(name, split) for name, split in splits.items()])
    _print_shares(splits)
    _print_pieces(told["pieces"])
    _print_weights(told["class_weights"])
    say(told["recommendation"])


def _row(name, split):
    foreground = split["foreground"]
    return (
        name,
        split["masks"],
        split["empty"],
        f"{foreground:,}",
        "-" if split["share"] is None else f"{100 * split['share']:.2f} %",
        f"{split['background'] / foreground:.1f}" if foreground else "-",
        f"{100 * split['void_share']:.1f} %",
    )


def _print_shares(splits):
    from raremask.balance import draw_bars
    from raremask.cli.console import say, table

    rows = [
        (name, *(f"{100 * share:.2f} %" for share in split["share_quantiles"].values()))
        for name, split in splits.items()
        if split["share_quantiles"]
    ]
    table("Foreground share of a mask", ("split", "smallest", "25 %", "median", "75 %", "largest"), rows)
    steps = [(_step(**step), step["masks"]) for step in splits["all"]["share_histogram"]]
    say("Masks by their foreground share")
    for line in draw_bars(steps, blocks=_shows_blocks()):
        say(f"  {line}")
    if splits["all"]["all_void"]:
        say(f"{splits['all']['all_void']} masks are all void: they have no share")
    say()


def _step(above, to, masks):
    if to == 0:
        return "empty"
    return f"{100 * above:g} to {100 * to:g} %" if above else f"up to {100 * to:g} %"


def _shows_blocks():
    import sys

    try:
        "▏▎▍▌▋▊▉█".encode(sys.stdout.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def _print_pieces(pieces):
    from raremask.cli.console import say, table

    table(
        "Pieces of foreground, in pixels",
        ("", "10 %", "median", "90 %"),
        [
            ("size of a piece", *(f"{size:,}" for size in pieces["size"].values())),
            ("width over the area", *(f"{width:.1f}" for width in pieces["width"].values())),
        ],
    )
    say(
        f"{pieces['pieces']:,} pieces, from {pieces['masks']} of the {pieces['of_masks_with_foreground']} training "
        "masks that hold foreground"
    )
    width = pieces["width"]["0.5"]
    if not pieces["thin"]:
        say(f"not thin: half of the foreground lies where it is {width:.1f} pixels wide or more")
        return
    slip = max(0.0, (width - 1) / (width + 1))
    say(
        f"thin: half of the foreground lies where it is at most {width:.1f} pixels wide, and a straight strip so wide, "
        f"drawn one pixel aside, scores an IoU of {slip:.2f}; --loss iou+crossentropy+skeleton asks for the centre "
        "lines as well"
    )


def _print_weights(schemes):
    from raremask.balance import ClassWeights, explain
    from raremask.cli.console import say, table

    say()
    table(
        "Class weights from the training masks",
        ("--class-weights", "background", "foreground", "false pixels to a miss"),
        [
            (name, *(f"{number:.4g}" for number in (told["background"], told["foreground"], told["ratio"])))
            for name, told in schemes.items()
        ],
    )
    say("The two weights, for b pixels of background and f of foreground:")
    for name, told in schemes.items():
        say(f"  {name}: {told['formula']} ({told['source']})")
    say("Crops hold more foreground than the images: raremask train weighs by what its crops hold, and prints both.")
    inverse = schemes["inverse"]
    say(f"inverse: {explain(ClassWeights(inverse['background'], inverse['foreground']))}")
