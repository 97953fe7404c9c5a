from raremask.plan import Plan
from raremask.report.page.told import asked, data_facts, plan_facts
from support.pages import Tree
from support.scores import run_of, scores_of_evaluation


def text(html):
    return Tree(html).text.replace("\u00a0", " ")


def test_what_was_asked():
    said = text(asked(run_of(), scores_of_evaluation()))
    for part in (
        "/data/roads",
        "foreground is values above 127",
        "12 minutes; 30 epochs done, the best was epoch 28",
        "U-Net of width 16 and depth 4",
        "iou+crossentropy, false alarm : miss as 1 : 1",
        "0.430, chosen on 9 validation images",
        "18 images of the split test, 42,000,000 pixels, 10 % of them foreground",
    ):
        assert part in said


def test_epochs_that_were_asked_for():
    run = run_of(plan=Plan(training={"epochs": 40}))
    assert "40 epochs, 30 of them done" in text(asked(run, scores_of_evaluation()))


def test_what_is_not_known_is_left_out():
    run = run_of(source={}, best_epoch=None, epochs=None, splits={}, plan=Plan(training={"minutes": 5.0}))
    said = text(asked(run, scores_of_evaluation()))
    assert "5 minutes" in said
    assert "best" not in said
    assert "None" not in said
    assert data_facts(run) is None


def test_the_fingerprint_in_words():
    said = text(data_facts(run_of()))
    for part in (
        "45 to train on, 9 to choose by, 18 left for the proof",
        "509 to 2149 pixels",
        "3, uint8",
        "9.9 % of the training pixels",
        "11.5 pixels",
        "11 %",
    ):
        assert part in said


def test_every_entry_of_the_plan_and_its_reason():
    run = run_of()
    said = text(plan_facts(run))
    for part, values in run.plan:
        if part != "fingerprint":
            for key in type(values).model_fields:
                assert f"{part}.{key}" in said
    assert "9.89 % of the training pixels are foreground" in said
    assert said.count("loss.name") == 1
    # What has a reason is not folded away.
    assert "crops.foreground_share" in said.split("The other")[0]
    assert "optimizer.clip" in said.split("The other")[1]


def test_a_loss_without_a_reason_is_explained():
    run = run_of(plan=run_of().plan.changed({"loss.name": "lovasz"}))
    assert "loss.namelovasz1 - IoU by the Lovász hinge" in text(plan_facts(run)).split("The other")[0]
