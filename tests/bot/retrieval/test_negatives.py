"""Questions without an approved answer speak against questions like them, unless the school approved them."""

import numpy as np
import pytest

from bot.retrieval.dense import DenseIndex, PairVectors, unit
from bot.retrieval.negatives import Negatives

TEXTS = ["¿Dónde estaciono?", "¿Quién ganó?", "¿Cuánto gana un cajero?"]
VECTORS = np.eye(4, dtype=np.float32)[:3]


def test_the_nearest_and_the_mean_of_the_nearest_are_told() -> None:
    nearest, some = Negatives(TEXTS, VECTORS).nearness(VECTORS[0], "¿Hay cochera?")

    assert nearest == 1.0
    assert some == pytest.approx(1 / 3)


def test_a_question_does_not_speak_against_itself() -> None:
    nearest, _ = Negatives(TEXTS, VECTORS).nearness(VECTORS[0], "donde estaciono")

    assert nearest == 0.0


def test_what_the_school_approved_speaks_against_nothing() -> None:
    approved = DenseIndex({1: PairVectors(VECTORS[:1], VECTORS[1])})

    nearest, _ = Negatives(TEXTS, VECTORS).besides(approved).nearness(VECTORS[0], "¿Hay cochera?")

    assert nearest == 0.0


def test_without_negatives_nothing_speaks_against_a_question() -> None:
    assert Negatives([], np.zeros((0, 4), np.float32)).nearness(unit(VECTORS[:1])[0], "¿Hay cochera?") == (0.0, 0.0)
