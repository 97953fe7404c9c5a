"""A finding: what is so, which files, why it matters and what to do."""

from dataclasses import dataclass

__all__ = ["ERROR", "NOTE", "SEVERITIES", "WARNING", "Finding", "count_of"]

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)

_SINGULAR = {"are": "is", "have": "has"}


@dataclass(frozen=True)
class Finding:
    """One thing that a person should know of a data set before training on it.

    Args:
        kind: short name, such as ``"truncated"``.
        severity: ``"error"`` (training would be refused or wrong), ``"warning"`` or ``"note"``.
        text: what is so, with numbers.
        why: why it matters.
        fix: what to do or to type.
        stems: the pairs concerned, the worst first; empty where it is not about single pairs.
        files: the files concerned, as paths in the data folder, in the order of ``stems``.
        groups: stems that belong together, where there are such.
    """

    kind: str
    severity: str
    text: str
    why: str
    fix: str
    stems: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()

    def to_dict(self):
        """As plain JSON values."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "text": self.text,
            "why": self.why,
            "fix": self.fix,
            "stems": list(self.stems),
            "files": list(self.files),
            "groups": [list(group) for group in self.groups],
        }


def count_of(number, noun, total=None, verb=""):
    """A number and its noun, and its verb (of which the form with "they" is given).

    Example:

    >>> count_of(1, "mask"), count_of(1, "mask", total=72, verb="are"), count_of(3, "mask", verb="hold")
    ('1 mask', '1 of 72 masks is', '3 masks hold')
    """
    counted = number if total is None else total
    told = f"{number if total is None else f'{number} of {total}'} {noun}{'' if counted == 1 else 's'}"
    if not verb:
        return told
    return f"{told} {_SINGULAR.get(verb, verb + 's') if number == 1 else verb}"
