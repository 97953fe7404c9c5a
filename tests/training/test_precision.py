import pytest
import tensorflow as tf

from raremask.training import precision


@pytest.mark.parametrize(
    ("flags", "policy"),
    [
        ({"avx512f"}, "float32"),
        ({"avx512_bf16"}, "mixed_bfloat16"),
        ({"amx_bf16"}, "mixed_bfloat16"),
        (set(), "float32"),
    ],
)
def test_a_processor_computes_in_bfloat16_where_it_has_it(monkeypatch, flags, policy):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    monkeypatch.setattr(precision, "_cpu_flags", lambda: flags)
    assert precision.fastest_policy() == policy


@pytest.mark.parametrize(
    ("details", "policy"),
    [({"compute_capability": (7, 5)}, "float32"), ({"compute_capability": (8, 0)}, "mixed_bfloat16"), ({}, "float32")],
)
def test_a_gpu_computes_in_bfloat16_from_ampere_on(monkeypatch, details, policy):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["GPU"])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda device: details)
    assert precision.fastest_policy() == policy
