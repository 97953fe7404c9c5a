"""Look at a whole data set and collect every finding, where training would stop at the first."""

import dataclasses
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from raremask.data.audit.areas import find_blank_areas, find_foreground_on_blank
from raremask.data.audit.duplicates import find_duplicates, find_same_masks
from raremask.data.audit.edges import find_undecided
from raremask.data.audit.encoding import find_encoding, find_void, settle
from raremask.data.audit.evidence import Evidence
from raremask.data.audit.facts import read_facts
from raremask.data.audit.finding import ERROR, NOTE, SEVERITIES, Finding
from raremask.data.audit.geometry import find_mismatch, find_other_place, find_turned
from raremask.data.audit.kinds import find_image_kinds, find_odd_files, find_several_kinds
from raremask.data.audit.nodata import find_nodata, wrong_nodata
from raremask.data.audit.pairing import pair_what_can_be
from raremask.data.audit.parts import find_different_shares, find_leaking_split, find_missing_class
from raremask.data.audit.readable import find_unreadable
from raremask.data.audit.shares import find_empty, find_full, find_inverted
from raremask.data.audit.size import find_by_windows, find_too_large_to_predict
from raremask.data.masks import decide, parse_foreground, parse_ignore
from raremask.data.splits.divide import split_pairs
from raremask.data.splits.folds import parse_fold
from raremask.errors import InputError

__all__ = ["CHECKS", "Audit", "audit"]

CHECKS = (
    find_unreadable,
    find_too_large_to_predict,
    find_mismatch,
    find_turned,
    find_other_place,
    find_several_kinds,
    find_encoding,
    find_nodata,
    find_odd_files,
    find_void,
    find_missing_class,
    find_duplicates,
    find_same_masks,
    find_inverted,
    find_full,
    find_undecided,
    find_foreground_on_blank,
    find_different_shares,
    find_leaking_split,
    find_blank_areas,
    find_empty,
    find_image_kinds,
    find_by_windows,
)


@dataclass(frozen=True)
class Audit:
    """What was found: ``findings``, the worst first, and the `Evidence` they rest on."""

    findings: tuple[Finding, ...]
    evidence: Evidence

    def count(self, severity):
        """How many findings are of a severity."""
        return Counter(finding.severity for finding in self.findings)[severity]

    def parts(self):
        """Dict of split name, and ``all``, to the stems whose masks could be read; parts without any left out."""
        parts = {"all": [fact.stem for fact in self.evidence.facts if fact.mask], **self.evidence.stems_of_splits}
        return {name: stems for name, stems in parts.items() if stems}


def audit(
    data,
    images="images",
    masks="masks",
    foreground="auto",
    ignore=None,
    seed=0,
    group_by=None,
    progress=None,
    bands=None,
    fold=None,
):
    """Look at every file of a data set once and say what is wrong with it.

    Args:
        data: the folder, or a CSV of pairs.
        images, masks: folders in it; see `raremask.data.layouts.pairs.find_pairs`.
        foreground, ignore: see `raremask.data.masks.decide`.
        seed, group_by, fold: of the split; see `raremask.data.splits.divide.split_pairs`.
        progress: called as ``progress(done, total)``.
        bands: of the images; see `raremask.data.read_image`.

    Returns:
        `Audit`.

    Raises:
        InputError: there are no pairs to look at, or ``foreground``, ``ignore`` or ``fold`` cannot be understood.
    """
    parse_ignore(ignore)
    parse_fold(fold)
    rule = None if parse_foreground(foreground) is None else decide({}, foreground, ignore)
    found, findings = pair_what_can_be(data, images, masks)
    facts = tuple(read_facts(found.pairs, rule, progress, bands))
    decoding = settle(facts, foreground, ignore)
    nodata = wrong_nodata(facts, decoding)
    decoding = None if nodata else decoding
    evidence = Evidence(Path(data), facts, foreground, ignore, decoding, None, bands, found.layout, nodata)
    splits, refusals = _split(evidence, seed, group_by, fold, incomplete=bool(findings))
    evidence = dataclasses.replace(evidence, splits=splits)
    findings += refusals
    findings += [finding for check in CHECKS for finding in check(evidence)]
    findings += _not_looked_at(evidence)
    return Audit(tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))), evidence)


def _split(evidence, seed, group_by, fold, incomplete):
    """(`Splits`, no finding), or (None, why training would refuse)."""
    pairs = [fact.pair for fact in evidence.facts]
    counts = evidence.counts if len(evidence.counts) == len(pairs) else None
    try:
        return split_pairs(evidence.data, pairs, seed, group_by, fold, counts), []
    except InputError as error:
        fix = "Do what the line above says."
        if incomplete:
            fix += " It may come from the files that are not paired: mend those first."
        why = "Training refuses to start without a sound split."
        return None, [Finding("split", ERROR, str(error), why, fix)]


def _not_looked_at(evidence):
    """What could not be checked, so that silence is not taken for a good sign."""
    findings = []
    if evidence.decoding is None and any(fact.mask for fact in evidence.facts):
        findings.append("empty, full and inverted masks, undecided pixels and the foreground's share")
    if evidence.splits is None:
        findings.append("duplicates between splits, and what each split holds")
    return (
        [
            Finding(
                "not-checked",
                NOTE,
                f"not looked at: {'; '.join(findings)}",
                "They rest on what the errors above leave open.",
                "Mend the errors and check again.",
            )
        ]
        if findings
        else []
    )
