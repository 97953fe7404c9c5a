"""Prediction: a run and an image of any size in, probability and mask out."""

from raremask.prediction.average import AVERAGES
from raremask.prediction.cleanup import clean
from raremask.prediction.finished import Finished
from raremask.prediction.inputs import plan_outputs, plan_pictures
from raremask.prediction.kinds import KINDS
from raremask.prediction.predict import mask_of, predict_file, predict_to_file, save_mask
from raremask.prediction.predictor import Predictor, digest_of, load
from raremask.prediction.probability import predict_probability

__all__ = [
    "AVERAGES",
    "KINDS",
    "Finished",
    "Predictor",
    "clean",
    "digest_of",
    "load",
    "mask_of",
    "plan_outputs",
    "plan_pictures",
    "predict_file",
    "predict_probability",
    "predict_to_file",
    "save_mask",
]
