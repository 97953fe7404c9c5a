"""What a measured speed holds for: the processor, and how much of it this process may use."""

import os
import platform
from pathlib import Path

__all__ = ["cores", "machine"]


def cores():
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS or Windows
        return os.cpu_count() or 1


def machine():
    """The processor's name, its cores, and the GPUs that are there and shown: dict of JSON values."""
    return {
        "processor": _processor(),
        "cores": cores(),
        "gpus": sorted(path.name for path in Path("/dev").glob("nvidia[0-9]*")),
        "shown": os.environ.get("CUDA_VISIBLE_DEVICES"),
    }


def _processor():
    # Python's own platform.processor() is empty on many Linux systems, and asks another program on some.
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                name, _, value = line.partition(":")
                if name.strip() in ("model name", "Hardware", "Model"):
                    return value.strip()
    except OSError:
        return platform.processor() or platform.machine()
    return platform.machine()
