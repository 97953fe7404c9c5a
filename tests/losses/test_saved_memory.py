"""What an overlap loss keeps for its gradient, beside what the caller holds anyway: the probabilities of its logits."""

import gc

import keras
import numpy as np
import pytest

from raremask.losses import DiceLoss, TverskyLoss, WeightedIoULoss
from support.backends import BACKEND

SHAPE = (2, 64, 96, 1)
# Sums of single images, and PyTorch's one element for each of them.
FEW = 0.05

LOSSES = {
    "article": lambda: WeightedIoULoss(1, 3, from_logits=True),
    "article per image": lambda: WeightedIoULoss(1, 3, from_logits=True, per_image=True),
    "errors": lambda: WeightedIoULoss(1, 3, from_logits=True, weighting="errors"),
    "errors per image": lambda: WeightedIoULoss(1, 3, from_logits=True, weighting="errors", per_image=True),
    "dice": lambda: DiceLoss(from_logits=True),
    "tversky": lambda: TverskyLoss(from_logits=True),
}


def batch(dtype, weighted):
    rng = np.random.default_rng(0)
    given = (rng.random(SHAPE) < 0.1).astype(dtype), rng.normal(size=SHAPE).astype("float32")
    return (*given, rng.integers(0, 3, SHAPE).astype("float32")) if weighted else given


def kept_by_torch(loss, y_true, y_pred, *weight):
    """Bytes of the tensors that live on while the loss can be differentiated."""
    torch = pytest.importorskip("torch")
    y_true, y_pred = torch.tensor(y_true), torch.tensor(y_pred, requires_grad=True)
    weight = [torch.tensor(each) for each in weight]
    kept = {}

    def living():
        gc.collect()
        # Compiling, in other tests, leaves tensors without memory behind.
        return [each for each in gc.get_objects() if type(each) in (torch.Tensor, torch.nn.Parameter)]

    def note(tensor):
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    before = {each.untyped_storage().data_ptr() for each in living()}
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        value = loss(y_true, y_pred, *weight)
    # A custom gradient may also hold tensors in its closure, which no hook sees.
    for each in living():
        note(each)
    value.backward()
    return sum(size for pointer, size in kept.items() if pointer not in before)


def kept_by_jax(loss, y_true, y_pred, *weight):
    """Bytes of the arrays that the function of the gradient carries."""
    jax = pytest.importorskip("jax")
    y_true, y_pred, *weight = map(jax.numpy.asarray, (y_true, y_pred, *weight))
    _, pull_back = jax.vjp(lambda logits: loss(y_true, logits, *weight), y_pred)
    kept = {each.unsafe_buffer_pointer(): each.nbytes for each in jax.tree.leaves(pull_back) if hasattr(each, "nbytes")}
    given = {each.unsafe_buffer_pointer() for each in (y_true, y_pred, *weight)}
    return sum(size for pointer, size in kept.items() if pointer not in given)


def kept_per_pixel(loss, dtype, weighted=False):
    if BACKEND not in ("jax", "torch"):
        pytest.skip("TensorFlow does not tell what its tape holds")
    kept = (kept_by_jax if BACKEND == "jax" else kept_by_torch)(loss, *batch(dtype, weighted))
    return kept / np.prod(SHAPE)


@pytest.mark.parametrize(("dtype", "most"), [("bool", 4), ("uint8", 4), ("float32", 4)])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", LOSSES)
def test_keeps_the_probabilities_alone(name, weighted, dtype, most):
    # Without jit, JAX's cast of float32 to float32 is a copy: of soft labels and of weights.
    most += 4 * (BACKEND == "jax") * (weighted + (dtype == "float32"))
    assert kept_per_pixel(LOSSES[name](), dtype, weighted) <= most + FEW


def test_the_measure_sees_what_a_plain_loss_keeps():
    # As it is usually written: sigmoid, product and sum of products each hold a map.
    def plain(y_true, y_pred):
        labels = keras.ops.cast(y_true, "float32")
        probabilities = keras.ops.sigmoid(y_pred)
        hits = keras.ops.sum(labels * probabilities)
        return 1 - 2 * hits / (keras.ops.sum(probabilities * probabilities) + keras.ops.sum(labels))

    assert kept_per_pixel(plain, "bool") >= 8
