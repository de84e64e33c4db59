"""An answer as students see it: the text, where it comes from, and the buttons below it."""

from collections.abc import Sequence
from datetime import date, tzinfo

from bot.messages import Answer, Kind, Reply
from bot.telegram.below import GENERATED, person_row, rated_rows, verified
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
    return [person_row(reply.answer_id)] if private else []


def _source(session: Session, reply: Reply, answer: Answer, institution: str, zone: tzinfo) -> str:
    if reply.kind is not Kind.ANSWER:
        return ""
    return verified(institution, _approved(session, answer, zone)) if reply.verbatim else GENERATED


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
