"""What a phantom can be asked for."""

import pytest

from deid.algorithms.phantom.spec import LIMITS, BadPhantom, PhantomSpec


@pytest.mark.parametrize("name", sorted(set(LIMITS) - {"size", "tremor_hz"}))
def test_a_value_beyond_its_limits_is_refused_with_them(name):
    low, high, _ = LIMITS[name]
    for wrong in (low - 1, high * 2 + 1, float("nan"), float("inf")):
        with pytest.raises(BadPhantom, match=rf"{name} was {wrong:.10g}: use {low:.10g} to {high:.10g}"):
            PhantomSpec(**{name: wrong})


@pytest.mark.parametrize(
    ("wishes", "sentence"),
    [
        ({"size": 95}, "size was 95: use 96 to 1080 pixels"),
        ({"size": 193}, "size must be even, was 193: use 194"),
        ({"tremor_hz": 13}, "tremor_hz was 13: use 2 to 12 Hz"),
        ({"tremor_hz": 6, "fps": 12, "tremor_amplitude": 0.01}, "under half of the frame rate, 6 Hz"),
        ({"task": "sing"}, "task was 'sing': use one of rest, facial_expression, speech"),
        ({"blink_times": [1.0, 9.0]}, "blink_times holds 9: use times within the clip, 0 to 5 seconds"),
        ({"blink_times": [1.0, 1.2]}, "blinks must follow each other by 0.35 seconds"),
        ({"blink_times": [2.0, 1.0]}, "blinks must follow each other"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_with_a_sentence(wishes, sentence):
    with pytest.raises(BadPhantom) as refusal:
        PhantomSpec(**wishes)
    assert sentence in str(refusal.value)


def test_limits_themselves_are_allowed():
    for name, (low, high, _) in LIMITS.items():
        PhantomSpec(**{name: high})
        PhantomSpec(**{name: low})
