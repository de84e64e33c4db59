"""Call-backs: when staff approve an answer, everybody who asked for it gets it, once.

Part of the approval's transaction, whatever process approves: each call-back is logged as an answer to the question,
and put into the outbox of the channels that reach somebody who is not looking. The web chat shows it at the next visit.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from bot.messages import Kind, Passage
from bot.telegram.texts import split
from storage import conversations, outbox, reviews
from storage.database import Session
from storage.pairs import PairRecord

REASON = "call-back"
"""Of the answer as it is logged."""
PUSHED = frozenset({"telegram", "whatsapp"})
"""Channels whose messages reach people by themselves."""
_QUOTED = 200
"""Characters of a question that are repeated to who asked it."""


def call_back(session: Session, review_id: int, pair: PairRecord, *, text: str, now: datetime) -> int:
    """Tells all who asked a review's question; returns how many conversations those are.

    ``text`` holds ``{question}``, the student's own wording, and ``{answer}``.
    """
    asked_by = reviews.askers(session, review_id)
    source = Passage(pair.id, pair.question, pair.answer, 1.0, pair.question)
    for asker in asked_by:
        told = _filled(text, {"question": _quoted(asker.wording), "answer": pair.answer})
        answer_id = conversations.log_answer(
            session,
            asker.question_id,
            text=told,
            kind=Kind.ANSWER.value,
            verbatim=True,
            reason=REASON,
            model_base=None,
            model_adapter=None,
            passages=[asdict(source)],
            milliseconds={},
            asked=asker.wording,
            now=now,
        )
        if asker.channel in PUSHED:
            for number, piece in enumerate(split(told)):
                outbox.put(
                    session,
                    channel=asker.channel,
                    chat_id=asker.chat_id,
                    method="sendMessage",
                    payload={"text": piece},
                    about=f"answer:{answer_id}",
                    once=f"callback:{review_id}:{asker.conversation_id}" + (f":{number}" if number else ""),
                    now=now,
                )
    return len(asked_by)


def _filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its places filled; in one pass, since what a student wrote may look like a place."""
    return re.sub(r"\{(question|answer)\}", lambda place: values[place[1]], text)


def _quoted(question: str) -> str:
    line = " ".join(question.split())
    return line if len(line) <= _QUOTED else f"{line[: _QUOTED - 1].rstrip()}…"
