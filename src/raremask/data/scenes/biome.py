"""The colours of a countryside, chosen once for each scene."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Biome", "choose_biome"]

# RGB before the light of the scene. Grey and brown fields are there so that grey alone does not mean road.
_FIELDS = {
    "temperate": [
        (88, 106, 60),
        (104, 118, 68),
        (72, 94, 52),
        (126, 128, 80),
        (144, 126, 96),
        (120, 102, 80),
    ],
    "lush": [(70, 98, 50), (84, 112, 56), (60, 84, 46), (98, 120, 62), (112, 108, 70), (128, 112, 84)],
    "dry": [
        (164, 146, 112),
        (148, 130, 100),
        (176, 160, 126),
        (122, 118, 82),
        (138, 128, 92),
        (108, 112, 70),
    ],
    "autumn": [(118, 112, 74), (132, 118, 84), (98, 100, 66), (142, 130, 98), (106, 92, 72), (90, 98, 60)],
    "built": [(104, 114, 76), (92, 104, 66), (128, 124, 98), (140, 134, 116), (118, 112, 96), (84, 96, 60)],
}
_GREY_FIELDS = [(138, 131, 117), (116, 108, 97), (152, 147, 132), (127, 124, 107)]
# wild ground, soil, tree crowns, water
_REST = {
    "temperate": ([(92, 104, 62), (76, 90, 54), (116, 116, 78)], (150, 132, 104), (58, 76, 44), (58, 74, 70)),
    "lush": ([(66, 88, 48), (82, 102, 54), (96, 108, 64)], (146, 122, 92), (46, 68, 38), (76, 86, 66)),
    "dry": ([(150, 136, 104), (128, 120, 88), (166, 150, 116)], (178, 158, 124), (76, 84, 56), (88, 96, 82)),
    "autumn": ([(110, 106, 72), (96, 92, 64), (128, 118, 86)], (142, 126, 104), (84, 80, 50), (62, 70, 72)),
    "built": ([(112, 112, 88), (98, 106, 74), (132, 127, 112)], (152, 142, 122), (60, 76, 46), (66, 80, 82)),
}


@dataclass(frozen=True)
class Biome:
    """Colours, float (3,) or (n, 3): fields, the wild ground between them, bare soil, tree crowns, water."""

    fields: np.ndarray
    wild: np.ndarray
    soil: np.ndarray
    trees: np.ndarray
    water: np.ndarray


def choose_biome(rng):
    """Choose a countryside and shift its colours a little, so that no two scenes share them."""
    name = str(rng.choice(sorted(_FIELDS)))
    fields = np.array(_FIELDS[name] + _GREY_FIELDS[: int(rng.integers(0, 4))], dtype=np.float64)
    wild, soil, trees, water = (np.array(colours, dtype=np.float64) for colours in _REST[name])
    cast = rng.normal(0, 5) * np.array([1.0, 0.3, -0.9]) + rng.normal(0, 4)
    return Biome(fields + cast, wild + cast, soil + cast, trees + cast, water + cast * 0.5 + rng.normal(0, 8))
