"""Applications of random weights, and files of them in the format that Keras downloads."""

import h5py
import keras
import numpy as np
from keras.src.legacy.saving import legacy_h5_format

SMALL = "MobileNetV3Small"


def random_application(name):
    """An application without top, whose weights are all unlike those it begins with."""
    keras.utils.set_random_seed(1)
    model = getattr(keras.applications, name)(include_top=False, weights=None, input_shape=(None, None, 3))
    rng = np.random.default_rng(2)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
        elif type(layer) is keras.layers.Normalization and layer.weights:
            mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
            layer.set_weights([mean, std**2, np.int32(0)])
            layer.finalize_state()
    return model


def save_as_download(model, path):
    """Write weights as the files behind ``weights="imagenet"`` are written."""
    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)
    return path
