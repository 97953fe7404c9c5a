"""Which number format the machine computes fastest in."""

import pathlib

__all__ = ["fastest_policy"]


def fastest_policy():
    """Choose the Keras dtype policy for this machine.

    Returns:
        ``"mixed_bfloat16"`` on an Nvidia GPU from Ampere on and on a CPU with bfloat16 instructions
        (AVX512-BF16 or AMX), where a step took less than half the time (``benchmarks/step.py``); else
        ``"float32"``, because emulated bfloat16 is slower.
    """
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        capability = tf.config.experimental.get_device_details(gpus[0]).get("compute_capability", (0, 0))
        return "mixed_bfloat16" if capability >= (8, 0) else "float32"
    return "mixed_bfloat16" if _cpu_flags() & {"avx512_bf16", "amx_bf16"} else "float32"


def _cpu_flags():
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:  # not Linux
        return set()
    return {flag for line in text.splitlines() if line.startswith("flags") for flag in line.split()}
