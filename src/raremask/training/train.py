"""From a data set and a plan to a run on disk."""

import csv
import dataclasses
import io
from pathlib import Path

import keras

from raremask.balance import PixelCounts
from raremask.data import CropSource, PairStore
from raremask.data.masks import VOID
from raremask.errors import InputError, JobError, name_some
from raremask.files import written_beside
from raremask.losses import LossSum, SkeletonRecallLoss
from raremask.metrics import ForegroundIoU
from raremask.plan import make_loss, make_model, write_plan
from raremask.run import Run, load_run, refuse_existing, removed_unless_run, save_run
from raremask.training.batches import Crops, Tiles
from raremask.training.keeper import Keeper
from raremask.training.optimizer import optimizer_for
from raremask.training.pace import Pace
from raremask.training.precision import fastest_policy
from raremask.training.progress import ProgressRows
from raremask.training.watch import GradientWatch

__all__ = ["train"]


def train(dataset, plan, folder, *, source=None, loss=None, say=None, indexed=None, step_done=None):
    """Train a U-Net by a plan, keeping the best weights in ``folder`` all along.

    Two calls with the same plan, seed and number of epochs give the same weights on one machine. Under
    ``minutes`` the schedule follows the clock, so only the crops' order is the same.

    Args:
        dataset: `raremask.data.Dataset`, with splits.
        plan: `raremask.plan.Plan`.
        folder: of the run; must be empty or not exist.
        source: where the data lay, dict of JSON values, kept in the run.
        loss: Keras loss on logits and labels 0, 1 and 255 (void), instead of the one that the plan names. Where
            it is a `SkeletonRecallLoss`, or a `LossSum` with one in it, the masks of training and validation
            come `raremask.data.with_skeleton`, whose label 2 every loss and metric of raremask reads.
        say: called with every line for the user, or None.
        indexed: called as ``indexed(done, total)`` while the training masks are indexed, or None.
        step_done: called as ``step_done(step, steps)`` after each step, or None.

    Returns:
        `Run` with the best weights; also on disk, with history.csv beside it. Its threshold is 0.5 still:
        `raremask.evaluation.choose_threshold` chooses it.

    Raises:
        InputError: ``folder`` is not empty, or no pixel of the validation masks can be scored.
        JobError: nothing finite was learned, the disk is full, or a file of the data set cannot be read any more.
            Where no epoch was kept, ``folder`` is taken away again.
    """
    folder = Path(folder)
    if not dataset.balance(dataset.splits.val).valid:
        raise InputError(
            f"every pixel of the validation masks is void ({name_some(dataset.splits.val)}), so no epoch can be "
            "judged; name others in val.txt"
        )
    refuse_existing(folder)
    with removed_unless_run(folder):
        return _train(dataset, plan, folder, source or {}, loss, say, indexed, step_done)


def _train(dataset, plan, folder, source, loss, say, indexed, step_done):
    plan = _completed(plan, dataset, say)
    # After the measuring, which draws weights of its own.
    keras.utils.set_random_seed(plan.training.seed)
    splits = dataset.splits
    mean, std = plan.normalisation.mean, plan.normalisation.std
    model = make_model(plan, dataset.bands, mean, std)
    loss = make_loss(plan) if loss is None else loss
    model.compile(
        optimizer=optimizer_for(plan),
        loss=loss,
        metrics=[ForegroundIoU(from_logits=True, ignore_class=VOID, name="foreground_iou")],
        jit_compile=False,  # XLA's reductions run on one core
    )
    run = Run(
        model=model,
        plan=plan,
        decoding=dataset.decoding,
        bands=dataset.bands,
        dtype=dataset.dtype,
        mean=mean,
        std=std,
        read_bands=dataset.read_bands,
        splits=splits.to_dict(),
        source=source,
    )
    write_plan(plan, folder / "plan.toml")
    crops, tiles = _batches(dataset, plan, _recalls_skeletons(loss), indexed)
    if say is not None:
        say(_what_crops_hold(crops.source, dataset.balance(splits.train)))
    history = _fit(run, crops, tiles, folder, say, step_done)
    if history.keeper.best_epoch is None:
        raise JobError(
            "the training diverged before its first validation "
            f"({'; '.join(history.events) or 'validation loss not finite'}); try a lower --learning-rate"
        )
    best = load_run(folder).changed(events=tuple(history.events))
    save_run(best, folder, model=False)
    return best


