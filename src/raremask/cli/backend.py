"""Start Keras without TensorFlow's start-up noise on the terminal."""

import contextlib
import logging
import os
import sys
import tempfile

__all__ = ["start_keras"]


def start_keras():
    """Import Keras and its backend quietly; commands call this before anything that needs them."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # What ~/.keras/keras.json says is for other programs: training is TensorFlow's here.
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    # It warns of retracing where images of many sizes are predicted.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    if "keras" not in sys.modules:
        from raremask.engines.runtimes import keep_all_digits

        keep_all_digits()
        with _held_back_stderr():
            import keras  # noqa: F401


@contextlib.contextmanager
def _held_back_stderr():
    """Hold back what native code writes to file descriptor 2; show it if the block fails.

    TensorFlow logs from C++ before any log level is read, past Python's sys.stderr.
    """
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (OSError, ValueError, AttributeError):  # no standard error at all
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(kept, 2)
            held.seek(0)
            os.write(2, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
