"""Misspelt words and diminutives become words of the knowledge; others stay what they are."""

import pytest

from bot.retrieval.spelling import Spelling

SPELLING = Spelling(["cursos de cajero", "cuántas lucas", "un rato", "lápiz", "¿Qué es la liquidez?", "matrícula"] * 4)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("cursitos", "cursos"),
        ("luquitas", "lucas"),
        ("ratito", "rato"),
        ("lapicito", "lapiz"),
        ("kajero", "cajero"),
        ("likidez", "liquidez"),
        ("matriclua", "matricula"),
        ("kiero", "quiero"),
    ],
)
def test_a_word_is_mended_towards_one_of_the_knowledge(typed: str, meant: str) -> None:
    assert SPELLING.mended(typed) == meant


@pytest.mark.parametrize("text", ["bonito", "Senati", "cajero", "xyz 12"])
def test_a_word_that_is_like_none_stays(text: str) -> None:
    assert SPELLING.mended(text) == text


def test_a_mistake_in_one_wording_is_no_word_of_the_knowledge() -> None:
    assert Spelling(["¿Qué es la liquidez?"] * 4 + ["q es la likidez"]).mended("likidez") == "liquidez"


def test_a_common_word_is_left_alone() -> None:
    assert Spelling(["casa"] * 4, is_common=lambda word: word == "caza").mended("caza") == "caza"
