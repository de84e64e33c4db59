"""Wordings are put on a side once and for good, near-identical ones together."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.settings import DATA
from storage.pairs_csv import CsvPair, group_rows, read_csv
from storage.text import folded
from training.dataset.likeness import near_identical
from training.dataset.sides import HELD_OUT, TRAIN, wording_sides

WORDS = "cuanto cuesta dura el curso de la caja".split()
QUESTIONS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def shipped() -> list[CsvPair]:
    return group_rows(read_csv(DATA / "cenfobank.csv"))


@pytest.fixture(scope="module")
def sides(shipped: Sequence[CsvPair]) -> dict[str, str]:
    return wording_sides(shipped, share=0.1, stored={})


def grouped(questions: Sequence[Sequence[str]]) -> list[CsvPair]:
    """A pair for each list; a question belongs to the first that has it."""
    taken: set[str] = set()
    pairs = []
    for number, own in enumerate(questions):
        free = [text for text in dict.fromkeys(own) if text not in taken]
        taken.update(free)
        if free:
            pairs.append(CsvPair(free[0], f"answer {number}", tuple(free[1:])))
    return pairs


def test_about_a_tenth_of_the_shipped_wordings_is_held_out_and_no_canonical_question(
    shipped: Sequence[CsvPair], sides: dict[str, str]
) -> None:
    held_out = [text for text, side in sides.items() if side == HELD_OUT]
    assert 0.08 < len(held_out) / len(sides) < 0.12
    assert {sides[folded(pair.question)] for pair in shipped} == {TRAIN}


def test_near_identical_wordings_share_a_side(sides: dict[str, str]) -> None:
    texts = list(sides)
    couples = list(near_identical(texts))
    assert couples
    assert all(sides[texts[i]] == sides[texts[j]] for i, j in couples)


def test_the_order_of_pairs_and_wordings_does_not_matter(shipped: Sequence[CsvPair], sides: dict[str, str]) -> None:
    rng = random.Random(1)
    mixed = [
        CsvPair(pair.question, pair.answer, tuple(rng.sample(pair.wordings, len(pair.wordings)))) for pair in shipped
    ]
    rng.shuffle(mixed)
    assert wording_sides(mixed, share=0.1, stored={}) == sides


def test_a_share_of_0_trains_on_what_was_held_out_too() -> None:
    pair = CsvPair("cuanto cuesta", "S/ 10.", ("que precio tiene",))
    assert wording_sides([pair], share=0, stored={"que precio tiene": HELD_OUT}) == {
        "cuanto cuesta": TRAIN, "que precio tiene": TRAIN,
    }  # fmt: skip


@pytest.mark.parametrize("share", [0.01, 0.5])
def test_what_was_decided_stays_whatever_the_share(share: float) -> None:
    pair = CsvPair("cuanto cuesta", "S/ 10.", ("que precio tiene", "a como esta"))
    stored = {"que precio tiene": HELD_OUT, "a como esta": TRAIN}
    assert wording_sides([pair], share=share, stored=stored) == stored | {"cuanto cuesta": TRAIN}


def test_a_held_out_wording_is_trained_on_once_a_near_identical_one_is() -> None:
    stored = {"que precio tiene": HELD_OUT, "tiene que precio": TRAIN, "a como esta": HELD_OUT}
    pair = CsvPair("cuanto cuesta", "S/ 10.", ("que precio tiene", "tiene que precio", "a como esta"))
    sides = wording_sides([pair], share=0.1, stored=stored)
    assert (sides["que precio tiene"], sides["a como esta"]) == (TRAIN, HELD_OUT)


def test_a_held_out_wording_is_trained_on_once_it_is_its_pairs_only_one() -> None:
    assert wording_sides([CsvPair("a como esta", "S/ 10.")], share=0.5, stored={"a como esta": HELD_OUT}) == {
        "a como esta": TRAIN
    }


@settings(max_examples=60, deadline=None)
@given(st.lists(QUESTIONS, min_size=1, max_size=6), st.integers(1, 5), st.sampled_from([0.1, 0.5]))
def test_growth_never_holds_out_what_was_trained_on(
    questions: Sequence[Sequence[str]], first: int, share: float
) -> None:
    before = wording_sides(grouped(questions[:first]), share=share, stored={})
    pairs = grouped(questions)
    after = wording_sides(pairs, share=share, stored=before)
    assert all(after[text] == TRAIN for text, side in before.items() if side == TRAIN)
    assert all(after[pair.question] == TRAIN for pair in pairs)
    texts = list(after)
    assert all(after[texts[i]] == after[texts[j]] for i, j in near_identical(texts))
