"""raremask check: what is wrong with a data set, before anything is trained on it."""

import click

from raremask.cli.options import bands_option, data_options, fold_option, group_option, seed_option, typed

__all__ = ["check"]

_MANY = 6


@click.command()
@data_options
@bands_option
@group_option
@fold_option
@seed_option
@click.option("--sheet", metavar="PNG", help="Draw the worst finds as pictures into this file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@click.pass_context
def check(context, data, images, masks, foreground, ignore, bands, group_by, fold, seed, sheet, as_json):
    """What is wrong with DATA: every finding, its files, why it matters and what to do.

    The exit code is 2 where training would be refused or wrong, else 0.
    """
    from raremask.cli.console import progress_bar
    from raremask.data.audit import ERROR, audit
    from raremask.data.rasters import parse_bands

    _refuse_other_than_png(sheet)
    with progress_bar("reading images and masks", quiet=as_json) as progress:
        read = (images or "images", masks or "masks", foreground or "auto", ignore)
        split = {"seed": seed, "group_by": group_by, "fold": fold}
        found = audit(data, *read, **split, progress=progress, bands=parse_bands(bands))
    drawn = _draw(found, sheet, data)
    if as_json:
        _print_json(found, drawn)
    else:
        _print(found)
        read = {"images": images, "masks": masks, "foreground": foreground, "ignore": ignore}
        read |= split | {"seed": seed or None}
        _end(found, typed(data, **read, bands=bands), typed(data, **read), sheet, drawn)
    if found.count(ERROR):
        context.exit(2)


def _refuse_other_than_png(sheet):
    from raremask.errors import InputError

    if sheet is not None and not sheet.lower().endswith(".png"):
        raise InputError(f"--sheet {sheet}: pictures are written as PNG; choose a name that ends in .png")


def _draw(found, sheet, data):
    if sheet is None:
        return None
    from raremask.report.contact_sheet import draw_contact_sheet

    return draw_contact_sheet(found, sheet, f"raremask check {data}")


def _print_json(found, drawn):
    import json

    from raremask.data.audit import SEVERITIES

    evidence = found.evidence
    report = {
        "pairs": len(evidence.facts),
        "layout": evidence.layout,
        "decoding": evidence.decoding and evidence.decoding.to_dict(),
        "split": evidence.splits and evidence.splits.origin,
        "parts": {name: _numbers(evidence, stems) for name, stems in found.parts().items()},
        "count": {severity: found.count(severity) for severity in SEVERITIES},
        "findings": [finding.to_dict() for finding in found.findings],
        "sheet": drawn and str(drawn),
    }
    click.echo(json.dumps(report, indent=2))


def _numbers(evidence, stems):
    """Masks of one part, and what they hold where it is known."""
    if evidence.decoding is None:
        return {"masks": len(stems)}
    total = evidence.total(stems)
    return {
        "masks": len(stems),
        "empty": sum(evidence.counts[stem].foreground == 0 for stem in stems),
        "foreground": total.foreground,
        "background": total.background,
        "void": total.void,
    }


def _print(found):
    from raremask.cli.console import say

    evidence = found.evidence
    say(f"{len(evidence.facts)} pairs of image and mask ({evidence.layout})")
    if evidence.decoding is not None:
        say(f"masks: {evidence.decoding.describe()}")
    say()
    for finding in found.findings:
        _print_finding(finding)
    _print_parts(found)
    if found.findings:
        _print_summary(found)


def _print_finding(finding):
    from raremask.cli.console import say
    from raremask.errors import name_some

    say(f"{finding.severity.upper()}  {finding.kind}: {finding.text}")
    if finding.files:
        say(f"    files: {name_some(finding.files, _MANY)}")
    say(f"    why:   {finding.why}")
    say(f"    do:    {finding.fix}")
    say()


def _print_parts(found):
    from raremask.cli.console import table

    evidence = found.evidence
    rows = []
    for name, stems in found.parts().items():
        numbers = _numbers(evidence, stems)
        if evidence.decoding is None:
            rows.append((name, len(stems), "-", "-", "-"))
            continue
        valid = numbers["foreground"] + numbers["background"]
        share = f"{100 * numbers['foreground'] / valid:.2f} %" if valid else "-"
        void = f"{100 * numbers['void'] / max(1, valid + numbers['void']):.1f} %"
        rows.append((name, len(stems), numbers["empty"], share, void))
    if rows:
        origin = evidence.splits.origin if evidence.splits else "no split"
        table(f"Masks ({origin})", ("split", "masks", "empty", "foreground", "void"), rows)


def _print_summary(found):
    from raremask.cli.console import table

    rows = [(finding.severity, finding.kind, len(finding.files) or "-") for finding in found.findings]
    table("Findings", ("severity", "finding", "files"), rows)


def _end(found, same, plain, sheet, drawn):
    """What came of it, and what to type next: ``same`` as now, ``plain`` for a command that reads no images."""
    from raremask.cli.console import say, show_next
    from raremask.data.audit import ERROR, WARNING

    errors, warnings = found.count(ERROR), found.count(WARNING)
    if drawn:
        say(f"pictures of the worst finds: {drawn}")
    elif sheet:
        say("no pictures: nothing was found that single files show")
    if errors:
        say(f"{_told(errors, 'error')}: training on this would be refused or wrong. Mend and check again.")
    elif warnings:
        say(f"no errors, {_told(warnings, 'warning')}: training can start, but look at them first.")
    else:
        say("all good: nothing stands against training on this.")
    if sheet is None and any(finding.stems for finding in found.findings):
        show_next(f"raremask check {same} --sheet check.png")
    if not errors:
        show_next(f"raremask balance {plain}")


def _told(number, noun):
    return f"{number} {noun}{'' if number == 1 else 's'}"
