"""How the curve of a training ends: still rising, level, or turned."""

import math

__all__ = ["course"]

# Fewer epochs than this say nothing of where a curve goes.
_SHORTEST = 8

# What the validation IoU has to gain in the last quarter of the epochs, as a share of its best, to count as rising.
_GAIN = 0.02

# What the validation loss has to rise above its lowest, as a share of it, to count as turned.
_TURN = 0.1


def course(history):
    """Judge the end of a training by its validation curves.

    Args:
        history: list of dicts, one an epoch, with ``val_foreground_iou``, ``val_loss`` and ``loss``.

    Returns:
        (kind, words): kind is ``"short"``, ``"rising"``, ``"overfit"``, ``"level"``, or ``"unknown"`` where no
        validation IoU is there.

    Example:

    >>> course([{"val_foreground_iou": 0.1 * epoch} for epoch in range(1, 9)])
    ('rising', 'The validation IoU still rose in the last quarter of 8 epochs, by 0.200')
    >>> course([{"val_foreground_iou": 0.5}] * 8)
    ('level', 'The validation IoU did not rise in the last quarter of 8 epochs')
    """
    ious = [value for value in _column(history, "val_foreground_iou") if math.isfinite(value)]
    if not ious:
        return "unknown", ""
    epochs = len(history)
    if epochs < _SHORTEST:
        return "short", f"After {epochs} epoch{'s' * (epochs > 1)} the curve says little"
    late = max(1, len(ious) // 4)
    gain = max(ious[-late:]) - max(ious[:-late])
    if gain > _GAIN * max(ious):
        return "rising", f"The validation IoU still rose in the last quarter of {epochs} epochs, by {gain:.3f}"
    if _has_turned(history, late):
        return "overfit", "The validation loss rises while the training loss falls"
    return "level", f"The validation IoU did not rise in the last quarter of {epochs} epochs"


def _has_turned(history, late):
    """Whether the validation loss left its lowest for good while the training loss went on falling."""
    validation, training = (_column(history, name) for name in ("val_loss", "loss"))
    if not all(map(math.isfinite, validation + training)) or min(validation) <= 0:
        return False
    middle = sorted(validation[-late:])[late // 2]
    return middle > (1 + _TURN) * min(validation) and training[-1] < training[validation.index(min(validation))]


def _column(history, name):
    return [math.nan if row.get(name) is None else float(row[name]) for row in history]