def _completed(plan, dataset, say):
    """The plan with nothing left to the machine or the data: what is kept in the run repeats it."""
    changes = {}
    if plan.training.precision == "auto":
        changes["training.precision"] = fastest_policy(plan.crops.size, plan.crops.batch, plan.model.width, say)
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


@dataclasses.dataclass
class _History:
    keeper: Keeper
    events: list


def _recalls_skeletons(loss):
    if isinstance(loss, LossSum):
        return any(_recalls_skeletons(part) for part in loss.losses)
    return isinstance(loss, SkeletonRecallLoss)


def _what_crops_hold(source, natural):
    seen = sum(source.seen(), PixelCounts(0, 0))
    return (
        f"crops of {source.size}: {100 * seen.foreground_share:.2f} % foreground, where the training images hold "
        f"{100 * natural.foreground_share:.2f} %, as {100 * source.foreground_share:g} % of the crops are drawn "
        "through foreground"
    )


def _batches(dataset, plan, skeletons, indexed):
    train_store, val_store = (
        PairStore(
            [dataset.pairs[stem] for stem in stems], dataset.decoding, skeletons=skeletons, bands=dataset.read_bands
        )
        for stems in (dataset.splits.train, dataset.splits.val)
    )
    source = CropSource(
        train_store,
        plan.crops.size,
        plan.crops.foreground_share,
        indexed,
        plan.augmentation.strengths(),
        (plan.normalisation.mean, plan.normalisation.std),
    )
    crops = Crops(source, plan.crops.batch, plan.training.steps, plan.training.seed)
    return crops, Tiles(
        val_store, plan.crops.size, plan.crops.batch, plan.training.validation_tiles, plan.training.seed
    )


def _fit(run, crops, tiles, folder, say, step_done):
    plan, rows = run.plan, []

    def keep(model, logs):
        scores = {"validation_tiles_iou": float(logs["val_foreground_iou"])}
        save_run(run.changed(model=model, scores=scores), folder)

    pace, keeper = Pace(plan), Keeper(keep)
    watch = GradientWatch(pace, say)
    history = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: _record(rows, epoch, logs, folder))
    callbacks = [pace, watch, keeper, ProgressRows(plan.crops.batch, keeper, say, step_done), history]
    try:
        run.model.fit(
            crops,
            validation_data=tiles,
            epochs=plan.training.epochs or 1_000_000,
            callbacks=callbacks,
            shuffle=False,  # the crops are random already
            verbose=0,
        )
    except KeyboardInterrupt:
        if keeper.best_epoch is None:
            raise
        watch.watcher.events.append("stopped by Ctrl-C; the best weights so far are kept")
        if say is not None:
            say(watch.watcher.events[-1])
    except Exception as error:
        cause = crops.failure or tiles.failure or _out_of_memory(error, plan)
        if cause is None:
            raise
        kept = "" if keeper.best_epoch is None else f"; {folder} keeps the best weights so far"
        raise JobError(f"the training stopped: {cause}{kept}") from error
    finally:
        crops.close()
        tiles.close()
    return _History(keeper, watch.watcher.events)


def _out_of_memory(error, plan):
    if type(error).__name__ not in ("ResourceExhaustedError", "MemoryError"):
        return None
    return f"out of memory at {plan.crops.batch} crops of {plan.crops.size} pixels; try a smaller --batch or --crop"


def _record(rows, epoch, logs, folder):
    rows.append({"epoch": epoch + 1, **{name: float(value) for name, value in logs.items()}})
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    with written_beside(folder / "history.csv") as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8", newline="")
