"""How many pixels are foreground, background and void."""

from dataclasses import dataclass

import numpy as np

__all__ = ["PixelCounts"]


@dataclass(frozen=True)
class PixelCounts:
    """Pixel counts of one mask or of many: add them with ``+``, or with ``sum()``.

    Example:

    >>> import numpy as np
    >>> counts = sum(PixelCounts.of(mask) for mask in (np.eye(2), np.zeros((2, 2))))
    >>> counts
    PixelCounts(foreground=2, background=6, void=0)
    >>> counts.foreground_share, counts.ratio
    (0.25, 3.0)
    """

    foreground: int
    background: int
    void: int = 0

    @classmethod
    def of(cls, mask, void=None):
        """Count a mask.

        Args:
            mask: shape (height, width), any dtype: 1 foreground, 0 background, ``void`` void.
            void: the value of void pixels, such as 255; None where there are none.

        Raises:
            ValueError: for another shape, another value in the mask (which it names), or ``void`` 0 or 1.
        """
        mask = np.asarray(mask)
        if mask.ndim != 2:
            raise ValueError(f"a mask has the shape (height, width). Received {mask.shape}. Take one channel of it.")
        if void is not None and void in (0, 1):
            raise ValueError(f"void cannot be 0 (background) or 1 (foreground). Received {void!r}. Try 255.")
        counts = cls(
            foreground=int(np.count_nonzero(mask == 1)),
            background=int(np.count_nonzero(mask == 0)),
            void=0 if void is None else int(np.count_nonzero(mask == void)),
        )
        if counts.valid + counts.void != mask.size:
            raise ValueError(_describe_strangers(mask, void))
        return counts

    def __add__(self, other):
        if not isinstance(other, PixelCounts):
            return NotImplemented
        return PixelCounts(
            self.foreground + other.foreground, self.background + other.background, self.void + other.void
        )

    def __radd__(self, other):
        # sum() starts from the number 0.
        return self if isinstance(other, int) and other == 0 else NotImplemented

    @property
    def valid(self):
        """Foreground and background together."""
        return self.foreground + self.background

    @property
    def foreground_share(self):
        """Foreground over valid pixels, 0 to 1. ValueError if there is no valid pixel."""
        if not self.valid:
            raise ValueError(
                "there is no valid pixel to take a share of. Count at least one mask that is not all void."
            )
        return self.foreground / self.valid

    @property
    def ratio(self):
        """Background pixels to one foreground pixel. ValueError if there is no foreground."""
        if not self.foreground:
            raise ValueError(
                f"there is no foreground in {self.valid} valid pixels, so the background has no ratio to it. "
                "Count masks that hold foreground, or check which value means foreground."
            )
        return self.background / self.foreground


def _describe_strangers(mask, void):
    known = [0, 1] if void is None else [0, 1, void]
    strangers = np.unique(mask[~np.isin(mask, known)])
    shown = ", ".join(f"{value:g}" for value in strangers[:5].astype(float))
    more = f" and {len(strangers) - 5} more" if len(strangers) > 5 else ""
    wanted = "0 (background) and 1 (foreground)" + ("" if void is None else f" and {void} (void)")
    return (
        f"a mask may hold {wanted}. Received {shown}{more} as well. "
        "Turn it into 0 and 1 first, for instance (mask > 127), or name the void value."
    )
