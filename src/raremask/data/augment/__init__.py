"""Training crops changed at random, image and mask together: turned, scaled, rotated, lit, blurred, with noise."""

from raremask.data.augment.augmentation import Augmentation
from raremask.data.augment.light import change_light
from raremask.data.augment.square import Square, lay_square
from raremask.data.augment.warp import draw_warp, warp

__all__ = ["Augmentation", "Square", "change_light", "draw_warp", "lay_square", "warp"]
