import keras
import pytest
from keras import layers

from raremask.models import stride_of, unet
from raremask.models.pyramid import pyramid


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_the_stride_of_a_unet_is_two_to_its_depth(depth):
    assert stride_of(unet(bands=2, width=2, depth=depth)) == 2**depth


def graph():
    """Stride 2 with a residual block, gates pooled over the image, an unpadded branch, stride 4."""
    image = keras.Input((None, None, 3))
    x = layers.Conv2D(8, 3, strides=2, padding="same", name="half")(image)
    gate = layers.GlobalAveragePooling2D(keepdims=True, name="gate")(x)
    x = layers.Multiply(name="gated")([x, gate])
    inner = layers.Conv2D(2, 1, name="inner")(x)
    inner = layers.Conv2D(8, 3, strides=2, padding="same", name="quarter_inner")(inner)
    outer = layers.MaxPooling2D(2, name="quarter_outer")(x)
    x = layers.Add(name="quarter")([inner, outer])
    x = layers.Conv2D(4, 3, name="unpadded")(x)
    return keras.Model(image, x)


def test_skips_are_the_last_features_that_all_later_ones_are_computed_from():
    model = graph()
    found = {stride: tensor for stride, tensor in pyramid(model).items() if stride > 1}
    expected = {2: model.get_layer("gated").output, 4: model.get_layer("quarter").output}
    assert {stride: id(tensor) for stride, tensor in found.items()} == {
        stride: id(tensor) for stride, tensor in expected.items()
    }


def test_pooling_over_the_image_and_missing_margins_are_no_strides():
    assert stride_of(graph()) == 4
