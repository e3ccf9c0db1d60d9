"""Configs of trainings."""

from dataclasses import dataclass

import pytest

from deid.algorithms.training import config
from deid.algorithms.training.config import RunConfig
from deid.algorithms.training.errors import BadConfig


@dataclass(frozen=True, slots=True)
class Example:
    data: str = config.text()
    extra: tuple[str, ...] = config.texts(())
    rate: float = config.number(1e-4, 0.0, 1.0)
    blinks: bool = config.switch(True)
    run: RunConfig = config.part(RunConfig, batch=64)


def test_toml_and_json_say_the_same(tmp_path):
    (tmp_path / "a.toml").write_text('data = "set"\nextra = ["one"]\nrate = 1\n[run]\nseed = 3\nprecision = "bfloat16"')
    (tmp_path / "a.json").write_text(
        '{"data": "set", "extra": ["one"], "rate": 1, "run": {"seed": 3, "precision": "bfloat16"}}'
    )
    read = config.read(Example, tmp_path / "a.toml")
    assert read == Example("set", ("one",), 1.0, True, RunConfig(seed=3, batch=64, precision="bfloat16"))
    assert isinstance(read.rate, float)
    assert config.read(Example, tmp_path / "a.json") == read
    assert config.from_table(Example, config.to_table(read)) == read


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({}, "lacks data: a text"),
        ({"data": "x", "rat": 1}, "the key rat, which nobody reads; known: data"),
        ({"data": "x", "rate": 2}, r"rate must be a number from 0.0 to 1.0, was 2\."),
        ({"data": "x", "rate": float("nan")}, "rate must be a number"),
        ({"data": "x", "rate": True}, "rate must be a number"),
        ({"data": "x", "run": {"steps": 1.5}}, r"run\.steps must be a whole number from 1 to 100,000,000, was 1\.5"),
        ({"data": "x", "run": {"precision": "half"}}, r"run\.precision must be one of float32, bfloat16, was 'half'"),
        ({"data": "x", "run": 3}, "run must be a table"),
        ({"data": "x", "blinks": 1}, "blinks must be true or false, was 1"),
        ({"data": "x", "extra": []}, "extra must be a list of texts"),
        ({"data": " "}, "data must be a text"),
    ],
)
def test_a_wrong_key_or_value_is_named_with_what_is_allowed(told, says):
    with pytest.raises(BadConfig, match=says):
        config.from_table(Example, told)


def test_a_file_that_is_no_config(tmp_path):
    (tmp_path / "a.toml").write_text("data = \n")
    with pytest.raises(BadConfig, match=r"a\.toml is no config in TOML"):
        config.read(Example, tmp_path / "a.toml")
    with pytest.raises(BadConfig, match=r"b\.toml is no config"):
        config.read(Example, tmp_path / "b.toml")


def test_a_resume_may_move_the_end_but_not_the_curve():
    one = config.fixed(Example("x", run=RunConfig(steps=5, minutes=1)))
    assert one == config.fixed(Example("x", run=RunConfig(steps=9, minutes=2)))
    assert one != config.fixed(Example("x", run=RunConfig(steps=5, seed=9)))
