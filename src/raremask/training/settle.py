"""Leave nothing of a plan to the machine or the data, so that the plan that a run keeps repeats it."""

from raremask.errors import InputError
from raremask.training.precision import fastest_policy

__all__ = ["settle"]


def settle(plan, dataset, state=None, say=None):
    """The plan with its precision and its normalisation in numbers.

    Args:
        plan: `raremask.plan.Plan`.
        dataset: `raremask.data.Dataset`, with splits.
        state: of a checkpoint, whose precision counts; None for a new training, which gets this machine's fastest.
        say: called with a line on what was measured, or None.

    Raises:
        InputError: the plan's normalisation is for other bands than the images have.
    """
    changes = {}
    if plan.training.precision == "auto":
        changes["training.precision"] = (
            fastest_policy(plan.crops.size, plan.crops.batch, plan.model.width, plan.model.stem, say)
            if state is None
            else state["fingerprint"]["plan"]["training"]["precision"]
        )
    if plan.normalisation.mean is None:
        mean, std = dataset.statistics(dataset.splits.train)
        changes |= {"normalisation.mean": mean.tolist(), "normalisation.std": std.tolist()}
    plan = plan.changed(changes)
    if len(plan.normalisation.mean) != dataset.bands:
        raise InputError(
            f"the plan's normalisation is for {len(plan.normalisation.mean)} bands, the images have {dataset.bands}; "
            "make a plan of this data set with raremask plan"
        )
    return plan
