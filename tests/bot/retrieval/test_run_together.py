"""Words typed without spaces are taken apart, other strange words are left alone."""

import pytest

from bot.retrieval.run_together import RunTogether

KNOWN = RunTogether(
    [
        "¿Cuánto cuesta el taller de barismo?", "cuanto cuesta barismo", "¿Dónde queda el taller?", "donde queda",
        "y que horario tiene barismo", "que horario tiene el taller",
    ]
)  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("cuantocuestabarismo", "cuanto cuesta barismo"),
        ("¿dóndequedaeltaller?", "donde queda el taller"),
        ("quehorariotiene barismo", "que horario tiene barismo"),
    ],
)
def test_words_run_together_are_taken_apart(typed: str, read: str) -> None:
    assert KNOWN.apart(typed) == read


@pytest.mark.parametrize(
    "text", ["barismo", "barismooo cuesta", "cappuccinos", "barismod", "donde@queda.pe", "¿Dónde queda?", ""]
)
def test_what_is_not_several_known_words_stays(text: str) -> None:
    assert KNOWN.apart(text) == text


def test_a_word_of_a_thousand_letters_is_left_alone() -> None:
    assert KNOWN.apart("cuanto" * 200) == "cuanto" * 200
    assert KNOWN.apart("cuanto" * 16) == " ".join(["cuanto"] * 16)
