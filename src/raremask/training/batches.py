"""Keras data sets over crops and tiles, filled by threads that run beside the training step."""

import keras
import numpy as np

from raremask.data.crops import cut
from raremask.tiling import windows

__all__ = ["Crops", "Tiles"]


class Crops(keras.utils.PyDataset):
    """Random crops for training; batch ``i`` of epoch ``e`` depends on the seed, ``e`` and ``i`` alone.

    Args:
        source: `raremask.data.crops.CropSource`.
        batch: crops in a batch.
        steps: batches in an epoch.
        seed: of the draw.
    """

    def __init__(self, source, batch, steps, seed):
        # Two threads: NumPy and the decoders release the interpreter lock, and one may be held by the disk.
        super().__init__(workers=2, use_multiprocessing=False, max_queue_size=8)
        self.source = source
        self.batch = batch
        self.steps = steps
        self.seed = seed
        self._epoch = 0

    def __len__(self):
        return self.steps

    def __getitem__(self, index):
        return self.source.batch(np.random.default_rng([self.seed, self._epoch, index]), self.batch)

    def on_epoch_end(self):
        """Move on to the next epoch's crops."""
        self._epoch += 1


class Tiles(keras.utils.PyDataset):
    """The same tiles in every epoch, for validation: a seeded draw from a grid over every image.

    Args:
        store: `PairStore`.
        size: edge length of the square tiles.
        batch: tiles in a batch.
        most: tiles at most, over all images.
        seed: of the draw.
    """

    def __init__(self, store, size, batch, most, seed):
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=4)
        self.store = store
        self.size = size
        self.batch = batch
        tiles = [
            (index, window.top, window.left)
            for index in range(len(store))
            for window in windows(*store[index][1].shape, size, 0)
        ]
        # In random order, because a batch of neighbours without foreground has no meaningful IoU loss.
        order = np.random.default_rng(seed).permutation(len(tiles))[:most]
        self.tiles = [tiles[index] for index in order.tolist()]

    def __len__(self):
        return -(-len(self.tiles) // self.batch)

    def __getitem__(self, index):
        images, masks = [], []
        for pair, top, left in self.tiles[index * self.batch : (index + 1) * self.batch]:
            image, mask = cut(*self.store[pair], top, left, self.size, self.size)
            images.append(image)
            masks.append(mask)
        return np.stack(images).astype(np.float32), np.stack(masks)[..., None]
