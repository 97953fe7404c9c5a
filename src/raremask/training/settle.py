"""Leave nothing of a plan to the machine or the data, so that the plan that a run keeps repeats it."""

from raremask.plan.normalised import normalised
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
    plan = normalised(plan, dataset)
    if plan.training.precision != "auto":
        return plan
    precision = (
        fastest_policy(plan.crops.size, plan.crops.batch, plan.model.width, plan.model.square, say)
        if state is None
        else state["fingerprint"]["plan"]["training"]["precision"]
    )
    return plan.changed({"training.precision": precision})
