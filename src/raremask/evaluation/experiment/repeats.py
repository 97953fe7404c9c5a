"""How often each candidate is trained, on what, and which images score it: seeds over one split, or folds."""

import dataclasses
from dataclasses import dataclass

from raremask.data.rasters import too_large
from raremask.data.splits.assign import Splits
from raremask.data.splits.folds import folds
from raremask.errors import InputError, name_some
from raremask.evaluation.crossfit import halves

__all__ = ["Repeat", "by_fold", "by_seed"]


@dataclass(frozen=True)
class Repeat:
    """One round, in which every candidate is trained once.

    Args:
        name: of its folders, such as "seed-0".
        seed: of the weights and crops; the same for all candidates.
        splits: `Splits`: what trains, and what chooses the best epoch.
        scored: stems of the images that score it; none of them is of the test split.
        halves: of ``scored``, each scored at the threshold that the other half chose; or None where the validation
            images choose it, because they are none of the scored ones.
    """

    name: str
    seed: int
    splits: Splits
    scored: tuple[str, ...]
    halves: tuple[tuple[str, ...], ...] | None = None

    @property
    def predicted(self):
        """Stems of all images that are predicted for it, those that choose its threshold included."""
        return tuple(dict.fromkeys([*self.splits.val, *self.scored]))


def by_seed(dataset, seeds, groups=None):
    """A repeat for each seed, all on the split of the data set, scored on its validation images.

    Raises:
        InputError: no foreground to score on, or fewer than two images or groups.
    """
    scored = dataset.splits.val
    _refuse_unfit(dataset, scored, groups, "validation", "name more in val.txt, or type --folds 5")
    counts = {stem: dataset.counts[stem] for stem in scored}
    parts = tuple(map(tuple, halves(scored, groups=groups, counts=counts)))
    return [Repeat(f"seed-{seed}", seed, dataset.splits, scored, parts) for seed in seeds]


def by_fold(dataset, k, seed=0, groups=None):
    """A repeat for each of k folds of what is not test; each image is scored by the training that has not seen it.

    Of the other folds 15 % choose the best epoch and the threshold. Each fold has a seed of its own.

    Raises:
        InputError: too few images or groups, a training part without foreground, or images too large to be predicted.
    """
    stems = [*dataset.splits.train, *dataset.splits.val]
    counts = {stem: dataset.counts[stem] for stem in stems}
    _refuse_unfit(dataset, stems, groups, "training and validation", "there is nothing to compare on")
    large = [stem for stem in stems if too_large(*dataset.shapes[stem], dataset.bands)]
    if large:
        raise InputError(
            f"--folds scores every training image once, and {len(large)} are too large to be predicted whole "
            f"({name_some(large)}); cut them into tiles, or leave out --folds"
        )
    dealt = folds(stems, k, seed, groups, counts)
    repeats = []
    for number, fold in enumerate(dealt, start=1):
        held = dataset.balance(fold.train)
        if not (held.foreground and held.background and dataset.balance(fold.val).valid):
            raise InputError(
                f"fold {number} of {k} has no foreground or no background to train on, or only void to choose by; "
                "type fewer --folds"
            )
        splits = dataclasses.replace(fold, test=dataset.splits.test, origin=f"{fold.origin}, of all but the test")
        repeats.append(Repeat(f"fold-{number}-of-{k}", seed + number - 1, splits, fold.test))
    return repeats


def _refuse_unfit(dataset, stems, groups, words, remedy):
    units = len(set(stems) if groups is None else {groups[stem] for stem in stems})
    if units < 2:
        kind = "image" if groups is None else "group of images"
        raise InputError(f"{units} {kind} for {words} tells nothing of how sure a difference is; {remedy}")
    if not dataset.balance(stems).foreground:
        raise InputError(f"the masks for {words} hold no foreground, so no loss can be judged by them; {remedy}")
