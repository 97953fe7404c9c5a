"""SkeletonRecallLoss: which pixels it sees."""

import numpy as np

from raremask.losses import DiceLoss, SkeletonRecallLoss
from support.backends import to_numpy, value_and_gradient
from support.losses import SHAPE, batch


def test_only_the_skeleton_has_a_gradient():
    y_true, logits = batch()
    _, gradient = value_and_gradient(SkeletonRecallLoss(from_logits=True, ignore_class=255), y_true, logits)
    np.testing.assert_array_equal(gradient < 0, y_true == 2)
    assert not gradient[y_true != 2].any()


def test_another_label_may_be_the_skeleton():
    y_true, logits = batch(void=False)
    renamed = np.where(y_true == 2, np.uint8(7), y_true)
    np.testing.assert_array_equal(
        to_numpy(SkeletonRecallLoss(7, from_logits=True)(renamed, logits)),
        to_numpy(SkeletonRecallLoss(from_logits=True)(y_true, logits)),
    )


def test_a_mask_without_skeleton_is_0_and_left_out_of_the_mean():
    y_true, p = np.ones(SHAPE, "uint8"), np.full(SHAPE, 0.25, "float32")
    for labels in (y_true, y_true.astype("bool"), y_true.astype("float32")):
        value, gradient = value_and_gradient(SkeletonRecallLoss(), labels, p)
        assert value == 0
        assert not gradient.any()
        value, gradient = value_and_gradient(SkeletonRecallLoss(257), labels, p)  # which as uint8 is 1
        assert value == 0
        assert not gradient.any()
    y_true[0, 1] = 2
    for per_image in (False, True):
        np.testing.assert_allclose(to_numpy(SkeletonRecallLoss(per_image=per_image)(y_true, p)), 0.75, rtol=1e-6)


def test_bool_labels_hold_no_skeleton_and_it_adds_to_another_loss():
    y_true, logits = batch(void=False)
    both = DiceLoss(from_logits=True) + SkeletonRecallLoss(from_logits=True)
    alone = DiceLoss(from_logits=True)
    np.testing.assert_allclose(to_numpy(both(y_true > 0, logits)), to_numpy(alone(y_true, logits)), rtol=1e-6)
    assert to_numpy(both(y_true, logits)) > to_numpy(alone(y_true, logits)) + 0.1
