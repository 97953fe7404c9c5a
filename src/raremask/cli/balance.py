"""raremask balance: how rare the foreground is, and which class weights follow."""

import click

from raremask.cli.options import data_options, seed_option, typed

__all__ = ["balance"]


@click.command()
@data_options
@seed_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def balance(data, images, masks, foreground, ignore, seed, as_json):
    """How rare the foreground of DATA is and which class weights follow, with the reasoning."""
    from raremask.balance import PixelCounts
    from raremask.cli.console import progress_bar, show_next
    from raremask.data import count_masks, find_pairs, split

    pairs = find_pairs(data, images or "images", masks or "masks")
    with progress_bar("reading masks", quiet=as_json) as progress:
        decoding, counts, _ = count_masks(pairs, foreground or "auto", ignore, progress=progress)
    splits = split(data, counts, seed).to_dict()
    origin = splits.pop("origin")
    groups = {"all": list(counts), **splits}
    totals = {name: sum((counts[stem] for stem in stems), PixelCounts(0, 0)) for name, stems in groups.items()}
    empties = {name: sum(counts[stem].foreground == 0 for stem in stems) for name, stems in groups.items()}
    schemes = _schemes(totals["train"])
    if as_json:
        _print_json(decoding, groups, totals, empties, schemes)
    else:
        _print_tables(decoding, origin, groups, totals, empties, schemes)
        again = typed(data, images=images, masks=masks, foreground=foreground, ignore=ignore, seed=seed or None)
        show_next(f"raremask train {again} -o runs/first --minutes 12")


def _schemes(counts):
    from raremask.balance import inverse_frequency, normalised, square_root
    from raremask.errors import InputError

    try:
        return {
            "inverse": inverse_frequency(counts),
            "normalised": normalised(inverse_frequency(counts)),
            "square-root": square_root(counts),
        }
    except ValueError as error:
        raise InputError(f"no class weights follow from the training masks: {error}") from error


def _print_json(decoding, groups, totals, empties, schemes):
    import json

    splits = {
        name: {
            "masks": len(stems),
            "empty": empties[name],
            "foreground": totals[name].foreground,
            "background": totals[name].background,
            "void": totals[name].void,
        }
        for name, stems in groups.items()
    }
    weights = {name: weights._asdict() for name, weights in schemes.items()}
    click.echo(json.dumps({"decoding": decoding.to_dict(), "splits": splits, "class_weights": weights}, indent=2))


def _print_tables(decoding, origin, groups, totals, empties, schemes):
    from raremask.balance import explain
    from raremask.cli.console import say, table

    say(f"{len(groups['all'])} images and masks, paired by stem")
    say(f"masks: {decoding.describe()}")
    rows = []
    for name, stems in groups.items():
        total = totals[name]
        share = f"{100 * total.foreground_share:.2f} %" if total.valid else "-"
        ratio = f"{total.ratio:.1f}" if total.foreground else "-"
        void = f"{100 * total.void / max(1, total.void + total.valid):.1f} %"
        rows.append((name, len(stems), empties[name], f"{total.foreground:,}", share, ratio, void))
    columns = ("split", "masks", "empty", "foreground", "share", "background : 1", "void")
    table(f"Pixels ({origin})", columns, rows)
    table(
        "Class weights from the training masks",
        ("--class-weights", "background", "foreground"),
        [(name, f"{weights.background:.4g}", f"{weights.foreground:.4g}") for name, weights in schemes.items()],
    )
    for name in ("inverse", "square-root"):
        say(f"{name}: {explain(schemes[name])}")
    say(
        "Begin without weights: the IoU loss answers most of the imbalance by itself. "
        "If the mask then misses too much, try --weight-foreground 3."
    )
