"""The one typeface that pictures are labelled in."""

from pathlib import Path

__all__ = ["font_of"]


def font_of(size):
    """DejaVu Sans as a Pillow font of a size in pixels.

    It comes with Matplotlib and knows Greek, Cyrillic and Arabic file names, which Pillow's own font does not.
    """
    from matplotlib import get_data_path
    from PIL import ImageFont

    return ImageFont.truetype(str(Path(get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")), size)
