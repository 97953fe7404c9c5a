"""TensorFloat-32 is off inside and as before outside, on each backend that is installed."""

import pytest

from raremask.engines import exact


def test_tensorflow_is_set_back_after_an_error():
    from tensorflow import config

    def fail():
        with exact._tensorflow():
            assert not config.experimental.tensor_float_32_execution_enabled()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert config.experimental.tensor_float_32_execution_enabled()


def test_torch():
    backends = pytest.importorskip("torch").backends
    before = backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32
    backends.cudnn.allow_tf32 = True
    with exact._torch():
        assert (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32) == (False, False)
    assert backends.cudnn.allow_tf32 is True
    backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32 = before


def test_jax():
    jax = pytest.importorskip("jax")
    before = jax.config.jax_default_matmul_precision
    with exact._jax():
        assert jax.config.jax_default_matmul_precision == "float32"
    assert jax.config.jax_default_matmul_precision == before
