"""The program beside an export: at most 20 lines that mask an image without raremask."""

from raremask.export.formats import FORMATS, INT8

__all__ = ["example_of"]

_HEAD = '''\
"""Mask one image: python example.py {image} MASK.png. Needs numpy, pillow and {package}."""

import sys
from pathlib import Path

'''

_TAIL = """\
Image.fromarray(mask[0] * 255).save(sys.argv[2])
print(f"{100 * mask.mean():.2f} % foreground")
"""

# By format: imports, and how mask and probability (1, height, width) come of ``image`` (height, width, bands).
_BODIES = {
    "onnx": (
        "import numpy as np\nimport onnxruntime\nfrom PIL import Image{ops}\n",
        """\
model = Path(__file__).with_name("model.onnx")
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
mask, probability = session.run(["mask", "probability"], {"image": image[None]})
""",
    ),
    "openvino": (
        "import numpy as np\nimport openvino\nfrom PIL import Image{ops}\n",
        """\
exact = {"INFERENCE_PRECISION_HINT": "f32"}  # else bfloat16 where the processor has it: faster, and other masks
model = openvino.Core().compile_model(Path(__file__).with_name("model.xml"), "CPU", exact)
found = model({"image": image[None]})
mask, probability = found["mask"], found["probability"]
""",
    ),
    "litert": (
        "import numpy as np\nfrom ai_edge_litert.interpreter import Interpreter\nfrom PIL import Image{ops}\n",
        """\
interpreter = Interpreter(str(Path(__file__).with_name("model.tflite")))
found = interpreter.get_signature_runner()(image=image[None])
mask, probability = found["mask"], found["probability"]
""",
    ),
    "savedmodel": (
        "import numpy as np\nimport tensorflow as tf\nfrom PIL import Image{ops}\n",
        """\
model = tf.saved_model.load(Path(__file__).with_name("model"))
found = model.signatures["serving_default"](image=tf.constant(image[None]))
mask, probability = found["mask"].numpy(), found["probability"].numpy()
""",
    ),
}


def example_of(name, bands, dtype, read_bands=None):
    """The text of example.py.

    Args:
        name: in `FORMATS`.
        bands, dtype: of the images.
        read_bands: which bands of a file those are, counted from 1, or None.

    Example:

    >>> len(example_of("onnx", 3, "uint8").splitlines()) <= 20
    True
    """
    imports, run = _BODIES["openvino" if name == INT8 else name]
    reading, by_pillow = _reading(bands, dtype, read_bands)
    head = _HEAD.format(image="IMAGE" if by_pillow else "IMAGE.npy", package=FORMATS[name].package)
    return head + imports.format(ops=", ImageOps" if by_pillow else "") + "\n" + reading + run + _TAIL


def _reading(bands, dtype, read_bands):
    """(lines that make ``image``, whether Pillow reads it)."""
    modes = {(1, "uint8"): "L", (3, "uint8"): "RGB", (1, "uint16"): None}
    chosen = list(read_bands or range(1, bands + 1))
    if (bands, dtype) in modes and chosen == list(range(1, bands + 1)):
        mode = modes[bands, dtype]
        pixels = f'np.asarray(picture.convert("{mode}"))' if mode else "np.asarray(picture).astype(np.uint16)"
        if bands == 1:
            pixels += "[..., None]"
        return f"picture = ImageOps.exif_transpose(Image.open(sys.argv[1]))\nimage = {pixels}\n", True
    if dtype == "uint8" and bands <= 3 and set(chosen) <= {1, 2, 3}:
        pixels = f'np.asarray(picture.convert("RGB"))[..., {[band - 1 for band in chosen]}]'
        return f"picture = ImageOps.exif_transpose(Image.open(sys.argv[1]))\nimage = {pixels}\n", True
    told = f"bands {', '.join(map(str, read_bands))} of a file" if read_bands else f"{bands} bands"
    return f"image = np.load(sys.argv[1])  # {dtype} (height, width, bands): {told}, as np.save writes them\n", False
