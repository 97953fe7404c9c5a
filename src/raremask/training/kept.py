"""What is whole of the run beside a checkpoint, and how what was damaged is made good from that."""

import zipfile
from pathlib import Path

from raremask.errors import InputError
from raremask.model_file import refuse_large_model
from raremask.plan import write_plan
from raremask.run import OtherFormatError, load_run, save_run

__all__ = ["holds_model", "kept_run", "make_good"]


def kept_run(folder):
    """The run in a folder without its model, or None where its run.json or model.keras is missing or damaged.

    Raises:
        InputError: run.json is of another format, or cannot be read at all.
    """
    facts = _kept_facts(folder)
    return facts if facts is not None and holds_model(folder) else None


def holds_model(folder):
    """Whether model.keras is a whole archive."""
    path = Path(folder) / "model.keras"
    try:
        refuse_large_model(path)
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except Exception:  # a damaged archive raises many kinds, as a damaged checkpoint does
        return False


def _kept_facts(folder):
    try:
        return load_run(folder, model=False)
    except OtherFormatError:
        raise
    except InputError as error:
        if isinstance(error.__cause__, OSError):
            raise
        return None


def make_good(run, folder, state, say):
    """Write a run.json that is damaged or missing again, where model.keras holds the best weights of all the same.

    Where the checkpoint's own epoch is the best there is nothing to do: the weights are at hand and saved with all.

    Args:
        run: `Run` of the training.
        folder: where it lies.
        state: of the newest checkpoint.
        say: called with a line on what was done.

    Raises:
        InputError: the best weights are lost.
    """
    best = state["callbacks"]["keeper"]["best_epoch"] + 1
    if best == state["epoch"]:
        return
    if not holds_model(folder):
        raise InputError(
            f"{folder}/model.keras is missing or damaged, and its checkpoint is of epoch {state['epoch']}, not of "
            f"epoch {best}, the best: put a copy of the file back, or train anew with another -o"
        )
    if _kept_facts(folder) is None:
        row = next(row for row in state["rows"] if row["epoch"] == best)
        scores = {"validation_tiles_iou": row["val_foreground_iou"]}
        save_run(run.changed(scores=scores, best_epoch=best), folder, model=False)
        write_plan(run.plan, Path(folder) / "plan.toml")
        say(f"warning: {folder}/run.json was missing or damaged and is written anew")
