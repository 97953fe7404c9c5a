"""GeoTIFFs of any size made of real images, for the benchmarks of prediction."""

import numpy as np
import rasterio
from rasterio import Affine

from raremask.data import find_images, read_image

# Rows that each image gives: a row of images is written at once.
_ROWS = 512


def mosaic(folder, stems, side, path):
    """Lay images side by side and row by row, cut to one height, until they fill ``side`` x ``side`` pixels.

    Args:
        folder: of a data set, with images/ in it; 8-bit RGB.
        stems: of the images to take, or None for all.
        side: of the mosaic.
        path: of the GeoTIFF: tiled, compressed, with a CRS.
    """
    images = [read_image(image) for image in find_images([folder / "images"]) if stems is None or image.stem in stems]
    images = [image[top : top + _ROWS] for image in images for top in range(0, len(image) - _ROWS + 1, _ROWS)]
    size = {"height": side, "width": side, "count": 3, "dtype": "uint8"}
    place = {"crs": "EPSG:32640", "transform": Affine(0.5, 0, 300_000, 0, -0.5, 2_800_000)}
    layout = {"tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "deflate", "BIGTIFF": "IF_SAFER"}
    number = 0
    with rasterio.open(path, "w", driver="GTiff", **size, **place, **layout) as file:
        for top in range(0, side, _ROWS):
            row, width = [], 0
            while width < side:
                row.append(images[number % len(images)])
                width += row[-1].shape[1]
                number += 1
            rows = min(_ROWS, side - top)
            laid = np.concatenate(row, axis=1)[:rows, :side]
            file.write(np.moveaxis(laid, -1, 0), window=((top, top + rows), (0, side)))
    return path
