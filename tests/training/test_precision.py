import pytest

from raremask.training import precision


@pytest.mark.parametrize(
    ("single", "half", "policy"),
    [(1.0, 0.4, "mixed_bfloat16"), (1.0, 0.95, "float32"), (1.0, 3.0, "float32"), (0.1, 0.08, "mixed_bfloat16")],
)
def test_bfloat16_must_pay(monkeypatch, single, half, policy):
    asked = []

    def measured(*arguments):
        asked.append(arguments)
        return {"float32": single, "mixed_bfloat16": half}

    monkeypatch.setattr(precision, "seconds_a_step", measured)
    said = []
    assert precision.fastest_policy(64, 2, 4, 2, said.append) == policy
    assert asked == [(64, 2, 4, 2)]
    assert said == [
        f"precision: {policy}, as a step in bfloat16 takes {half / single:.2f} of the time of one in float32 here"
    ]


def test_each_policy_is_tried_in_turns_as_the_training_computes(monkeypatch):
    monkeypatch.setattr(precision, "_SECONDS", 0)
    tried, small = [], precision._small

    def noted(width, stem, policy):
        model = small(width, stem, policy)
        step = model.train_on_batch

        def train_on_batch(images, labels):
            assert images.shape == (2, 32, 32, 3)
            tried.append(model.get_layer("down0a").compute_dtype)
            return step(images, labels)

        model.train_on_batch = train_on_batch
        return model

    monkeypatch.setattr(precision, "_small", noted)
    seconds = precision.seconds_a_step(crop=30, batch=2, width=4, stem=2)
    assert tried == ["float32", "bfloat16"] * 3
    assert set(seconds) == set(precision.POLICIES)
    assert all(value > 0 for value in seconds.values())


def test_a_batch_of_large_crops_is_tried_on_fewer(monkeypatch):
    monkeypatch.setattr(precision, "_PIXELS", 2 * 32**2)
    shapes = []

    class Model:
        def train_on_batch(self, images, labels):
            shapes.append(images.shape)

    monkeypatch.setattr(precision, "_SECONDS", 0)
    monkeypatch.setattr(precision, "_small", lambda width, stem, policy: Model())
    precision.seconds_a_step(crop=32, batch=8, width=4)
    assert set(shapes) == {(2, 32, 32, 3)}
