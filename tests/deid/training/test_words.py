"""Curves and numbers of trainings have words on pages."""

from importlib import import_module

import pytest

from deid.training_words import WORDS, measure_words

TRAINERS = {
    "identity": "IdentityTrainer", "landmarks": "LandmarksTrainer", "faceswap": "FaceswapTrainer",
    "facemotion": "FacemotionTrainer", "rppg.autoencoder": "AutoencoderTrainer", "rppg.predictor": "PredictorTrainer",
    "rppg.recogniser": "RecogniserTrainer",
}  # fmt: skip


@pytest.mark.parametrize("module", sorted(TRAINERS))
def test_every_loss_of_a_training_has_words(module):
    trainer = getattr(import_module(f"deid.algorithms.training.{module}"), TRAINERS[module])
    assert set(trainer.losses) <= set(WORDS)


def test_recognisers_are_named_in_the_words_and_what_is_not_known_keeps_its_name():
    assert measure_words("plain knows") == "Recognised by plain"
    assert measure_words("plain knew") == "Recognised by plain before"
    assert measure_words("weight") == "weight"
