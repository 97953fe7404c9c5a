"""Images that are read by windows, and those that validation and evaluation cannot read whole."""

from raremask.data.audit.finding import ERROR, NOTE, WARNING, Finding
from raremask.data.rasters import too_large
from raremask.errors import name_some

__all__ = ["find_by_windows", "find_too_large_to_predict"]


def find_by_windows(evidence):
    """Images that were looked at by windows, and what was not looked at in full."""
    large = [fact for fact in evidence.facts if fact.image is not None and fact.image.shrunk > 1]
    if not large:
        return []
    told = name_some([f"{fact.stem} {_size(fact.image.shape)}, 1:{fact.image.shrunk}" for fact in large])
    return [
        Finding(
            "by-windows",
            NOTE,
            f"{evidence.images(large, 'are')} too large to be decoded whole and read by windows: {told}. Every pixel "
            "was read and the masks are counted exactly; blank areas and likeness to other images were looked for in a "
            "picture shrunk so",
            "Blank areas smaller than a pixel of that picture are not found, nor that one image is a part of another.",
            "Nothing: training reads them by windows too.",
            stems=tuple(fact.stem for fact in large),
            files=evidence.image_files(large),
        )
    ]


def find_too_large_to_predict(evidence):
    """Images of the splits that are predicted, each whole, which do not fit."""
    findings = []
    for name, severity, why in (
        ("val", ERROR, "Training refuses: it chooses the best weights by masks of the validation images."),
        ("test", WARNING, "raremask evaluate cannot score them; the training is not touched."),
    ):
        chosen = set(evidence.stems_of_splits.get(name, ()))
        large = [fact for fact in evidence.facts if fact.stem in chosen and fact.image and too_large(*fact.image.shape)]
        if large:
            told = name_some([f"{fact.stem} {_size(fact.image.shape)}" for fact in large])
            findings.append(
                Finding(
                    f"too-large-for-{name}",
                    severity,
                    f"{len(large)} of {len(chosen)} images of {name} cannot be predicted whole, so large as they are: "
                    f"{told}",
                    why,
                    f"Cut them into tiles, or name other images in {name}.txt: training images may be of any size.",
                    stems=tuple(fact.stem for fact in large),
                    files=evidence.image_files(large),
                )
            )
    return findings


def _size(shape):
    return f"{shape[1]}x{shape[0]}"
