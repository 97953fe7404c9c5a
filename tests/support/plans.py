"""Plans by the short names of their entries, which tests change one or two of."""

from raremask.plan import Plan

KEYS = {
    "loss": "loss.name",
    "weight_background": "loss.weight_background",
    "weight_foreground": "loss.weight_foreground",
    "crop": "crops.size",
    "batch": "crops.batch",
    "foreground_crops": "crops.foreground_share",
    "width": "model.width",
    "depth": "model.depth",
    "stem": "model.stem",
    "learning_rate": "optimizer.learning_rate",
    "weight_decay": "optimizer.weight_decay",
    "warmup": "optimizer.warmup",
    "clip": "optimizer.clip",
    "precision": "training.precision",
    "steps": "training.steps",
    "epochs": "training.epochs",
    "minutes": "training.minutes",
    "validation_tiles": "training.validation_tiles",
    "seed": "training.seed",
}


def dotted(**entries):
    return {KEYS[name]: value for name, value in entries.items()}


def changed(plan, **entries):
    return plan.changed(dotted(**entries))


def plan_of(**entries):
    entries = {"epochs": 1} | ({"epochs": None} if "minutes" in entries else {}) | entries
    return changed(Plan(training={"epochs": 1}), **entries)
