"""The moving average of the weights, judged and kept in their place."""

import contextlib

import keras
import numpy as np

__all__ = ["WeightAverage"]


class WeightAverage(keras.callbacks.Callback):
    """Puts the optimizer's moving average of the weights into the model while it is validated or saved.

    Weights that are averaged over the last steps lie nearer to the middle of what the noise of single batches moves
    them around in (Polyak and Juditsky 1992, https://doi.org/10.1137/0330046). Batch normalisation's own averages stay
    those of the weights as they are. Does nothing where the optimizer keeps no average (``use_ema``).

    `keras.callbacks.SwapEMAWeights` swaps by adding and subtracting, which rounds: a training that goes on would not
    end as one that was never stopped.
    """

    def __init__(self):
        super().__init__()
        self._testing = contextlib.ExitStack()

    def on_test_begin(self, logs=None):
        """Validate the average."""
        self._testing.enter_context(self.applied())

    def on_test_end(self, logs=None):
        """Train on with the weights themselves."""
        self._testing.close()

    @contextlib.contextmanager
    def applied(self):
        """While the block runs, the model holds the average."""
        optimizer = self.model.optimizer
        if not optimizer.use_ema:
            yield
            return
        # As Keras's callback finds them; there is no public name.
        pairs = list(zip(optimizer._trainable_variables, optimizer._model_variables_moving_average, strict=True))
        # Copies: two variables that share an array are one too few for JAX, which gives it away to a step.
        weights, averages = (
            [np.array(keras.ops.convert_to_numpy(each)) for each in side] for side in zip(*pairs, strict=True)
        )
        for (variable, _), average in zip(pairs, averages, strict=True):
            variable.assign(average)
        try:
            yield
        finally:
            for (variable, _), weight in zip(pairs, weights, strict=True):
                variable.assign(weight)
