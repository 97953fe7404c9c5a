"""The plan of a training: every decision in one typed, printable place."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from raremask.data import Augmentation
from raremask.errors import InputError
from raremask.plan.mistakes import in_one_line
from raremask.plan.names import AIM, ENCODER_STRIDE, ENCODERS, LOSSES, PRECISIONS, UNET

__all__ = [
    "AugmentationPlan",
    "CropPlan",
    "DataPlan",
    "Fingerprint",
    "LossPlan",
    "MaskPlan",
    "ModelPlan",
    "NormalisationPlan",
    "OptimizerPlan",
    "Plan",
    "TrainingPlan",
]

# The plan in a run may be a stranger's: what follows from it must stay affordable to refuse.
_Count = Annotated[int, Field(ge=0, le=2**53)]
_Positive = Annotated[int, Field(gt=0, le=2**31)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Above0 = Annotated[float, Field(gt=0, le=1e12)]


def _spelled(value):
    """A whole number, such as TOML reads in ``ignore = 255``, as the text that one types in its place."""
    # Not a bool, which is an int to Python, nor an integer so long that there is no text of it.
    return str(value) if type(value) is int and value.bit_length() < 64 else value


def _spelled_list(value):
    """A list of whole numbers with commas between, and one as it is spelled."""
    if not isinstance(value, (list, tuple)):
        return _spelled(value)
    texts = [_spelled(each) for each in value]
    return ",".join(texts) if all(isinstance(each, str) for each in texts) else value


_Text = Annotated[str, BeforeValidator(_spelled)]
_Bands = Annotated[str, BeforeValidator(_spelled_list)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Fingerprint(_Part):
    """What the data set was when the plan was made; for reading, and to notice that it has changed."""

    train: _Count = Field(description="images to train on")
    val: _Count = Field(description="images to choose the best epoch and the threshold by")
    test: _Count = Field(description="images left for the proof")
    bands: _Positive = Field(description="bands of every image")
    dtype: str = Field(description="type of its pixels")
    shortest: _Positive = Field(description="shortest side of an image, in pixels")
    longest: _Positive = Field(description="longest side of an image, in pixels")
    foreground_share: _Share = Field(description="foreground among the valid pixels of the training masks")
    foreground_width: Annotated[float, Field(ge=0)] = Field(description="width of the foreground, in pixels: median")
    empty: _Share = Field(description="training masks without foreground, of all")
    void: _Share = Field(description="void among all pixels of the training masks")


class DataPlan(_Part):
    """How the data set is read, as the options of the same names say."""

    images: _Text = Field("images", description="folder of images")
    masks: _Text = Field("masks", description="folder of masks")
    foreground: _Text = Field("auto", description="what counts as foreground")
    ignore: _Text | None = Field(None, description="mask value, or colour, that is void")
    bands: _Bands | None = Field(None, description="bands to read, counted from 1, such as 4,3,2")
    group_by: _Text | None = Field(None, description="what keeps images in one split")
    fold: _Text | None = Field(None, description="which fold is the test, such as 1/5")


class NormalisationPlan(_Part):
    """Statistics of the training images by band, which the model carries inside."""

    mean: tuple[float, ...] | None = Field(None, strict=False, description="mean by band")
    std: tuple[Annotated[float, Field(gt=0)], ...] | None = Field(
        None, strict=False, description="standard deviation by band"
    )

    @model_validator(mode="after")
    def _refuse_unlike(self):
        if (self.mean and len(self.mean)) != (self.std and len(self.std)):
            raise ValueError("mean and std must hold one number a band each")
        return self


class CropPlan(_Part):
    """Where and how large the training crops are drawn."""

    size: _Positive = Field(256, description="edge length in pixels, divisible by the model's stride")
    batch: _Positive = Field(8, description="crops in a step")
    foreground_share: _Share = Field(0.5, description="share of the crops drawn through a foreground pixel")


class AugmentationPlan(_Part):
    """Random changes of the crops, image and mask together; strengths of 0 leave a kind out."""

    turns: bool = Field(True, description="whether to draw a quarter turn and a mirroring")
    scale: float = Field(0.0, description="0.25: things appear at 0.8 to 1.25 of their size")
    rotation: float = Field(0.0, description="degrees to either side at most")
    brightness: float = Field(0.0, description="standard deviations of the training images, up or down at most")
    contrast: float = Field(0.0, description="0.25: distances from the mean by 0.8 to 1.25")
    colour: float = Field(0.0, description="standard deviations, up or down at most, each band by itself")
    blur: float = Field(0.0, description="pixels: standard deviation of the largest blur")
    noise: float = Field(0.0, description="standard deviations of the images: of the strongest noise")
    share: float = Field(0.5, description="chance of a crop to be warped, that to be blurred, that to get noise")

    @model_validator(mode="after")
    def _refuse_what_augmentation_refuses(self):
        self.strengths()
        return self

    def strengths(self):
        """As `raremask.data.Augmentation`."""
        return Augmentation(**self.model_dump())


class ModelPlan(_Part):
    """The U-Net."""

    encoder: Literal[ENCODERS] = Field(UNET, description="unet, or a Keras application such as EfficientNetV2B0")
    encoder_weights: str | None = Field(None, description="imagenet, or a file that Keras has downloaded elsewhere")
    width: _Positive = Field(16, description="channels at the finest level; each level down doubles them")
    # A U-Net of this depth already takes images by blocks of 1,024 pixels, times the stem.
    depth: Annotated[int, Field(ge=1, le=10)] = Field(4, description="times that a U-Net halves the image")
    stem: Annotated[int, Field(ge=1, le=8)] = Field(
        2, description="edge, in pixels, of the squares that a U-Net reads and writes as one"
    )

    @model_validator(mode="after")
    def _refuse_weights_of_nothing(self):
        if self.encoder == UNET and self.encoder_weights is not None:
            raise ValueError("encoder_weights are for a Keras application: a plain unet has none")
        return self

    @property
    def stride(self):
        """What the height and width of the model's input must be divisible by."""
        return self.stem * 2**self.depth if self.encoder == UNET else ENCODER_STRIDE

    @property
    def square(self):
        """Edge of the squares of pixels that are read and written as one."""
        return self.stem if self.encoder == UNET else 1

    def describe(self):
        """In words."""
        if self.encoder != UNET:
            return f"U-Net over {self.encoder} of width {self.width}"
        squares = f", by squares of {self.stem} x {self.stem} pixels" if self.stem > 1 else ""
        return f"U-Net of width {self.width} and depth {self.depth}{squares}"


