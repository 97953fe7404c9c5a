import pytest

from raremask.training.gradients.collapse import Collapse
from raremask.training.gradients.finding import ROLL_BACK

# (true positive, false positive, false negative)
FOUND, NOTHING, FEW, BLANK, CHANCE = (50, 20, 50), (0, 0, 100), (0, 1, 199), (0, 3, 0), (3, 300, 97)


def judge(epochs):
    collapse = Collapse(share=0.01, found=0.05, patience=2)
    found = [(epoch, collapse.observe(*counts)) for epoch, counts in enumerate(epochs, 1)]
    return [(epoch, finding) for epoch, finding in found if finding is not None]


@pytest.mark.parametrize("empty", [NOTHING, FEW])
def test_foreground_that_is_found_no_more_rolls_back(empty):
    epoch, finding = judge([(FOUND, FOUND)] * 3 + [(FOUND, empty), (empty, empty)])[0]
    assert (epoch, finding.answer) == (5, ROLL_BACK)
    hits, false, missed = empty
    text = f"(of {hits + missed} foreground pixels in the validation masks 0 were found, {false} false)"
    assert finding.text == f"collapse to all-background for 2 epochs {text}"


@pytest.mark.parametrize("first", [NOTHING, CHANCE])
def test_foreground_that_is_never_found_is_said_once_with_advice(first):
    ((epoch, finding),) = judge([(first, first)] + [(NOTHING, NOTHING)] * 9)
    assert (epoch, finding.answer) == (4 if first is NOTHING else 5, None)
    assert finding.text.startswith("collapse to all-background for 4 epochs (of 100 foreground pixels")
    assert finding.text.endswith("and none was found before")
    assert "iou+crossentropy" in finding.advice


@pytest.mark.parametrize(
    "epochs",
    [
        [(NOTHING, NOTHING)] * 3 + [(FOUND, FOUND)],
        # One epoch, or validation alone, which batch normalisation's averages spoil.
        [(FOUND, FOUND), (NOTHING, NOTHING), (FOUND, FOUND), (NOTHING, NOTHING), (FOUND, FOUND)],
        [(FOUND, NOTHING)] * 9,
        [(FOUND, FOUND)] + [(NOTHING, FOUND)] * 9,
        # All background is right.
        [(FOUND, FOUND)] + [(BLANK, NOTHING)] * 9,
        [(BLANK, BLANK)] * 9,
        [(FOUND, BLANK)] * 9,
    ],
    ids=["slow", "one epoch", "validation", "training", "blank training", "blank", "blank validation"],
)
def test_what_is_no_collapse_is_not_named(epochs):
    assert judge(epochs) == []


def test_without_foreground_in_validation_the_training_is_judged():
    ((epoch, finding),) = judge([(FOUND, BLANK)] + [(NOTHING, BLANK)] * 2)
    assert epoch == 3
    assert "training masks" in finding.text


def test_after_a_roll_back_the_epochs_are_counted_anew():
    collapse = Collapse(share=0.01, found=0.05, patience=2)
    answers = []
    for training in [FOUND, NOTHING, NOTHING, NOTHING, NOTHING]:
        finding = collapse.observe(training, training)
        answers.append(finding is not None)
        if finding is not None:
            collapse.forget()
    assert answers == [False, False, True, False, True]
