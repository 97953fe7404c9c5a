"""What a judge of the training has found, and what is to be done about it."""

from dataclasses import dataclass

__all__ = ["LOWER", "ROLL_BACK", "Finding"]

LOWER, ROLL_BACK = "lower", "roll back"


@dataclass(frozen=True)
class Finding:
    """One thing that goes wrong.

    Args:
        text: its name and the numbers, in words.
        answer: `LOWER`, `ROLL_BACK`, or None where nothing is to be done but to say it.
        advice: what a person can do.
    """

    text: str
    answer: str | None = None
    advice: str = ""
