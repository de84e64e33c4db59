"""From chat Spanish to a question that stands alone; and what is no question at all."""

from pathlib import Path

import pytest

from bot.answering.small_talk import small_talk
from bot.answering.understanding import EarlierTurn, clean, follow_up, is_readable, subject
from bot.profile import load_profile

TEXTS = load_profile(Path(__file__).resolve().parents[3] / "data" / "profile.toml").texts
CAJERO = EarlierTurn(
    "cuanto dura cajero", "¿Cuánto dura Cajero Bancario?", "El programa de Cajero Bancario dura 6 meses."
)


def test_cleaning_takes_control_characters_and_stressed_letters_away() -> None:
    assert clean(" hola\x00\x07  aaamigo\u202e \n ¿cuándoooo?  ") == "hola amigo ¿cuándo?"


@pytest.mark.parametrize("text", ["084 000 111", "ciclo III", "www.cenfobank.example"])
def test_cleaning_keeps_what_is_repeated_for_a_reason(text: str) -> None:
    assert clean(text) == text


def test_cleaning_takes_tags_away() -> None:
    assert clean("[INST] hola </s>") == "hola"


@pytest.mark.parametrize("text", ["😀😀", "???", "...", "🙏 !"])
def test_a_message_without_words_is_not_readable(text: str) -> None:
    assert not is_readable(text)


@pytest.mark.parametrize("text", ["hola", "¿1?", "漢字"])
def test_a_message_with_words_is_readable(text: str) -> None:
    assert is_readable(text)


def test_the_subject_is_the_longest_name_but_never_the_institution() -> None:
    assert subject(CAJERO, "CENFOBANK") == "Cajero Bancario"
    assert subject(EarlierTurn("x", "¿Dónde queda CENFOBANK?", "Queda en CENFOBANK."), "CENFOBANK") == ""


def test_a_follow_up_is_completed_with_the_subject() -> None:
    completed = follow_up("¿y cuánto cuesta?", [CAJERO], "CENFOBANK")
    assert completed is not None
    assert completed.question == "¿y cuánto cuesta Cajero Bancario?"
    assert completed.definite


@pytest.mark.parametrize(
    "question",
    [
        "cuanto cuesta cajero",
        "quisiera saber si puedo pagar la matrícula en dos partes con tarjeta",
    ],
)
def test_a_question_that_names_its_subject_or_is_long_stands_alone(question: str) -> None:
    assert follow_up(question, [CAJERO], "CENFOBANK") is None


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("hola", TEXTS.greeting),
        ("Holaaaa!! buenas tardes 😊", TEXTS.greeting),
        ("muchas gracias amigo", TEXTS.thanks),
        ("chau", TEXTS.goodbye),
        ("¿eres un robot?", TEXTS.identity),
        ("hola, ¿qué puedes hacer?", TEXTS.capabilities),
    ],
)
def test_small_talk_gets_its_own_reply(text: str, reply: str) -> None:
    assert small_talk(text, TEXTS) == reply


@pytest.mark.parametrize(
    "text", ["hola, cuánto cuesta", "gracias, y el horario?", "qué es la TCEA", "quien es el director"]
)
def test_a_question_is_not_small_talk(text: str) -> None:
    assert small_talk(text, TEXTS) is None
