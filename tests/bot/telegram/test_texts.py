"""Long texts are cut where a reader would cut them, and counted as Telegram counts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telegram.texts import Style, StyledText, bold, italic, split, split_styled, units


@pytest.mark.parametrize(("text", "length"), [("", 0), ("año", 3), ("🙂", 2), ("👩‍🎓", 5), ("n\u0303", 2)])
def test_counts_utf_16_units(text: str, length: int) -> None:
    assert units(text) == length


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        (" \n ", []),
        ("Hola.", ["Hola."]),
        ("Uno dos.\n\nTres cuatro. Cinco.", ["Uno dos.", "Tres cuatro. Cinco."]),
        ("Uno dos tres.\nCuatro cinco. Seis", ["Uno dos tres.", "Cuatro cinco. Seis"]),
        ("Uno dos. ¿Tres? Cuatro cinco seis", ["Uno dos. ¿Tres?", "Cuatro cinco seis"]),
        ("Uno dos tres cuatro cinco", ["Uno dos tres cuatro", "cinco"]),
        ("A.\n\nUno dos tres cuatro cinco", ["A.\n\nUno dos tres", "cuatro cinco"]),
        ("x" * 45, ["x" * 20, "x" * 20, "x" * 5]),
        ("x" * 20 + " y", ["x" * 20, "y"]),
        ("🙂" * 11, ["🙂" * 10, "🙂"]),
        ("x" + "🙂" * 10, ["x" + "🙂" * 9, "🙂"]),
        ("x" * 18 + "👩‍🎓", ["x" * 18, "👩‍🎓"]),
        ("x" * 19 + "n\u0303a", ["x" * 19, "n\u0303a"]),
        ("x" * 18 + "👍🏽", ["x" * 18, "👍🏽"]),
        ("x" * 14 + "🇵🇪🇵🇪", ["x" * 14 + "🇵🇪", "🇵🇪"]),
        ("n" + "\u0303" * 25, ["n" + "\u0303" * 19, "\u0303" * 6]),
    ],
)
def test_cuts_at_paragraphs_then_lines_then_sentences_then_words(text: str, pieces: list[str]) -> None:
    assert split(text, 20) == pieces


@given(st.text(st.sampled_from("aé .?\n🙂👩\u200d🎓\u0303🇵🏽"), max_size=120), st.integers(2, 30))
def test_no_piece_is_too_long_or_blank_and_nothing_but_space_is_lost(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(0 < units(piece) <= limit and piece == piece.strip() for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_styles_follow_their_text() -> None:
    text = "🙂 " + bold("Matrícula") + ": S/ 50\n" + italic("hasta el 🗓") + bold("")
    assert text.text == "🙂 Matrícula: S/ 50\nhasta el 🗓"
    assert text.payload()["entities"] == [
        {"type": "bold", "offset": 3, "length": 9},
        {"type": "italic", "offset": 20, "length": 11},
    ]
    assert StyledText("hola").payload() == {"text": "hola"}


def test_a_style_over_a_cut_goes_on_in_the_next_piece() -> None:
    first, second = split_styled("Uno: " + bold("dos tres cuatro cinco.") + " Seis.", 20)
    assert first == StyledText("Uno: dos tres cuatro", (Style("bold", 5, 15),))
    assert second == StyledText("cinco. Seis.", (Style("bold", 0, 6),))


def test_a_very_long_text_is_cut_quickly() -> None:
    assert len(split("palabra " * 50_000)) == 98
