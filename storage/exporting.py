"""All that one chat holds, for the student who asks for it: one list, oldest first."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import conversations
from storage.models import Handoff, Outbox, Pair, Quiz


def exported(session: Session, channel: str, chat_id: str) -> list[dict[str, Any]]:
    """What a chat holds, each entry with ``at`` (ISO 8601), ``role`` and ``text``.

    ``role`` is student, bot or staff for messages, else handoff, practice or sending (what waits to be sent).
    """
    conversation = conversations.find_conversation(session, channel, chat_id)
    entries = list(_sending(session, channel, chat_id))
    if conversation is not None:
        entries += _messages(session, conversation)
        entries += _handoffs(session, conversation)
        entries += _practice(session, conversation)
    return sorted(entries, key=lambda entry: str(entry["at"]))


def _messages(session: Session, conversation: int) -> Iterator[dict[str, Any]]:
    for said in conversations.transcript(session, conversation, limit=10**9):
        yield {"at": said.created_at.isoformat(), "role": said.role, "text": said.text, "feedback": said.feedback}


def _handoffs(session: Session, conversation: int) -> Iterator[dict[str, Any]]:
    for handoff in session.scalars(select(Handoff).where(Handoff.conversation_id == conversation)):
        yield {
            "at": handoff.opened_at.isoformat(),
            "role": "handoff",
            "text": handoff.question,
            "reason": handoff.reason,
            "closed_at": handoff.closed_at and handoff.closed_at.isoformat(),
        }


def _practice(session: Session, conversation: int) -> Iterator[dict[str, Any]]:
    asked = select(Quiz, Pair.question).join(Pair, Pair.id == Quiz.pair_id).where(Quiz.conversation_id == conversation)
    for quiz, question in session.execute(asked):
        right = None if quiz.answered_at is None else quiz.chosen == quiz.correct
        yield {"at": quiz.asked_at.isoformat(), "role": "practice", "text": question, "right": right}


def _sending(session: Session, channel: str, chat_id: str) -> Iterator[dict[str, Any]]:
    unfinished = Outbox.status.in_(("pending", "sending"))
    waiting = select(Outbox).where(Outbox.channel == channel, Outbox.chat_id == chat_id, unfinished)
    for item in session.scalars(waiting):
        yield {"at": item.created_at.isoformat(), "role": "sending", "text": str(item.payload.get("text", ""))}
