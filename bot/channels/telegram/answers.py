"""An answer as students see it: the text, where it comes from, and the buttons below it."""

from collections.abc import Sequence
from datetime import date, tzinfo

from bot.channels.telegram import wording
from bot.messages import Answer, Kind, Reply
from bot.telegram.keyboards import Button, button
from bot.telegram.texts import StyledText, italic
from storage import pairs
from storage.database import Session
from storage.errors import UnknownId

_RATED = (Kind.ANSWER, Kind.UNKNOWN, Kind.OUT_OF_SCOPE)


def written(
    session: Session, reply: Reply, answer: Answer, *, institution: str, zone: tzinfo, lead: StyledText | str = ""
) -> StyledText:
    """The answer's text behind ``lead``, with the line that says where it comes from."""
    text = StyledText(lead) if isinstance(lead, str) else lead
    text = text + ("\n\n" if text.text else "") + reply.text
    source = _source(session, reply, answer, institution, zone)
    return text + "\n\n" + italic(source) if source else text


def rows(reply: Reply, *, private: bool) -> list[Sequence[Button]]:
    """The buttons below an answer."""
    if reply.answer_id is None or reply.kind is Kind.SMALL_TALK:
        return []
    if reply.kind in _RATED:
        offered = [[button(passage.title, "p", passage.pair_id)] for passage in reply.suggestions]
        return [*offered, *rated_rows(reply.answer_id, 0, private=private)]
    return [_person(reply.answer_id)] if private else []


def rated_rows(answer_id: int, given: int, *, private: bool) -> list[Sequence[Button]]:
    """The buttons of an answer that got this feedback (-1, 0 or 1). The one that was chosen takes it back."""
    good = _choice(wording.GOOD, "+", given == 1, answer_id)
    bad = _choice(wording.BAD, "-", given == -1, answer_id)
    return [[good, bad], *([_person(answer_id)] if private else [])]


def _choice(face: str, sign: str, chosen: bool, answer_id: int) -> Button:
    return button(face + wording.CHOSEN if chosen else face, "fb", "0" if chosen else sign, answer_id)


def _person(answer_id: int) -> Sequence[Button]:
    return [button(wording.PERSON, "hand", answer_id)]


def _source(session: Session, reply: Reply, answer: Answer, institution: str, zone: tzinfo) -> str:
    if reply.kind is not Kind.ANSWER:
        return ""
    if not reply.verbatim:
        return wording.GENERATED
    if day := _approved(session, answer, zone):
        return wording.VERIFIED.format(name=institution, date=f"{day:%d/%m/%Y}")
    return wording.VERIFIED_SOMETIME.format(name=institution)


def _approved(session: Session, answer: Answer, zone: tzinfo) -> date | None:
    """When what is said was approved; the latest day of several."""
    days = []
    for passage in answer.passages:
        if passage.answer in answer.text:
            try:
                days.append(pairs.get_pair(session, passage.pair_id).approved_at.astimezone(zone).date())
            except UnknownId:
                continue
    return max(days, default=None)
