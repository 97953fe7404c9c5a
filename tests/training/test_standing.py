import json
import os
import shutil

import pytest

from raremask.errors import InputError
from raremask.files import held
from raremask.training import find_unfinished, standing
from raremask.training.checkpoint import Checkpoint, read_checkpoints, read_state, write_checkpoint
from support.plans import changed


@pytest.fixture
def runs(trained, tmp_path):
    """The same trained run twice, its threshold not chosen yet; the first was written into last."""
    for seconds, name in enumerate(("roads-2", "roads")):
        shutil.copytree(trained, tmp_path / name)
        for path in (tmp_path / name).glob("checkpoint*"):
            os.utime(path, (seconds, seconds))
    return tmp_path


def judge(folder):
    facts = json.loads((folder / "run.json").read_text())
    facts["scores"]["validation"] = {}
    (folder / "run.json").write_text(json.dumps(facts))


def change_state(folder, **entries):
    newest = next(read_checkpoints(folder))
    write_checkpoint(folder, Checkpoint({**newest.state, **entries}, newest.variables))


def test_nothing_stands_where_nothing_was_begun(scene_set, tiny_plan, tmp_path):
    assert standing(tmp_path, scene_set, tiny_plan) is None


def test_all_epochs_are_trained_and_more_can_be_asked_for(trained, scene_set, tiny_plan):
    stands = standing(trained, scene_set, tiny_plan)
    assert (stands.epoch, stands.over, stands.judged, stands.stopped) == (3, True, False, None)
    assert not standing(trained, scene_set, changed(tiny_plan, epochs=4)).over


def test_under_a_clock_the_time_that_was_used_counts(trained, scene_set, tiny_plan):
    used = read_state(trained)["minutes"]
    for share, over in ((0.9, True), (100, False)):
        plan = changed(tiny_plan, epochs=None, minutes=share * used)
        assert standing(trained, scene_set, plan).over is over


def test_it_is_judged_when_the_scores_are_of_all_its_epochs(runs, scene_set, tiny_plan):
    judge(runs / "roads")
    assert standing(runs / "roads", scene_set, tiny_plan).judged
    assert not standing(runs / "roads", scene_set, changed(tiny_plan, epochs=4)).judged
    assert not standing(runs / "roads", scene_set, tiny_plan.changed({"mask.aim": "f2"})).judged
    change_state(runs / "roads", epoch=4)
    assert not standing(runs / "roads", scene_set, tiny_plan).judged


def test_it_is_not_judged_where_the_run_is_damaged(runs, scene_set, tiny_plan):
    judge(runs / "roads")
    shutil.copytree(runs / "roads", runs / "model gone")
    (runs / "model gone" / "model.keras").unlink()
    os.truncate(runs / "roads" / "model.keras", 1000)
    facts = json.loads((runs / "roads-2" / "run.json").read_text())
    (runs / "roads-2" / "run.json").write_text(json.dumps({**facts, "scores": 5}))
    shutil.copytree(runs / "roads-2", runs / "cut")
    os.truncate(runs / "cut" / "run.json", 100)
    for name in ("roads", "model gone", "roads-2", "cut"):
        stands = standing(runs / name, scene_set, tiny_plan)
        assert (stands.over, stands.judged) == (True, False), name


def test_a_run_of_another_format_is_not_damaged(runs, scene_set, tiny_plan):
    (runs / "roads" / "run.json").write_text(json.dumps({"format": 9}))
    with pytest.raises(InputError, match="format 9"):
        standing(runs / "roads", scene_set, tiny_plan)


def test_a_state_that_lacks_entries_is_one_line(runs, scene_set, tiny_plan):
    parts = read_state(runs / "roads")["callbacks"]
    change_state(runs / "roads", callbacks={**parts, "pace": {"step": 3}})
    with pytest.raises(InputError, match="the checkpoint's pace does not hold"):
        standing(runs / "roads", scene_set, tiny_plan)


def test_one_that_was_stopped_for_good_is_over(runs, scene_set, tiny_plan):
    change_state(runs / "roads", epoch=1, stopped="step 9: loss nan")
    stands = standing(runs / "roads", scene_set, changed(tiny_plan, epochs=9))
    assert (stands.over, stands.describe(tiny_plan)) == (True, "1 epochs; step 9: loss nan")


def test_epochs_that_a_clock_has_cut_short_count(runs, scene_set, tiny_plan):
    # Three whole epochs and one of no steps.
    change_state(runs / "roads", epoch=4)
    assert standing(runs / "roads", scene_set, changed(tiny_plan, epochs=4)).over


def test_another_plan_is_refused(trained, scene_set, tiny_plan):
    with pytest.raises(InputError, match=r"batch was 4 and is 2.*-o"):
        standing(trained, scene_set, changed(tiny_plan, batch=2))


def test_what_precision_was_taken_before_is_no_other_plan(runs, scene_set, tiny_plan):
    marks = read_state(runs / "roads")["fingerprint"]
    marks["plan"]["training"]["precision"] = "mixed_bfloat16"
    change_state(runs / "roads", fingerprint=marks)
    assert standing(runs / "roads", scene_set, changed(tiny_plan, precision="auto")).epoch == 3
    with pytest.raises(InputError, match="precision was mixed_bfloat16 and is float32"):
        standing(runs / "roads", scene_set, tiny_plan)


def test_the_newest_that_is_unfinished_is_found(runs, scene_set, tiny_plan):
    def found(**changes):
        folder = find_unfinished(runs, "roads", scene_set, changed(tiny_plan, **changes))
        return folder and folder.name

    assert found() == "roads"
    assert [found(epochs=4), found(batch=2), found(seed=1)] == [None] * 3
    assert find_unfinished(runs, "road", scene_set, tiny_plan) is None
    assert find_unfinished(runs / "none", "roads", scene_set, tiny_plan) is None
    with held(runs / "roads"):
        assert found() == "roads-2"
    judge(runs / "roads")
    assert found() == "roads-2"
    for path in (runs / "roads-2").glob("checkpoint*"):
        path.write_bytes(b"")
    assert found() is None
