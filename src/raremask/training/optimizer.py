"""AdamW that knows its gradients' norms, clips by the global one, skips what is not finite and spares an encoder."""

import math

import keras
import numpy as np
from keras import ops

from raremask.losses.replicas import over_replicas, share_of_replica
from raremask.models import encoder_variables
from raremask.training.gradients.blocks import blocks_of

__all__ = ["WatchedAdamW", "optimizer_for"]


@keras.saving.register_keras_serializable(package="raremask")
class WatchedAdamW(keras.optimizers.AdamW):
    """AdamW (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101) with the gradient norms in view.

    ``norms`` is a variable, float32 (1 + blocks,): the norm over all weights, sqrt of the sum of squares, of the last
    step before clipping, and then that of each block in ``block_names`` (`gradients.blocks`). Gradients are
    scaled so that the global norm is at most ``clip`` (Pascanu et al. 2013, https://arxiv.org/abs/1211.5063). Where
    it is not finite the step is skipped: no weight moves, and the moments see gradients of zero. Replicas of
    ``tf.distribute`` judge by the gradient of the whole batch.

    A pretrained encoder may learn more slowly: its weights' steps, decay included, are scaled, not their gradients,
    whose scale Adam takes out again. While it is frozen its moments are gathered already, so that its first step is no
    larger than later ones.

    Keras's own ``global_clipnorm`` clips alike but keeps the norm to itself.

    Args:
        learning_rate, weight_decay: as in `keras.optimizers.AdamW`.
        clip: global norm to clip to; None only measures.
        encoder: paths of the weights that learn more slowly (`keras.Variable.path`).
        encoder_rate: factor on their rate, from 0 to 1.
        frozen_steps: steps at the start in which they do not move at all.

    Raises:
        ValueError: an option out of range; when built, a path that no weight has.

    Example:

    >>> import numpy as np
    >>> model = keras.Sequential([keras.layers.Dense(1, name="dense")])
    >>> model.compile(WatchedAdamW(1e-3, clip=1.0), "mse")
    >>> _ = model.fit(np.array([[1.0], [2.0]]), np.array([[10.0], [20.0]]), verbose=0)
    >>> model.optimizer.block_names, tuple(model.optimizer.norms.shape)
    (('dense',), (2,))
    """

    def __init__(
        self,
        learning_rate=1e-3,
        weight_decay=4e-3,
        clip=1.0,
        encoder=(),
        encoder_rate=1.0,
        frozen_steps=0,
        name="watched_adamw",
        **options,
    ):
        super().__init__(learning_rate=learning_rate, weight_decay=weight_decay, name=name, **options)
        if clip is not None and not clip > 0:
            raise ValueError(f"expected clip above 0 or None, received {clip}")
        if not 0 <= encoder_rate <= 1:
            raise ValueError(f"expected encoder_rate from 0 to 1, received {encoder_rate}")
        if not (frozen_steps >= 0 and frozen_steps == math.floor(frozen_steps)):
            raise ValueError(f"expected frozen_steps to be a whole number from 0, received {frozen_steps}")
        self.clip = clip
        self.encoder = frozenset(encoder)
        self.encoder_rate = encoder_rate
        self.frozen_steps = frozen_steps

    def build(self, variables):
        """Make the optimizer's variables."""
        if not self.built:
            paths = [getattr(variable, "path", variable.name) for variable in variables]
            unknown = sorted(self.encoder - set(paths))
            if unknown:
                raise ValueError(f"expected paths of trainable weights in encoder, received {unknown[0]!r}")
            self._of_encoder = [path in self.encoder for path in paths]
            blocks = blocks_of(paths)
            self.block_names = tuple(dict.fromkeys(blocks))
            self._members = [[i for i, block in enumerate(blocks) if block == name] for name in self.block_names]
            self.norms = self.add_variable(
                (1 + len(self.block_names),),
                name="norms",
                dtype="float32",
                initializer="zeros",
            )
        super().build(variables)

    @property
    def gradient_norm(self):
        """The global norm, a scalar tensor."""
        return self.norms[0]

    def apply(self, grads, trainable_variables=None):
        """Measure, clip, and pass on."""
        if not self.built:
            # Keras builds inside apply, but the norms are written before.
            with keras.name_scope(self.name):
                self.build(list(trainable_variables))
        grads = _summed_over_replicas(grads)
        norms = self._norms_of(grads)
        self.norms.assign(norms)
        finite = ops.isfinite(norms[0])
        scale = 1.0 if self.clip is None else ops.minimum(1.0, self.clip / ops.maximum(norms[0], 1e-12))
        grads = [None if grad is None else self._tame(grad, finite, scale) for grad in grads]
        super().apply(grads, trainable_variables)

    def update_step(self, gradient, variable, learning_rate):
        """Keras's step and decay, at the variable's own rate, which is 0 where the gradients are not finite."""
        learning_rate = ops.cast(learning_rate, "float32") * self._factor(variable)
        if self._use_weight_decay(variable):
            rate = ops.cast(learning_rate * self.weight_decay, variable.dtype)
            self.assign_sub(variable, ops.multiply(variable, rate))
        super().update_step(gradient, variable, learning_rate)

    def _factor(self, variable):
        """On the rate of one variable in this step."""
        factor = ops.cast(ops.isfinite(self.norms[0]), "float32")
        if self._of_encoder[self._get_variable_index(variable)]:
            frozen = ops.less(self.iterations, self.frozen_steps)
            factor *= ops.where(frozen, 0.0, self.encoder_rate)
        return factor

    def _apply_weight_decay(self, variables):
        """In `update_step`: Keras decays all weights at the full rate."""

    def _norms_of(self, grads):
        """The global norm and each block's."""
        squares = [ops.zeros(()) if grad is None else ops.sum(ops.square(ops.cast(grad, "float32"))) for grad in grads]
        # Every block's row is filled up with the zero at the end: NaN stays within its block.
        longest = max(map(len, self._members))
        rows = [[*members, *[len(squares)] * (longest - len(members))] for members in self._members]
        blocks = ops.sum(ops.take(ops.stack([*squares, ops.zeros(())]), np.array(rows, "int32"), axis=0), axis=1)
        return ops.sqrt(ops.concatenate([ops.reshape(ops.sum(blocks), (1,)), blocks]))

    def _tame(self, grad, finite, scale):
        tamed = ops.where(finite, grad * ops.cast(scale, grad.dtype), ops.cast(0.0, grad.dtype))
        return share_of_replica(tamed)

    def get_config(self):
        """Keras serialisation."""
        return {
            **super().get_config(),
            "clip": self.clip,
            "encoder": sorted(self.encoder),
            "encoder_rate": self.encoder_rate,
            "frozen_steps": self.frozen_steps,
        }


def _summed_over_replicas(grads):
    """The gradient of the whole batch, on every replica; Keras sums once more, so each passes on its share."""
    present = iter(over_replicas([grad for grad in grads if grad is not None]))
    return [None if grad is None else next(present) for grad in grads]


def optimizer_for(plan, model):
    """The optimizer that a `raremask.plan.Plan` describes, at its highest rate; a pretrained encoder is spared."""
    asked = plan.optimizer
    pretrained = plan.model.encoder_weights is not None
    return WatchedAdamW(
        asked.learning_rate,
        weight_decay=asked.weight_decay,
        clip=asked.clip,
        encoder=encoder_variables(model) if pretrained else (),
        encoder_rate=asked.encoder_rate,
        frozen_steps=asked.frozen_steps if pretrained else 0,
        use_ema=asked.average > 0,
        ema_momentum=asked.average,
    )
