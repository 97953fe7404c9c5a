"""Batches reach Keras as they are, pass by pass, without TensorFlow's tuning thread."""

import keras
import numpy as np
import pytest

from raremask.training.feed import feed


class Counted(keras.utils.PyDataset):
    """Three batches, the last of which is smaller, that say how often they were taken."""

    def __init__(self):
        super().__init__()
        self.taken = []

    def __len__(self):
        return 3

    def __getitem__(self, index):
        self.taken.append(index)
        count = 2 if index < 2 else 1
        return np.full((count, 4, 4, 3), index, "float32"), np.full((count, 4, 4, 1), index, "uint8")


tensorflow_only = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="other backends take the batches")


@tensorflow_only
def test_every_pass_takes_the_batches_anew_and_in_order():
    batches = Counted()
    fed = feed(batches)
    batches.taken.clear()
    for _ in range(2):
        shapes = [(images.shape[0], int(images.numpy().max()), masks.dtype.name) for images, masks in fed]
        assert shapes == [(2, 0, "uint8"), (2, 1, "uint8"), (1, 2, "uint8")]
    assert batches.taken == [0, 1, 2, 0, 1, 2]


@tensorflow_only
def test_nothing_tunes_itself_and_the_length_is_known():
    fed = feed(Counted())
    assert fed.options().autotune.enabled is False
    assert fed.cardinality().numpy() == 3
    images, masks = fed.element_spec
    assert images.shape.as_list() == [None, 4, 4, 3]
    assert masks.shape.as_list() == [None, 4, 4, 1]


@pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="TensorFlow gets a pipeline")
def test_other_backends_take_the_batches_themselves():
    batches = Counted()
    assert feed(batches) is batches
