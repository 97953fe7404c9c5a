import keras
import pytest
from keras import layers

from raremask.models import unet
from raremask.training.gradients import blocks_of


def paths(model):
    return [variable.path for variable in model.trainable_variables]


def test_a_unet_has_a_block_for_each_level():
    blocks = dict(zip(paths(unet(width=2, depth=3)), blocks_of(paths(unet(width=2, depth=3))), strict=True))
    assert list(dict.fromkeys(blocks.values())) == ["down0", "down1", "down2", "bottom", "up2", "up1", "up0", "logits"]
    assert blocks["down1a/kernel"] == blocks["down1b_norm/gamma"] == "down1"
    assert blocks["narrow1/kernel"] == blocks["up1a/kernel"] == "up1"


@pytest.mark.parametrize(
    ("layer_names", "blocks"),
    [
        (["stem_conv", "block1a_expand", "block1a_bn", "block2c_conv", "block2d_bn"], ["block1"] * 3 + ["block2"] * 2),
        (["conv2_block1_1_conv", "conv2_block2_bn", "conv3_block1_0_conv", "conv3_bn"], ["conv2"] * 2 + ["conv3"] * 2),
        # A stage that comes back, or only one, is none: each layer stands for itself.
        (["conv2d", "batch_norm", "conv2d_1", "batch_norm_1"], ["conv2d", "batch_norm", "conv2d_1", "batch_norm_1"]),
        (["a1_x", "a1_y", "b2_x", "b2_y", "a1_z", "a1_w"], ["a1_x", "a1_y", "b2_x", "b2_y", "a1_z", "a1_w"]),
        (["conv2d", "conv2d_1", "conv2d_2"], ["conv2d", "conv2d_1", "conv2d_2"]),
        (["dense"], ["dense"]),
    ],
)
def test_stages_by_the_names_of_layers(layer_names, blocks):
    both = [f"model/{name}/{weight}" for name in layer_names for weight in ("kernel", "bias")]
    assert blocks_of(both) == [block for block in blocks for _ in range(2)]


def test_a_foreign_model_has_at_most_16_blocks_by_depth():
    model = keras.Sequential([keras.Input((8, 8, 1))] + [layers.Conv2D(1, 1, name=f"conv_{x}") for x in "abcde"])
    assert blocks_of(paths(model)) == [f"conv_{x}" for x in "abcde" for _ in range(2)]
    many = blocks_of([f"layer{'x' * number}/kernel" for number in range(100)])
    lengths = [many.count(name) for name in dict.fromkeys(many)]
    assert len(lengths) == 16
    assert max(lengths) - min(lengths) <= 1
