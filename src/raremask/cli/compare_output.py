"""What raremask compare prints and leaves: progress, the table, the verdict, the files."""

from raremask.cli.options import typed

__all__ = ["say_begin", "say_end", "say_so_far"]


def say_begin(experiment, state, folder):
    """Say what is going to happen, or how far it is."""
    from raremask.cli.console import say

    labels, count = [one.label for one in experiment.candidates], len(experiment.trials)
    say(f"candidates: {', '.join(labels)}")
    repeats = experiment.repeats
    kind = "seeds" if repeats[0].halves is not None else "folds"
    say(
        f"{count} trainings: {len(labels)} candidates, {len(repeats)} {kind}; scored on {len(_scored(experiment))} "
        f"images ({'validation' if kind == 'seeds' else 'all but the test split'}), threshold chosen on others"
    )
    clock = state.decided["clock"]
    bound = (
        f"{experiment.epochs} epoch{'s' if experiment.epochs != 1 else ''}"
        if clock is None
        else f"{clock:.1f} minutes and about {state.decided['overhead']:.1f} more to start and to score it"
    )
    say(f"each training: {bound}, in {state.decided['precision']}, in a process of its own")
    if state.records and len(state.records) < count:
        say(f"{folder}: going on after {len(state.records)} of {count} trainings{_left(experiment, state)}")


def say_so_far(experiment, state, trial, record):
    """Say what a training that has just ended scored; after each whole repeat, the table."""
    from raremask.cli.console import say
    from raremask.evaluation import iou

    done, count = len(state.records), len(experiment.trials)
    told = (
        f"failed, {record.failed}"
        if record.failed
        else f"IoU {iou(record.pooled):.3f}, {record.epochs} epoch{'s' if record.epochs != 1 else ''}"
    )
    say(f"{done} of {count}: {trial.describe()}: {told}{_left(experiment, state)}")
    for event in record.events:
        say(f"  {event}")
    if done < count and all(f"{one.folder}/{trial.repeat.name}" in state.records for one in experiment.candidates):
        _say_table_so_far(experiment, state)


def say_end(data, experiment, state, folder, command):
    """Write the results, and print the table, the verdict and what to type next."""
    from raremask.cli.console import say, show_next, table
    from raremask.evaluation.experiment import results_of
    from raremask.evaluation.experiment.words import caveats, spell_difference

    done, count = len(state.records), len(experiment.trials)
    results = results_of(experiment, state) if done else None
    if results is not None:
        _write(experiment, state, folder, results)
        whole = "" if done == count else f", after {len(results['repeats'])} of {len(experiment.repeats)} repeats"
        # Without the plan's own among the candidates there is nothing to say of it.
        columns = slice(None) if results["own"] is not None else slice(-1)
        table(
            f"Foreground IoU on {results['images']} images, at a threshold chosen on others{whole}",
            ("candidate", "IoU", "95 %", "at 0.5", "precision", "recall", "less than the best", "more than the plan's")[
                columns
            ],
            [
                (
                    one["label"],
                    f"{one['iou']['value']:.3f}",
                    f"{one['iou']['low']:.3f} to {one['iou']['high']:.3f}",
                    f"{one['at_half']['iou']:.3f}",
                    f"{one['precision']:.3f}",
                    f"{one['recall']:.3f}",
                    spell_difference(one["less_than_best"]),
                    spell_difference(one["more_than_own"]),
                )[columns]
                for one in results["candidates"]
            ],
        )
        say(results["verdict"])
        for sentence in caveats(results):
            say(f"note: {sentence}")
        say(f"results: {folder} (comparison.json, comparison.csv, comparison.png, winner.toml; a run in each folder)")
    if state.stopped:
        say(f"stopped after {done} of {count} trainings; to go on: {command}")
    elif results is not None:
        # How the data is read stands in the plan.
        show_next(f"raremask train {typed(data, plan=folder / 'winner.toml')}")


def _write(experiment, state, folder, results):
    from raremask.files import write_json
    from raremask.plan import write_plan
    from raremask.report import draw_comparison

    write_json(folder / "comparison.json", results)
    _write_table(folder / "comparison.csv", results)
    name = experiment.source.get("data", "").rstrip("/").rpartition("/")[2]
    draw_comparison(results, folder / "comparison.png", title=name or None)
    winner = next(one for one in experiment.candidates if one.label == results["best"])
    write_plan(_to_be_trained(winner.plan, state, experiment), folder / "winner.toml")


def _to_be_trained(plan, state, experiment):
    """The winner's plan with a bound of its own: a comparison's clock is short."""
    from raremask.plan.names import DEFAULT_MINUTES

    clock = state.decided["clock"]
    minutes = None if clock is None else max(float(DEFAULT_MINUTES), clock)
    return plan.changed({"training.minutes": minutes, "training.epochs": experiment.epochs})


def _write_table(path, results):
    import csv
    import io

    from raremask.files import written_beside

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    ends = ("value", "low", "high")
    intervals = {"iou": "iou", "less_than_best": "less_than_best", "more_than_own": "more_than_own"}
    heads = [f"{name}{'' if end == 'value' else f'_{end}'}" for name in intervals for end in ends]
    writer.writerow(("rank", "candidate", *heads, "dice", "precision", "recall", "iou_at_half", "trainings"))
    for rank, one in enumerate(results["candidates"], start=1):
        told = [(one[name] or {}).get(end) for name in intervals for end in ends]
        numbers = [*told, one["dice"], one["precision"], one["recall"], one["at_half"]["iou"]]
        cells = ["" if number is None else f"{number:.6f}" for number in numbers]
        writer.writerow((rank, one["label"], *cells, len(one["trainings"])))
    with written_beside(path) as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8")


def _say_table_so_far(experiment, state):
    from raremask.cli.console import table
    from raremask.evaluation import Confusion, iou

    rows = []
    for one in experiment.candidates:
        held = [state.records.get(f"{one.folder}/{repeat.name}") for repeat in experiment.repeats]
        held = [record for record in held if record is not None and not record.failed]
        pooled = sum((record.pooled for record in held), Confusion())
        rows.append((one.label, f"{len(held)} of {len(experiment.repeats)}", iou(pooled) if held else None))
    rows.sort(key=lambda row: -1 if row[2] is None else row[2], reverse=True)
    table(
        f"So far{_left(experiment, state)}",
        ("candidate", "trainings", "IoU"),
        [(label, done, "-" if score is None else f"{score:.3f}") for label, done, score in rows],
    )


def _left(experiment, state):
    minutes = state.minutes_left(experiment)
    if not minutes:
        return ""
    hours, rest = divmod(round(minutes), 60)
    return f"; about {f'{hours} h ' if hours else ''}{rest} min left"


def _scored(experiment):
    return {stem for repeat in experiment.repeats for stem in repeat.scored}