class LossPlan(_Part):
    """The loss, and what the two kinds of pixels weigh in it."""

    name: Literal[tuple(LOSSES)] = Field("iou+crossentropy", description="one of " + ", ".join(LOSSES))
    weight_background: _Above0 = Field(1.0, description="what the background weighs; false alarms lie in it")
    weight_foreground: _Above0 = Field(1.0, description="what the foreground weighs; misses lie in it")


class OptimizerPlan(_Part):
    """AdamW, under a warm-up and a cosine."""

    learning_rate: _Above0 = Field(2e-3, description="the highest rate")
    warmup: Annotated[float, Field(ge=0, le=0.99)] = Field(0.05, description="share of the training that it rises over")
    weight_decay: _Share = Field(1e-3, description="how strongly AdamW pulls the weights towards 0")
    clip: _Above0 = Field(1.0, description="global norm that gradients are clipped to")
    encoder_rate: _Share = Field(0.1, description="factor on the rate of an encoder that comes with weights")
    frozen_steps: _Count = Field(100, description="steps at the start in which such an encoder does not move")
    average: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="momentum of the weights' moving average, which is judged and kept in their place; 0: none"
    )


class MaskPlan(_Part):
    """How probabilities become a mask; chosen on the validation images once the training has ended."""

    aim: str = Field(
        "iou", description="what the threshold is best for: iou, f2 or another F-beta, recall@0.9 (at that precision)"
    )
    clean_up: bool = Field(
        False, description="whether to try taking out specks and filling holes, and to keep to it where it wins"
    )

    @field_validator("aim")
    @classmethod
    def _refuse_unknown(cls, aim):
        if not re.fullmatch(AIM, aim):
            raise ValueError(
                f"expected iou, f2 (or another F-beta) or recall@0.9 (recall at a precision), not {aim[:40]!r}"
            )
        return aim


class TrainingPlan(_Part):
    """How long, how exact, and judged by what."""

    minutes: _Above0 | None = Field(None, description="clock of the training; left out: no clock")
    epochs: _Positive | None = Field(None, description="epochs at most; with them alone a seed repeats a run exactly")
    steps: _Positive = Field(50, description="steps in an epoch")
    patience: _Positive | None = Field(None, description="epochs without a better one after which it stops")
    validation_tiles: _Positive = Field(96, description="tiles of the validation images that judge an epoch, at most")
    precision: Literal[PRECISIONS] = Field(
        "auto", description="one of " + ", ".join(PRECISIONS) + "; auto is measured where it trains"
    )
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = Field(0, description="of weights, crops and the split")

    @model_validator(mode="after")
    def _refuse_no_end(self):
        if self.minutes is None and self.epochs is None:
            raise ValueError("a training needs a bound: set minutes or epochs")
        return self


class Plan(_Part):
    """What a training does. Immutable; change it with `changed`.

    Args:
        fingerprint: `Fingerprint` of the data set it was made for, or None.
        data, normalisation, crops, augmentation, model, loss, optimizer, mask, training: its parts, each a class of
            its own.

    Raises:
        InputError: from `from_dict` and `changed`: an unknown key or a value out of range, in one line.

    Example:

    >>> plan = Plan(training={"minutes": 5.0})
    >>> plan.changed({"loss.weight_foreground": 3}).loss.weight_foreground
    3.0
    """

    fingerprint: Fingerprint | None = None
    data: DataPlan = DataPlan()
    normalisation: NormalisationPlan = NormalisationPlan()
    crops: CropPlan = CropPlan()
    augmentation: AugmentationPlan = AugmentationPlan()
    model: ModelPlan = ModelPlan()
    loss: LossPlan = LossPlan()
    optimizer: OptimizerPlan = OptimizerPlan()
    mask: MaskPlan = MaskPlan()
    training: TrainingPlan

    @model_validator(mode="after")
    def _refuse_uneven_crop(self):
        if self.crops.size % self.model.stride:
            raise ValueError(f"crops.size {self.crops.size} is not divisible by the model's stride {self.model.stride}")
        return self

    def changed(self, changes):
        """A copy in which some values are others.

        Args:
            changes: dict of dotted keys, such as ``"loss.weight_foreground"``, to values.

        Raises:
            InputError: an unknown key, or a value that cannot be.
        """
        fields = self.to_dict()
        for key, value in changes.items():
            part, dot, name = key.partition(".")
            if not dot:
                fields[part] = value
            # Else the section itself was changed, as by loss = dice: that is left as it is, to be refused.
            elif part not in changes or isinstance(fields.get(part), dict):
                fields[part] = {**(fields.get(part) or {}), name: value}
        return Plan.from_dict(fields)

    def to_dict(self):
        """As plain JSON values."""
        return self.model_dump(mode="json")

    @classmethod
    def from_dict(cls, fields):
        """Read what `to_dict` wrote, or a person."""
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            raise InputError(in_one_line(error, cls)) from error
