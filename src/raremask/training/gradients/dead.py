"""Which blocks of a model have stopped learning while the others go on; plain Python, no Keras."""

from raremask.training.gradients.finding import ROLL_BACK, Finding
from raremask.training.gradients.norms import NOTHING

__all__ = ["DeadBlocks"]


class DeadBlocks:
    """A block whose norm is nothing beside its own first one or beside all weights', ``patience`` steps in a row.

    ReLUs that are 0 everywhere let nothing through: the weights before them, and those that see only their zeros,
    learn no more. A block that was alive before is answered; one that never was cannot be, and is named once.

    Args:
        factor: of its own first norm, the larger of the first two that are something.
        share: of the global norm.
        patience: steps in a row.
    """

    def __init__(self, factor, share, patience):
        self.factor = factor
        self.share = share
        self.patience = patience
        self.first = {}
        self.still = {}
        self.never_alive = []

    def observe(self, norm, blocks, near_goal):
        """Judge a step.

        Args:
            norm: the global norm, finite.
            blocks: dict of each block's norm.
            near_goal: whether next to nothing is left to learn: then no block is judged.
        """
        # Where the whole gradient is nothing, it is not one block.
        judged = norm >= NOTHING and not near_goal
        for name, value in blocks.items():
            first = self.first.setdefault(name, [])
            if value > max(self.share * norm, NOTHING) and len(first) < 2:
                self.first[name] = first = [*first, value]
            bound = max(self.factor * max(first, default=0), self.share * norm)
            self.still[name] = self.still.get(name, 0) + 1 if judged and value <= bound else 0
        dead = [name for name in blocks if self.still[name] >= self.patience and name not in self.never_alive]
        if not dead:
            return None
        first = {name: max(self.first[name], default=0) for name in dead}
        text = f"dead {'block' if len(dead) == 1 else 'blocks'} {', '.join(dead)} (gradient norm "
        text += f"{blocks[dead[0]]:.3g}, at first {first[dead[0]]:.3g}, of all weights {norm:.3g})"
        if any(first.values()):
            return Finding(text, ROLL_BACK, "try a lower --learning-rate")
        self.never_alive = [*self.never_alive, *dead]
        return Finding(f"{text} since the start: those weights learn nothing", advice="try another --seed")

    @property
    def suspects(self):
        """Whether a block was still in the last step that has not been so since the start."""
        return any(steps for name, steps in self.still.items() if name not in self.never_alive)

    def forget(self):
        """Start anew."""
        self.still = {}
