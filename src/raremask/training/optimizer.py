"""AdamW that knows the global norm of its gradients, clips by it and skips what is not finite."""

import keras
from keras import ops

__all__ = ["WatchedAdamW", "optimizer_for"]


@keras.saving.register_keras_serializable(package="raremask")
class WatchedAdamW(keras.optimizers.AdamW):
    """AdamW (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101) with the gradient norm in view.

    ``gradient_norm`` holds the global norm, sqrt of the sum of squares over all weights, of the last step
    before clipping. Gradients are scaled so that the norm is at most ``clip`` (Pascanu et al. 2013,
    https://arxiv.org/abs/1211.5063). Where the norm is not finite the step's gradients count as zero, so that
    one bad batch does not ruin the weights.

    Keras's own ``global_clipnorm`` clips alike but keeps the norm to itself.

    Args:
        learning_rate, weight_decay: as in `keras.optimizers.AdamW`.
        clip: global norm to clip to; None only measures.

    Example:

    >>> import numpy as np
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(WatchedAdamW(1e-3, clip=1.0), "mse")
    >>> _ = model.fit(np.array([[1.0], [2.0]]), np.array([[10.0], [20.0]]), verbose=0)
    >>> float(model.optimizer.gradient_norm) > 0
    True
    """

    def __init__(self, learning_rate=1e-3, weight_decay=4e-3, clip=1.0, name="watched_adamw", **options):
        super().__init__(learning_rate=learning_rate, weight_decay=weight_decay, name=name, **options)
        if clip is not None and not clip > 0:
            raise ValueError(f"expected clip above 0 or None, received {clip}")
        self.clip = clip

    def build(self, variables):
        """Make the optimizer's variables."""
        if not self.built:
            self.gradient_norm = self.add_variable((), name="gradient_norm", dtype="float32", initializer="zeros")
        super().build(variables)

    def apply(self, grads, trainable_variables=None):
        """Measure, clip, and pass on."""
        if not self.built:
            # Keras builds inside apply, but the norm is written before.
            with keras.name_scope(self.name):
                self.build(list(trainable_variables))
        norm = ops.sqrt(sum(ops.sum(ops.square(ops.cast(grad, "float32"))) for grad in grads if grad is not None))
        self.gradient_norm.assign(norm)
        finite = ops.isfinite(norm)
        scale = ops.ones_like(norm) if self.clip is None else ops.minimum(1.0, self.clip / ops.maximum(norm, 1e-12))
        grads = [None if grad is None else self._tame(grad, finite, scale) for grad in grads]
        super().apply(grads, trainable_variables)

    def _tame(self, grad, finite, scale):
        return ops.where(finite, grad * ops.cast(scale, grad.dtype), ops.zeros_like(grad))

    def get_config(self):
        """Keras serialisation."""
        return {**super().get_config(), "clip": self.clip}


def optimizer_for(plan):
    """The optimizer that a `raremask.plan.Plan` describes, at its highest rate."""
    asked = plan.optimizer
    return WatchedAdamW(
        asked.learning_rate,
        weight_decay=asked.weight_decay,
        clip=asked.clip,
        use_ema=asked.average > 0,
        ema_momentum=asked.average,
    )
