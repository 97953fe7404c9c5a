"""From a data set and a plan to a run on disk, in one go or in several."""

import contextlib
from pathlib import Path

import keras

from raremask.balance import PixelCounts
from raremask.data import CropSource, PairStore
from raremask.data.masks import VOID
from raremask.errors import InputError, JobError, name_some
from raremask.files import clear_leftovers
from raremask.losses import LossSum, SkeletonRecallLoss
from raremask.metrics import ForegroundIoU
from raremask.plan import make_loss, make_model, write_plan
from raremask.run import Run, load_run, save_run
from raremask.run_folder import held_run
from raremask.training.backend import jit_compile, replicas
from raremask.training.batches import Crops, Tiles
from raremask.training.callbacks import make_callbacks
from raremask.training.checkpoint import read_checkpoints
from raremask.training.feed import feed
from raremask.training.fingerprint import fingerprint
from raremask.training.kept import make_good
from raremask.training.optimizer import optimizer_for
from raremask.training.settle import settle
from raremask.training.standing import refuse_other, standing_of

__all__ = ["DivergedError", "train"]


class DivergedError(JobError):
    """Nothing finite was learned: another loss or a lower rate may learn where this one did not."""


def train(
    dataset,
    plan,
    folder,
    *,
    source=None,
    loss=None,
    say=None,
    indexed=None,
    step_done=None,
    tracker=None,
    folder_held=False,
):
    """Train a U-Net by a plan, keeping the best weights in ``folder`` all along.

    Two calls with the same plan, seed and number of epochs give the same weights on one machine. Under
    ``minutes`` the schedule follows the clock, so only the crops' order is the same.

    Several devices of one machine share each step where Keras has been told so: on TensorFlow within the ``scope``
    of a ``tf.distribute.MirroredStrategy``, on JAX after ``keras.distribution.set_distribution``. Loss and clipping are
    those of the whole batch; on TensorFlow batch normalisation takes each device's part by itself, as Keras's does.

    A training that was stopped, by whatever and at whichever moment, goes on where its last whole checkpoint is, when
    it is called again with the same arguments; one that is over and judged is returned as it is. Under ``epochs`` it
    ends as if it had never stopped: the same weights, scores and history, except for the history's ``minutes`` and
    ``crops_per_second``. Under ``minutes`` what was used up to the checkpoint counts, and it goes on with the rest.
    The bounds may be others than before: the cosine of the rate is then that of the new total, from where it stands,
    so more epochs for a training that has ended raise the rate again. A ``loss`` with variables of its own begins
    them anew.

    Args:
        dataset: `raremask.data.Dataset`, with splits.
        plan: `raremask.plan.Plan`.
        folder: of the run; must be empty, not exist, or hold a training by the same plan on the same data.
        source: where the data lay, dict of JSON values, kept in the run.
        loss: Keras loss on logits and labels 0, 1 and 255 (void), instead of the one that the plan names. Where
            it is a `SkeletonRecallLoss`, or a `LossSum` with one in it, the masks of training and validation
            come `raremask.data.with_skeleton`, whose label 2 every loss and metric of raremask reads.
        say: called with every line for the user, or None.
        indexed: called as ``indexed(done, total)`` while the training masks are indexed, or None.
        step_done: called as ``step_done(step, steps)`` after each step, or None.
        tracker: one of `raremask.training.trackers.TRACKERS` to tell of the training, or None.
        folder_held: True where the caller holds ``folder`` already, by `raremask.run_folder.held_run`, to do more in
            it after the training; a second hold would be refused.

    Returns:
        `Run` with the best weights; also on disk, with history.csv and the checkpoints beside it. Its threshold is
        0.5 still, unless it was over before: `raremask.evaluation.choose_threshold` chooses it.

    Raises:
        InputError: ``folder`` holds something else, the best weights in it are lost, no pixel of the validation masks
            can be scored, or the devices that share a step cannot do so evenly.
        DivergedError: a `JobError`, nothing finite was learned.
        JobError: the disk is full, a file of the data set cannot be read any more, or another process trains into
            ``folder``. Where no epoch was kept, ``folder`` is taken away again.
    """
    folder = Path(folder)
    if not dataset.balance(dataset.splits.val).valid:
        raise InputError(
            f"every pixel of the validation masks is void ({name_some(dataset.splits.val)}), so no epoch can be "
            "judged; name others in val.txt"
        )
    if plan.crops.batch % replicas():
        raise InputError(
            f"the {plan.crops.batch} crops of a step cannot be shared evenly by {replicas()} devices; set crops.batch "
            "to a multiple of them"
        )
    with contextlib.nullcontext() if folder_held else held_run(folder):
        clear_leftovers(folder)
        return _train(dataset, plan, folder, source or {}, loss, say or _silent, indexed, step_done, tracker)


def _silent(line):
    pass


