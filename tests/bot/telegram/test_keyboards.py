"""Buttons keep Telegram's limits, and what they say can be read back with care."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telegram.keyboards import button, keyboard, number, parts, shortened
from bot.telegram.texts import units


def test_a_keyboard_as_the_bot_api_writes_it() -> None:
    assert keyboard([button("👍", "fb", "+", 45)], []) == {
        "inline_keyboard": [[{"text": "👍", "callback_data": "fb:+:45"}]]
    }
    assert keyboard() == {"inline_keyboard": []}
    assert parts("fb:+:45") == ["fb", "+", "45"]


@pytest.mark.parametrize("data", [("q", "a:b"), ("q" * 65,), ("ñ" * 33,)])
def test_data_that_could_not_be_read_back_is_refused(data: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="at most 64 bytes and no colon"):
        button("x", *data)


@pytest.mark.parametrize(
    ("part", "expected"),
    [("45", 45), ("0", 0), ("-1", None), ("", None), ("+", None), ("٤٥", None), ("9" * 19, None), ("1e3", None)],
)
def test_numbers(part: str, expected: int | None) -> None:
    assert number(part) == expected


def test_a_long_text_is_cut_at_a_word() -> None:
    assert shortened("¿Cuánto cuesta\nla matrícula?", 30) == "¿Cuánto cuesta la matrícula?"
    assert shortened("¿Cuánto cuesta la matrícula?", 20) == "¿Cuánto cuesta la…"
    assert shortened("matriculación", 6) == "matri…"


@given(st.text(min_size=1), st.integers(4, 40))
def test_it_never_is_longer_than_said(text: str, most: int) -> None:
    assert units(shortened(text, most)) <= most
