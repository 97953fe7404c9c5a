"""What class weights do to the gradient: the foreground's share of it, for our losses and for others with weights.

    python benchmarks/gradient_share.py

One batch, the same for all: 8 synthetic images of thin curves (about 3 % foreground) and the logits of a model that is
half trained. Each loss is asked at foreground weights of 1 to 64 against a background weight of 1. Writes
`gradient_share.csv` beside this file, and the plot and the table of docs/gradient-share.md. Peers need
`pip install monai` and `pip install --no-deps segmentation-models-pytorch`; what is missing is left out, and said.
"""

import csv
import itertools
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import matplotlib
import numpy as np
import torch
from candidates import monai_losses, smp_losses

from losses import refresh, versions
from raremask import losses as ours
from raremask.losses import gradient_share

matplotlib.use("Agg")

import matplotlib.pyplot as plt

RATIOS = (1, 2, 4, 8, 16, 32, 64)
HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"
# Okabe and Ito's colours, which most colour-blind people can tell apart, without their yellow; and a grey.
OURS = ("#000000", "#D55E00", "#CC79A7", "#009E73", "#0072B2")
OTHERS = ("#E69F00", "#56B4E9", "#777777")


def main():
    y_true, logits = half_trained_batch()
    predicted = logits > 0
    iou = (predicted & (y_true > 0)).sum() / (predicted | (y_true > 0)).sum()
    batch = (
        f"One batch for all: {len(y_true)} synthetic masks of thin curves, {y_true.shape[1]} x {y_true.shape[2]}, "
        f"{100 * y_true.mean():.2f} % foreground,\nand made-up logits of a model that is half trained (IoU {iou:.2f} "
        "at a probability of 0.5). The background's weight is 1.\nSMP is segmentation-models-pytorch. "
        f"{versions('keras', 'torch', 'segmentation_models_pytorch', 'monai')}."
    )
    print(batch)
    shares = {}
    for (library, name), loss_at in losses().items():
        shares[library, name] = [gradient_share(loss_at(float(w)), y_true, logits).foreground for w in RATIOS]
        print(f"{library:9} {name:36}" + " ".join(f"{share:.3f}" for share in shares[library, name]), flush=True)
    with (HERE / "gradient_share.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("library", "loss", "foreground_to_background", "foreground_share"))
        for name, values in shares.items():
            writer.writerows((*name, ratio, round(value, 4)) for ratio, value in zip(RATIOS, values, strict=True))
    plot(shares)
    refresh(DOCS / "gradient-share.md", "share", f"{batch}\n\n{table(shares)}")


def half_trained_batch(images=8, size=256, seed=1):
    """Masks of thin curves, float (images, size, size, 1), and logits that find part of them, blurred, with noise."""
    rng = np.random.default_rng(seed)
    across, down = np.meshgrid(np.linspace(0, 1, size), np.linspace(0, 1, size))
    y_true = np.zeros((images, size, size), "float32")
    for mask in y_true:
        for turned in (False, True):
            along, side = (down, across) if turned else (across, down)
            start, slope, swing, waves, phase = rng.uniform((0.2, -0.4, 0.02, 0.5, 0), (0.8, 0.4, 0.12, 2, 6.3))
            steepness = slope + swing * 2 * np.pi * waves * np.cos(2 * np.pi * waves * along + phase)
            distance = side - start - slope * (along - 0.5) - swing * np.sin(2 * np.pi * waves * along + phase)
            mask[np.abs(distance) < 0.0075 * np.sqrt(1 + steepness**2)] = 1
    blurred = smooth(y_true, 3) / smooth(y_true, 3).max()
    patches, clutter = (unit(smooth(rng.normal(size=y_true.shape), width)) for width in (24, 4))
    found = 1 / (1 + np.exp(-3 * (patches + 0.5)))
    logits = -4 + 9 * blurred * found + 0.9 * clutter + 0.5 * rng.normal(size=y_true.shape)
    return y_true[..., None], logits[..., None].astype("float32")


def smooth(images, width):
    """Each image blurred by a Gaussian of that standard deviation in pixels, wrapped at the borders."""
    squares = np.fft.fftfreq(images.shape[1]) ** 2
    kernel = np.exp(-2 * (np.pi * width) ** 2 * (squares[:, None] + squares[None, :]))
    return np.fft.ifft2(np.fft.fft2(images) * kernel).real


def unit(field):
    """The field with mean 0 and standard deviation 1."""
    return (field - field.mean()) / field.std()


def losses():
    """Each loss as a function of its foreground weight, background 1, by library and name."""
    logits = {"from_logits": True}
    found = {
        ("raremask", "WeightedIoULoss, article"): lambda w: ours.WeightedIoULoss(1.0, w, **logits),
        ("raremask", "WeightedIoULoss, errors"): lambda w: ours.WeightedIoULoss(1.0, w, weighting="errors", **logits),
        ("raremask", "WeightedIoULoss, classes"): lambda w: ours.WeightedIoULoss(1.0, w, weighting="classes", **logits),
        ("raremask", "DiceLoss"): lambda w: ours.DiceLoss(1.0, w, **logits),
        ("raremask", "WeightedCrossentropyLoss"): lambda w: ours.WeightedCrossentropyLoss(1.0, w, **logits),
        ("raremask", "LovaszHingeLoss"): lambda w: ours.LovaszHingeLoss(1.0, w, **logits),
        ("Keras", "BinaryFocalCrossentropy, alpha"): lambda w: keras.losses.BinaryFocalCrossentropy(
            apply_class_balancing=True, alpha=w / (1 + w), **logits
        ),
    }
    if monai := monai_losses():
        found["MONAI", "DiceLoss, weight, 1 channel"] = lambda w: channels_first(
            monai.DiceLoss(sigmoid=True, weight=[1.0, w])
        )
        found["MONAI", "DiceLoss, weight, 2 channels"] = lambda w: channels_first(
            monai.DiceLoss(softmax=True, to_onehot_y=True, weight=[1.0, w]), channels=2
        )
    if smp := smp_losses():
        found["SMP", "TverskyLoss, alpha and beta"] = lambda w: channels_first(
            smp.TverskyLoss("binary", alpha=1.0, beta=w)
        )
        found["SMP", "SoftBCEWithLogitsLoss, pos_weight"] = lambda w: channels_first(
            smp.SoftBCEWithLogitsLoss(pos_weight=torch.tensor(w))
        )
        for name in ("JaccardLoss", "DiceLoss"):
            try:
                getattr(smp, name)("binary", class_weights=[1.0, 9.0])
            except ValueError as error:
                print(f"SMP {name}('binary', class_weights=[1.0, 9.0]) refuses: {error}")
    return found


def channels_first(loss, channels=1):
    """A loss of PyTorch as ``loss(y_true, y_pred)`` with channels last; of two channels the background's is 0."""

    def turned(y_true, y_pred):
        y_pred = torch.movedim(y_pred, -1, 1)
        if channels == 2:
            y_pred = torch.cat([torch.zeros_like(y_pred), y_pred], dim=1)
        return loss(y_pred, torch.movedim(torch.as_tensor(y_true), -1, 1))

    return turned


def table(shares):
    """The shares as a Markdown table, a loss a line."""
    lines = ["| foreground weight | " + " | ".join(map(str, RATIOS)) + " |", "|---" * (len(RATIOS) + 1) + "|"]
    for (library, name), values in shares.items():
        lines.append(f"| {library}: {name} | " + " | ".join(f"{value:.3f}" for value in values) + " |")
    return "\n".join(lines)


def plot(shares):
    """Share over weight, a line for each group of losses with equal shares, named at its end."""
    groups = []
    for name, values in shares.items():
        same = [names for others, names in groups if np.allclose(values, others, atol=1e-3)]
        if same:
            same[0].append(name)
        else:
            groups.append((values, [name]))
    figure, axes = plt.subplots(figsize=(7, 4.6), layout="constrained")
    ours_next, others_next = itertools.cycle(OURS), itertools.cycle(OTHERS)
    ends = []
    for values, names in groups:
        solid = names[0][0] == "raremask"
        colour = next(ours_next if solid else others_next)
        axes.plot(RATIOS, values, color=colour, linewidth=2, linestyle="-" if solid else (0, (4, 2)))
        short = [name if library == "raremask" else f"{library} {name}" for library, name in names]
        ends.append((values[-1], colour, ",\n".join(short)))
    top = 1.02
    for value, colour, text in sorted(ends, reverse=True):
        tall = 0.05 * (1 + text.count("\n"))
        height = min(value, top - tall / 2)
        top = height - tall / 2
        axes.plot([64, 76], [value, height], color=colour, linewidth=1.2, clip_on=False)
        axes.text(79, height, text, color="#222222", fontsize=8, va="center", linespacing=1.15)
    axes.set_xscale("log", base=2)
    axes.set_xticks(RATIOS, map(str, RATIOS))
    axes.set(xlim=(1, 64), ylim=(0, 1), xlabel="foreground weight (background weight 1)")
    axes.set_ylabel("share of the gradient on the foreground")
    axes.set_title("solid: raremask, dashed: other libraries", fontsize=9, loc="left", color="#444444")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    (DOCS / "images").mkdir(exist_ok=True)
    figure.savefig(DOCS / "images" / "gradient-share.png", dpi=200)


if __name__ == "__main__":
    main()
