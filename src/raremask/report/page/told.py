"""What was asked, what the data is, what the plan holds and why: the facts of a run as tables."""

from raremask.plan.names import LOSSES
from raremask.plan.reasons import reasons
from raremask.report.page.elements import element, join
from raremask.report.page.numbers import count, percent
from raremask.report.page.table import facts_table

__all__ = ["asked", "data_facts", "plan_facts"]


def asked(run, scores):
    """What was asked of the training and of the evaluation, as a table.

    Args:
        run: `raremask.run.Run`.
        scores: what scores.json holds.
    """
    plan = run.plan
    bounds = (("minutes", plan.training.minutes), ("epochs", plan.training.epochs))
    length = " or ".join(f"{value:g} {name}" for name, value in bounds if value is not None)
    trained = f", {run.epochs} of them done" if plan.training.epochs and run.epochs else ""
    trained += f"; {count(run.epochs, 'epoch')} done" if run.epochs and not plan.training.epochs else ""
    rows = {
        "data": run.source.get("data"),
        "what to find": run.decoding.describe(),
        "training": f"{length}{trained}" + (f", the best was epoch {run.best_epoch}" if run.best_epoch else ""),
        "model": plan.model.describe(),
        "loss": f"{plan.loss.name}, false alarm : miss as {plan.loss.weight_background:g} : "
        f"{plan.loss.weight_foreground:g}",
        "threshold": f"{run.threshold:.3f}, chosen on {count(len(run.splits.get('val', ())), 'validation image')}",
        "scored on": f"{count(scores['images'], 'image')} of the split {scores['split']}, {scores['pixels']:,} pixels, "
        f"{percent(scores['foreground_share'])} of them foreground",
        "seed": plan.training.seed,
    }
    return facts_table("What was asked", {name: value for name, value in rows.items() if value is not None})


def data_facts(run):
    """The fingerprint of the data set in words, as a table; None where the plan has none."""
    seen = run.plan.fingerprint
    if seen is None:
        return None
    pixels = f"{seen.shortest} to {seen.longest} pixels" if seen.shortest < seen.longest else f"{seen.longest} pixels"
    rows = {
        "images": f"{seen.train} to train on, {seen.val} to choose by, {seen.test} left for the proof",
        "split by": run.splits.get("origin"),
        "sides": pixels,
        "bands": f"{seen.bands}, {seen.dtype}",
        "foreground": f"{percent(seen.foreground_share)} of the training pixels",
        "width of the foreground": f"{seen.foreground_width:.1f} pixels, half of it is narrower",
        "masks without foreground": percent(seen.empty),
        "void": percent(seen.void) if seen.void else "none",
    }
    return facts_table("The data set, as the plan saw it", {key: value for key, value in rows.items() if value})


def plan_facts(run):
    """The plan: what was decided, with the reasons; the rest folded away."""
    why = reasons(run.plan)
    decided, others = {}, {}
    for part, values in run.plan:
        if part == "fingerprint":
            continue
        for key, field in type(values).model_fields.items():
            name, value = f"{part}.{key}", getattr(values, key)
            reason = why.get(name)
            told = join((_spell(value), element("small", f"{reason or field.description}", class_="quiet")))
            (decided if reason else others)[name] = told
    if run.plan.loss.name in LOSSES and "loss.name" not in decided:
        said = element("small", LOSSES[run.plan.loss.name], class_="quiet")
        decided["loss.name"] = join((_spell(run.plan.loss.name), said))
        others.pop("loss.name")
    rest = facts_table("Any of them is changed by --set NAME=VALUE", others)
    return join(
        (
            facts_table("What was decided, and why", decided),
            element("details", element("summary", f"The other {len(others)} entries of the plan"), rest),
        )
    )


def _spell(value):
    if value is None:
        return element("code", "none")
    if isinstance(value, tuple):
        return element("code", ", ".join(f"{number:.4g}" for number in value))
    return element("code", f"{value:g}" if isinstance(value, float) else value)