def _train(dataset, plan, folder, source, loss, say, indexed, step_done, tracker):
    checkpoints = read_checkpoints(folder, say)
    newest = next(checkpoints, None)
    plan = settle(plan, dataset, newest and newest.state, say)
    # After the settling, which may measure with weights of its own.
    keras.utils.set_random_seed(plan.training.seed)
    marks = fingerprint(plan, dataset, loss)
    stands = None
    if newest is not None:
        refuse_other(folder, newest.state, marks)
        stands = standing_of(folder, newest.state, plan)
        if stands.judged:
            say(f"{folder}: trained already, {stands.describe(plan)}")
            return load_run(folder)
    loss = make_loss(plan) if loss is None else loss
    run = _new_run(dataset, plan, loss, source)
    callbacks = make_callbacks(run, folder, marks, say, step_done, tracker)
    if newest is not None:
        make_good(run, folder, newest.state, say)
        callbacks.go_on(newest, checkpoints)
    if stands is None or not stands.over:
        crops, tiles = _batches(dataset, plan, _recalls_skeletons(loss), indexed)
        say(_what_crops_hold(crops.source, dataset.balance(dataset.splits.train)))
        if stands is not None:
            say(f"{folder}: {stands.next_epoch(plan)}")
        _fit(run, crops, tiles, callbacks, folder, say)
    if callbacks.keeper.best_epoch is None:
        raise DivergedError(
            "the training diverged before its first validation "
            f"({'; '.join(callbacks.events) or 'validation loss not finite'}); try a lower --learning-rate"
        )
    _say_what_stopped(callbacks, say)
    return _ended(run, folder, callbacks)


def _new_run(dataset, plan, loss, source):
    mean, std = plan.normalisation.mean, plan.normalisation.std
    model = make_model(plan, dataset.bands, mean, std)
    model.compile(
        optimizer=optimizer_for(plan, model),
        loss=loss,
        metrics=[ForegroundIoU(from_logits=True, ignore_class=VOID, name="foreground_iou")],
        jit_compile=jit_compile(),
    )
    return Run(
        model=model,
        plan=plan,
        decoding=dataset.decoding,
        bands=dataset.bands,
        dtype=dataset.dtype,
        mean=mean,
        std=std,
        read_bands=dataset.read_bands,
        splits=dataset.splits.to_dict(),
        source=source,
    )


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
            [dataset.pairs[stem] for stem in stems],
            dataset.decoding,
            skeletons=skeletons,
            bands=dataset.read_bands,
            shapes=[dataset.shapes[stem] for stem in stems],
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
    tiles = Tiles(
        val_store, plan.crops.size, plan.crops.batch, plan.training.validation_tiles, plan.training.seed, replicas()
    )
    return crops, tiles


def _fit(run, crops, tiles, callbacks, folder, say):
    plan = run.plan
    try:
        run.model.fit(
            feed(crops),
            validation_data=feed(tiles),
            initial_epoch=callbacks.saver.epoch,
            epochs=plan.training.epochs or 1_000_000,
            callbacks=callbacks.in_order(crops),
            # The crops are random already, and what feed gives refuses to be shuffled.
            shuffle=False,
            verbose=0,
        )
    except KeyboardInterrupt:
        _interrupted(callbacks, folder, say)
    except Exception as error:
        cause = crops.failure or tiles.failure or _out_of_memory(error, plan)
        if cause is None:
            raise
        kept = f"; {folder} keeps the best weights so far" if callbacks.saver.epoch else ""
        raise JobError(f"the training stopped: {cause}{kept}") from error
    finally:
        callbacks.close()
        crops.close()
        tiles.close()


def _interrupted(callbacks, folder, say):
    """Ctrl-C may come within an epoch, or between the files that it leaves: take the checkpoint's word."""
    checkpoint = next(read_checkpoints(folder), None)
    if checkpoint is None:
        raise KeyboardInterrupt
    # It may have come within a validation, too, which has the average in the weights' place.
    callbacks.average.on_test_end()
    events = [*callbacks.events, "stopped by Ctrl-C; the best weights so far are kept"]
    callbacks.saver.restore(checkpoint)
    callbacks.events[:] = events
    say(events[-1])


def _say_what_stopped(callbacks, say):
    """What has stopped the training for good is an event; the watch has said its own, but not the keeper."""
    stopped = callbacks.saver.stopped
    if stopped is not None and stopped not in callbacks.events:
        callbacks.events.append(stopped)
        say(stopped)


def _ended(run, folder, callbacks):
    best, epochs = load_run(folder), callbacks.saver.epoch
    if (best.epochs, best.plan.mask) != (epochs, run.plan.mask):
        # What it was judged by was the training of fewer epochs, or another aim.
        scores = {name: score for name, score in best.scores.items() if name != "validation"}
        best = best.changed(threshold=0.5, smallest=0, hole=0, scores=scores)
    best = best.changed(plan=run.plan, events=tuple(callbacks.events), epochs=epochs)
    write_plan(best.plan, folder / "plan.toml")
    save_run(best, folder, model=False)
    return best


def _out_of_memory(error, plan):
    if type(error).__name__ not in ("ResourceExhaustedError", "MemoryError"):
        return None
    return f"out of memory at {plan.crops.batch} crops of {plan.crops.size} pixels; try a smaller --batch or --crop"
