"""The strengths: what they may be, and what the defaults do."""

import dataclasses

import pytest

from raremask.data import Augmentation
from raremask.errors import InputError

STRENGTHS = ("scale", "rotation", "brightness", "contrast", "colour", "blur", "noise", "share")


def test_the_default_turns_and_does_no_more():
    plain = Augmentation()
    assert plain.turns
    assert (plain.warps, plain.lights, plain.blur) == (False, False, 0)


def test_every_strength_is_tested():
    assert {field.name for field in dataclasses.fields(Augmentation)} == {"turns", *STRENGTHS}


@pytest.mark.parametrize("name", STRENGTHS)
@pytest.mark.parametrize("value", [-0.1, 1000, float("nan"), float("inf"), "1", True, None])
def test_a_strength_that_is_none_is_refused_by_name(name, value):
    with pytest.raises(InputError, match=f"^the augmentation's {name} must lie between 0 and [0-9]+, not "):
        Augmentation(**{name: value})


def test_turns_are_true_or_false():
    with pytest.raises(InputError, match="turns must be true or false, not 1"):
        Augmentation(turns=1)


def test_a_share_of_none_leaves_nothing_of_what_goes_by_shares():
    none = Augmentation(scale=1, rotation=10, noise=1, share=0)
    assert (none.warps, none.lights) == (False, False)
    assert Augmentation(rotation=10).warps
    assert Augmentation(scale=0.1).warps
    assert all(Augmentation(**{name: 0.1}).lights for name in ("brightness", "contrast", "colour", "noise"))


def test_it_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Augmentation().scale = 1
