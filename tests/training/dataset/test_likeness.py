"""Near-identical is a matter of words and figures, and a growing CSV does not change it."""

from itertools import combinations

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from bot.settings import DATA
from storage.pairs_csv import read_csv
from storage.text import folded
from training.dataset.likeness import NEAR, near_identical

COST = "cuanto cuesta el curso de caja"


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        (COST, True),
        ("caja de curso el cuesta cuanto", True),
        ("cuanto cuesta el curso de la caja", True),
        ("cuanto dura el curso de caja", False),
        ("", False),
    ],
)
def test_texts_are_near_by_their_words_in_any_order(other: str, alike: bool) -> None:
    assert list(near_identical([COST, other])) == [(0, 1)] * alike


def test_another_figure_makes_another_text() -> None:
    texts = ["abren el sabado a las 7:30 en el local", "abren el sabado a las 7:00 en el local"]
    assert list(near_identical(texts)) == []


def test_no_texts_are_no_couples() -> None:
    assert list(near_identical([])) == []


def test_the_short_cut_finds_just_what_comparing_all_with_all_finds() -> None:
    rows = read_csv(DATA / "cenfobank.csv")
    texts = [folded(row.question) for row in rows if not any(map(str.isdigit, row.question))][:1200]
    texts += [f"{text} {text.split()[0]}" for text in texts[::20]]
    grams = normalize(CountVectorizer(analyzer="char_wb", ngram_range=(3, 5)).fit_transform(texts)).toarray()
    cosines = grams @ grams.T
    clear = np.abs(cosines - NEAR) > 1e-4
    wanted = {(i, j) for i, j in combinations(range(len(texts)), 2) if cosines[i, j] >= NEAR and clear[i, j]}
    assert len(wanted) > 30
    assert {(i, j) for i, j in near_identical(texts) if clear[i, j]} == wanted
