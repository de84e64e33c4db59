"""Small talk is known in Peru's ways of saying it, and a question beside it stays a question."""

from pathlib import Path

import pytest

from bot.answering.small_talk import AGAIN, KINDS, SmallTalk, shipped, small_talk
from bot.errors import DataError
from bot.profile import load_profile

TEXTS = load_profile(Path(__file__).resolve().parents[3] / "data" / "profile.toml").texts


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("wenas", "greeting"),
        ("Buenas buenas!!", "greeting"),
        ("habla causa", "greeting"),
        ("Allillanchu wayqey", "greeting"),
        ("rimaykullayki 🙏", "greeting"),
        ("hola, q tal?", "how_are_you"),
        ("Solpayki, yusulpayki", "thanks"),
        ("ya muchas graciasss", "thanks"),
        ("gracias, chau", "goodbye"),
        ("tupananchiskama", "goodbye"),
        ("eres un bot o una persona real?", None),
        ("sos un bot?", "identity"),
        ("hola una consulta", "capabilities"),
        ("/start", "greeting"),
        ("hola, borra mis datos por favor", "privacy"),
        ("jajajaj", "acknowledged"),
        ("ok ya", "acknowledged"),
        ("mi hija", None),
        ("cuanto vale", None),
        ("hola y el horario", None),
        ("no entendí", AGAIN),
    ],
)
def test_a_message_is_of_a_kind_only_when_nothing_else_is_in_it(text: str, kind: str | None) -> None:
    assert shipped().kind(text) == kind


def test_each_kind_has_a_reply_in_the_profile() -> None:
    assert all(getattr(TEXTS, kind) for kind in KINDS)


def test_laughter_is_acknowledged_and_asking_again_is_no_small_talk() -> None:
    assert small_talk("jaja", TEXTS) == TEXTS.acknowledged
    assert small_talk("más info", TEXTS) is None


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("hola buenas tardes amiga cuanto cuesta", "cuanto cuesta"),
        ("¡Hola! ¿Dónde quedan?", "¿Dónde quedan?"),
        ("hola y la matricula?", "y la matricula?"),
        ("amigo de mi hermano", "amigo de mi hermano"),
        ("hola", "hola"),
    ],
)
def test_a_question_loses_the_greeting_that_it_opens_with(text: str, rest: str) -> None:
    assert shipped().without_greeting(text) == rest


def test_refuses_a_kind_that_has_no_reply(tmp_path: Path) -> None:
    path = tmp_path / "small_talk.csv"
    path.write_text("kind;phrase\nsaludo;hola\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"line 2: the kind is one of privacy, goodbye, .*; found 'saludo;hola'"):
        SmallTalk.read(path)
