"""Prediction: a run and an image of any size in, probability and mask out."""

from raremask.prediction.cleanup import clean
from raremask.prediction.predict import mask_of, plan_outputs, predict_file, save_mask
from raremask.prediction.probability import predict_probability

__all__ = ["clean", "mask_of", "plan_outputs", "predict_file", "predict_probability", "save_mask"]
