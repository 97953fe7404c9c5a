"""Keras data sets over crops and tiles, filled by threads that run beside the training step."""

import threading
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np

from raremask.tiling import windows

__all__ = ["Crops", "Tiles"]


# Batches drawn ahead of the step that takes them.
_AHEAD = 8


class _Batches(keras.utils.PyDataset):
    """Remembers why a batch could not be made: TensorFlow wraps the error in pages of its own. Abstract."""

    def __init__(self):
        # No workers of Keras's: it leaves them behind, with all that they hold, when a training stops within an epoch.
        super().__init__(workers=1, use_multiprocessing=False)
        self.failure = None

    def __getitem__(self, index):
        try:
            return self._make(index)
        except Exception as error:
            self.failure = error
            raise


class Crops(_Batches):
    """Random crops for training; batch ``i`` of epoch ``e`` depends on the seed, ``e`` and ``i`` alone.

    Batches are to be taken in order; `close` ends the threads that draw them.

    Args:
        source: `raremask.data.crops.CropSource`.
        batch: crops in a batch.
        steps: batches in an epoch.
        seed: of the draw.
    """

    def __init__(self, source, batch, steps, seed):
        super().__init__()
        self.source = source
        self.batch = batch
        self.steps = steps
        self.seed = seed
        self._epoch = 0
        # Two threads: NumPy and the decoders release the interpreter lock, and one may be held by the disk.
        self._pool = ThreadPoolExecutor(2)
        self._drawn = {}
        self._lock = threading.Lock()

    def __len__(self):
        return self.steps

    def _make(self, index):
        # Keras may look at the first batches while it takes them: two threads of TensorFlow's can meet here.
        with self._lock:
            for ahead in range(index, min(index + _AHEAD, self.steps)):
                if ahead not in self._drawn:
                    self._drawn[ahead] = self._pool.submit(self._draw, self._epoch, ahead)
            batch = self._drawn.pop(index)
        return batch.result()

    def _draw(self, epoch, index):
        return self.source.batch(np.random.default_rng([self.seed, epoch, index]), self.batch)

    def begin(self, epoch):
        """Draw the crops of that epoch from now on: a training that goes on draws what it would have drawn."""
        with self._lock:
            self._drawn.clear()
            self._epoch = epoch

    def on_epoch_end(self):
        """Move on to the next epoch's crops."""
        self.begin(self._epoch + 1)

    def close(self):
        """End the threads and let the images go: TensorFlow holds on to this object."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._drawn, self.source = {}, None


class Tiles(_Batches):
    """The same tiles in every epoch, for validation: a seeded draw from a grid over every image.

    Args:
        store: `PairStore`.
        size: edge length of the square tiles.
        batch: tiles in a batch.
        most: tiles at most, over all images.
        seed: of the draw.
        replicas: devices that share a batch. Tiles from the start fill up the last one until all get as many: with
            none at all Keras fails on them.
    """

    def __init__(self, store, size, batch, most, seed, replicas=1):
        super().__init__()
        self.store = store
        self.size = size
        self.batch = batch
        tiles = [
            (index, window.top, window.left)
            for index in range(len(store))
            for window in windows(*store.shape(index), size, 0)
        ]
        # In random order, because a batch of neighbours without foreground has no meaningful IoU loss.
        order = np.random.default_rng(seed).permutation(len(tiles))[:most]
        drawn = np.resize(order, -(-len(order) // replicas) * replicas)
        self.tiles = [tiles[index] for index in drawn.tolist()]

    def __len__(self):
        return -(-len(self.tiles) // self.batch)

    def close(self):
        """Let the images go: TensorFlow holds on to this object."""
        self.store = None

    def _make(self, index):
        images, masks = [], []
        for pair, top, left in self.tiles[index * self.batch : (index + 1) * self.batch]:
            image, mask = self.store.window(pair, top, left, self.size, self.size)
            images.append(image)
            masks.append(mask)
        return np.stack(images).astype(np.float32), np.stack(masks)[..., None]
