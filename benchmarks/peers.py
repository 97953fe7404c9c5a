"""What the training benchmark compares with, each as its documentation shows it, from scratch.

keras-crossentropy      a U-Net of 1.9 million weights in plain Keras layers, binary cross-entropy, Adam at 1e-3.
smp-resnet34-*          segmentation_models_pytorch: Unet over resnet34, no pretrained weights, Adam at 2e-4 falling
                        by a cosine, as in its binary example; its JaccardLoss, or its DiceLoss + SoftBCEWithLogitsLoss.
smp-resnet18-*          the same over resnet18 in channels-last memory, which is its fastest here.

They need: pip install segmentation-models-pytorch (and torch). Crops: 8 of 256 x 256 at random, turned and mirrored;
images normalised by the training images' mean and standard deviation.
"""

import math
import time

import numpy as np

CROP, BATCH = 256, 8


def train(method, dataset, minutes, seed, limit=None):
    """Train a peer, until the clock or the limit of steps; (image to probability, steps taken, crops of a step)."""
    step, finish, predict = (keras_unet if method.startswith("keras") else smp_unet)(method, dataset, seed)
    source, rng = crops_of(dataset), np.random.default_rng(seed)
    began, steps = time.perf_counter(), 0

    def share_done():
        return steps / limit if limit else (time.perf_counter() - began) / (60 * minutes)

    while (share := share_done()) < 1:
        images, masks = source.batch(rng, BATCH)
        step(images, masks, share)
        steps += 1
    finish()
    return predict, steps, BATCH


def crops_of(dataset):
    """Random crops of the training images, none of them drawn through foreground."""
    from raremask.data import CropSource, PairStore

    pairs = [dataset.pairs[stem] for stem in dataset.splits.train]
    return CropSource(PairStore(pairs, dataset.decoding), CROP, foreground_share=0.0)


def keras_unet(method, dataset, seed):
    """A plain U-Net in plain layers."""
    import keras

    from raremask.data import VOID
    from raremask.models import portable, unet

    keras.utils.set_random_seed(seed)
    mean, std = dataset.statistics(dataset.splits.train)
    model = portable(unet(dataset.bands, mean=mean, std=std))
    model.compile(keras.optimizers.Adam(1e-3), keras.losses.BinaryCrossentropy(from_logits=True), jit_compile=False)

    def step(images, masks, share):
        model.train_on_batch(images, (masks == 1).astype("float32"), (masks != VOID).astype("float32")[..., 0])

    def predict(image):
        padded, (height, width) = padded_to(image, 32)
        return sigmoid(np.asarray(model(padded[None].astype("float32"), training=False))[0, :height, :width, 0])

    return step, lambda: None, predict


def smp_unet(method, dataset, seed):
    """segmentation_models_pytorch's Unet."""
    import segmentation_models_pytorch as smp
    import torch

    from raremask.data import VOID

    torch.manual_seed(seed)
    _, encoder, *loss = method.split("-")
    model = smp.Unet(encoder, encoder_weights=None, in_channels=dataset.bands, classes=1)
    layout = torch.channels_last if encoder == "resnet18" else torch.contiguous_format
    model = model.to(memory_format=layout)
    statistics = dataset.statistics(dataset.splits.train)
    mean, std = (torch.tensor(value, dtype=torch.float32)[:, None, None] for value in statistics)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-4)
    overlap = (smp.losses.JaccardLoss if loss == ["jaccard"] else smp.losses.DiceLoss)("binary", from_logits=True)
    pointwise = smp.losses.SoftBCEWithLogitsLoss(ignore_index=VOID)

    def logits_of(images):
        tensor = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2), np.float32))
        return model(((tensor - mean) / std).to(memory_format=layout))

    def step(images, masks, share):
        for group in optimizer.param_groups:
            group["lr"] = 2e-4 * 0.5 * (1 + math.cos(math.pi * share))
        target = torch.from_numpy(masks.transpose(0, 3, 1, 2).astype(np.float32))
        logits, valid = logits_of(images), target != VOID
        # Its overlap losses know ignore_index only where every pixel has a label: void is cut out instead.
        value = overlap(logits[valid][None, None], (target[valid] == 1).float()[None, None])
        if loss != ["jaccard"]:
            value = value + pointwise(logits, target)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()

    def predict(image):
        padded, (height, width) = padded_to(image, 32)
        with torch.inference_mode():
            return sigmoid(logits_of(padded[None]).numpy()[0, 0, :height, :width])

    return step, model.eval, predict


def padded_to(image, step):
    """The image mirrored at its lower and right edges up to whole steps, and its own height and width."""
    height, width = image.shape[:2]
    return np.pad(image, ((0, -height % step), (0, -width % step), (0, 0)), "reflect"), (height, width)


def sigmoid(logits):
    """Without overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * logits.astype(np.float64))
