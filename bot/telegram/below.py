"""What stands below an answer in Telegram, whoever sends it: where it comes from, and buttons to rate it."""

from collections.abc import Sequence
from datetime import date

from bot.telegram.keyboards import Button, button

VERIFIED = "Respuesta verificada por {name}"
GENERATED = "Respuesta generada a partir de información verificada"
GOOD, BAD, CHOSEN = "👍", "👎", " ✓"
PERSON = "Hablar con una persona"


def verified(institution: str, day: date | None) -> str:
    """Who approved an answer, and when, if that is known."""
    return VERIFIED.format(name=institution) + (f" · {day:%d/%m/%Y}" if day else "")


def rated_rows(answer_id: int, given: int, *, private: bool) -> list[Sequence[Button]]:
    """The buttons of an answer that got this feedback (-1, 0 or 1). The one that was chosen takes it back."""
    good = _choice(GOOD, "+", given == 1, answer_id)
    bad = _choice(BAD, "-", given == -1, answer_id)
    return [[good, bad], *([person_row(answer_id)] if private else [])]


def person_row(answer_id: int) -> Sequence[Button]:
    """The button that asks for a person."""
    return [button(PERSON, "hand", answer_id)]


def is_group(chat_id: str) -> bool:
    """Whether it is a group's id; a private chat has its user's."""
    return chat_id.startswith("-")


def _choice(face: str, sign: str, chosen: bool, answer_id: int) -> Button:
    return button(face + CHOSEN if chosen else face, "fb", "0" if chosen else sign, answer_id)
