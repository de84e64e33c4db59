"""The decision calibrates itself: on the sample data from shipped examples, on any other CSV from its own pairs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.retrieval.answerable import ANSWERED, OTHER, OURS, Answerable, Examples, calibrated, gathered
from bot.retrieval.evidence import FEATURES
from bot.retrieval.joint import IndexedPair, JointIndex
from bot.retrieval.models import RetrievalModels, load_models
from bot.retrieval.synonyms import Synonyms

SUBJECTS = ["zumba", "pesas", "natación", "yoga", "boxeo", "ciclismo", "pilates", "baile", "karate", "tenis"]
TURNS = ["precio de {}", "a cuanto {}", "cuanto sale {} al mes", "mensualidad de {}", "costo {}"]
GYM: list[IndexedPair] = [
    (n, f"¿Cuánto cuesta {subject}?", f"{subject} cuesta S/ {90 + n}.", tuple(turn.format(subject) for turn in TURNS))
    for n, subject in enumerate(SUBJECTS)
]


@pytest.fixture(scope="module")
def models() -> RetrievalModels:
    return load_models(Synonyms({}))


def test_examples_are_of_all_three_kinds_and_name_the_pairs_that_they_are_about(models: RetrievalModels) -> None:
    examples = gathered(models, GYM, ["¿Quién ganó el partido?"])
    assert examples is not None
    assert set(examples.kinds.tolist()) == {OTHER, OURS, ANSWERED}
    assert examples.rows.shape == (len(examples.kinds), len(FEATURES))
    assert examples.are_about(GYM)
    assert examples.are_about(GYM[1:])
    assert not examples.are_about([(n, f"¿Otra {n}?", "Sí.", ()) for n in range(3)])


def test_a_knowledge_with_too_few_pairs_to_hide_any_lives_by_the_shipped_examples(models: RetrievalModels) -> None:
    assert gathered(models, GYM[:3], []) is None
    evidence = JointIndex(models, GYM[:3]).find("precio de la zumba por favor", 1).evidence
    assert evidence is not None
    assert 0 < calibrated(models, GYM[:3]).verdict(evidence).answered < 1


def test_what_was_learned_about_a_knowledge_is_kept(models: RetrievalModels, tmp_path: Path) -> None:
    keeping = replace(models, cache=tmp_path)
    evidence = JointIndex(models, GYM).find("cuanto sale el yoga", 1).evidence
    assert evidence is not None
    first = calibrated(keeping, GYM).verdict(evidence)
    kept = Examples.read(tmp_path / "examples.safetensors")
    assert kept.are_about(GYM)
    assert calibrated(keeping, GYM).verdict(evidence) == first
    (tmp_path / "examples.safetensors").write_bytes(b"torn")
    assert calibrated(keeping, GYM).verdict(evidence) == first


def test_more_evidence_gives_a_higher_probability() -> None:
    rows = np.zeros((40, len(FEATURES)), np.float32)
    rows[:20, 0] = 1
    rows[20:30, 10] = 1
    kinds = np.repeat(np.array([ANSWERED, OURS, OTHER], np.int8), [20, 10, 10])
    answerable = Answerable.fitted(Examples(rows, kinds))
    probabilities = [answerable._answered.probability(row) for row in (rows[0], rows[-1])]
    assert probabilities[0] > 0.8 > 0.2 > probabilities[1]
    assert answerable._ours.probability(rows[25]) > 0.5 > answerable._ours.probability(rows[-1])


def test_examples_with_other_features_are_refused(tmp_path: Path) -> None:
    Examples(np.zeros((2, 3), np.float32), np.zeros(2, np.int8)).write(tmp_path / "old.safetensors")
    with pytest.raises(ValueError, match="holds 3 features"):
        Examples.read(tmp_path / "old.safetensors")
