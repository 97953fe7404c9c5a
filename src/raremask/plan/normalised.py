"""The normalisation of a plan in numbers, for the bands that the images have."""

from raremask.errors import InputError

__all__ = ["normalised"]


def normalised(plan, dataset):
    """The plan with its normalisation in numbers: its own, or else those of the training images.

    Args:
        plan: `raremask.plan.Plan`.
        dataset: `raremask.data.Dataset`, with splits.

    Raises:
        InputError: the plan's normalisation is for other bands than the images have.
    """
    if plan.normalisation.mean is None:
        mean, std = dataset.statistics(dataset.splits.train)
        return plan.changed({"normalisation.mean": mean.tolist(), "normalisation.std": std.tolist()})
    bands = len(plan.normalisation.mean)
    if bands != dataset.bands:
        raise InputError(
            f"the plan's normalisation is for {bands} band{'s' if bands != 1 else ''}, the images have "
            f"{dataset.bands}; leave out its mean and std, and they are measured on the training images"
        )
    return plan
