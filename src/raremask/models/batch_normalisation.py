"""Batch normalisation by TensorFlow's fused kernel, and the way back to Keras's own layer."""

import keras
from keras import layers

__all__ = ["FusedBatchNormalization", "portable"]


@keras.saving.register_keras_serializable(package="raremask")
class FusedBatchNormalization(layers.BatchNormalization):
    """`keras.layers.BatchNormalization` by TensorFlow's fused kernel.

    Keras 3 computes it operation by operation, each a pass over the activations, which is half of a small U-Net's
    training step on a CPU (``benchmarks/step.py``); the fused kernel saves that half. Weights, options and results
    are Keras's. On other backends, and for inputs that are not (batch, height, width, channels), it is Keras's
    layer. `portable` replaces it before a model is saved.

    Example:

    >>> import numpy as np
    >>> FusedBatchNormalization()(np.ones((2, 4, 4, 3), "float32"), training=True).shape
    TensorShape([2, 4, 4, 3])
    """

    def call(self, inputs, training=None, mask=None):
        """Normalise; in training by the batch's statistics, which the moving averages follow."""
        fused = keras.backend.backend() == "tensorflow" and len(inputs.shape) == 4 and mask is None
        if not (fused and self.center and self.scale and self.axis in (-1, 3)):
            return super().call(inputs, training=training, mask=mask)
        return self._fused(inputs, bool(training) and self.trainable)

    def _fused(self, inputs, training):
        import tensorflow as tf

        x = tf.cast(inputs, self.compute_dtype)
        scale, offset = (tf.cast(tf.convert_to_tensor(weight), tf.float32) for weight in (self.gamma, self.beta))
        moving = (tf.convert_to_tensor(weight) for weight in (self.moving_mean, self.moving_variance))
        # In training the kernel makes its own statistics and wants none.
        mean, variance = (tf.zeros([0]), tf.zeros([0])) if training else moving
        out = tf.raw_ops.FusedBatchNormV3(
            x=x, scale=scale, offset=offset, mean=mean, variance=variance, epsilon=self.epsilon, is_training=training
        )
        if training:
            # The kernel gives the unbiased variance; Keras averages the biased one.
            count = tf.cast(tf.size(x) / tf.shape(x)[-1], tf.float32)
            self._follow(self.moving_mean, out.batch_mean)
            self._follow(self.moving_variance, out.batch_variance * (count - 1) / count)
        return out.y

    def _follow(self, average, value):
        average.assign(average * self.momentum + value * (1 - self.momentum))


def portable(model):
    """The same model, with the same weights, in layers that Keras alone knows; not compiled.

    Example:

    >>> from raremask.models import unet
    >>> type(portable(unet(width=4, depth=1)).get_layer("down0a_norm")).__module__.split(".")[0]
    'keras'
    """

    def replace(layer):
        if type(layer) is FusedBatchNormalization:
            return layers.BatchNormalization.from_config(layer.get_config())
        return layer.__class__.from_config(layer.get_config())

    # A view without the compilation, which cloning would copy: it may hold objects that Keras cannot.
    bare = keras.Model(model.input, model.output, name=model.name)
    copy = keras.models.clone_model(bare, clone_function=replace)
    copy.set_weights(model.get_weights())
    return copy
