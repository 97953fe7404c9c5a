"""Whether the model has come to call everything background; plain Python, no Keras."""

from raremask.training.gradients.finding import ROLL_BACK, Finding

__all__ = ["Collapse"]


class Collapse:
    """Next to no predicted foreground where the masks hold some, in training and validation, epochs in a row.

    After foreground had been found, ``patience`` such epochs are answered. Where none was ever found it may still
    come: a rare foreground's cross-entropy falls for long before the first probability passes one half. So this is
    said, once, after twice as many epochs, and the training goes on.

    Args:
        share: of the true foreground; what is predicted below it is next to nothing.
        found: IoU in an epoch's validation from which foreground counts as found; chance alone gives that of its share.
        patience: epochs in a row.
    """

    def __init__(self, share, found, patience):
        self.share = share
        self.least = found
        self.patience = patience
        self.found = False
        self.empty = 0
        self.said = False

    def observe(self, training, validation):
        """Judge an epoch.

        Args:
            training, validation: (true positive, false positive, false negative) pixels of the epoch.
        """
        judged = validation if _foreground(validation) else training
        hit, false, missed = judged
        self.empty = self.empty + 1 if self._is_empty(judged) else 0
        self.found = self.found or hit > self.least * (hit + false + missed)
        if not (self.empty and self._is_empty(training)):
            return None
        text = f"collapse to all-background for {self.empty} epochs (of {hit + missed} foreground pixels in the "
        text += f"{'validation' if judged is validation else 'training'} masks {hit} were found, {false} false)"
        if self.found:
            if self.empty < self.patience:
                return None
            return Finding(text, ROLL_BACK, "try a lower --learning-rate or --loss iou+crossentropy")
        if self.said or self.empty < 2 * self.patience:
            return None
        self.said = True
        return Finding(
            f"{text}, and none was found before",
            advice="try --loss iou+crossentropy, or --weight-foreground above 1",
        )

    @property
    def suspects(self):
        """Whether the last epoch found no more what was found before."""
        return self.found and self.empty > 0

    def forget(self):
        """Start anew."""
        self.empty = 0

    def _is_empty(self, counts):
        return counts[0] + counts[1] < self.share * _foreground(counts)


def _foreground(counts):
    hit, _, missed = counts
    return hit + missed
