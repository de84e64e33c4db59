"""Call-backs: when staff approve an answer, everybody who asked for it gets it, once.

Part of the approval's transaction, whatever process approves: each call-back is logged as an answer to the question.
Telegram's is put into the outbox, with the source and the buttons that an answer has there; the web chat shows it at
the next visit.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, tzinfo

from bot.messages import Kind, Passage
from bot.privacy.redaction import redacted
from bot.profile import Texts
from bot.telegram.below import is_group, rated_rows, verified
from bot.telegram.keyboards import keyboard
from bot.telegram.sending import put_text
from bot.telegram.texts import StyledText, italic
from storage import conversations, reviews
from storage.conversations import CALL_BACK
from storage.database import Session
from storage.pairs import PairRecord
from storage.reviews import Asker
from storage.text import folded

_TELEGRAM = "telegram"
_QUOTED = 200
"""Characters of a question that are repeated to who asked it."""


@dataclass(frozen=True)
class CallBacks:
    """How those are told who asked."""

    text: str = Texts.callback
    """Holds ``{question}``, the student's own wording, and ``{answer}``."""
    institution: str = "el personal"
    """Who approved the answer, as students are told."""
    zone: tzinfo = UTC
    """Where the school is."""


def without_answer(session: Session, review_id: int, answer: str) -> list[Asker]:
    """Those who asked a review's question and were not told this very answer by a person since."""
    return [asker for asker in reviews.askers(session, review_id) if not _was_told(session, asker, answer)]


def call_back(session: Session, review_id: int, pair: PairRecord, how: CallBacks, *, now: datetime) -> None:
    """Tells all who asked a review's question and do not have its answer yet."""
    passage = Passage(pair.id, pair.question, pair.answer, 1.0, pair.question)
    for asker in without_answer(session, review_id, pair.answer):
        told = _filled(how.text, {"question": _quoted(asker.wording), "answer": pair.answer})
        answer_id = conversations.log_answer(
            session,
            asker.question_id,
            text=told,
            kind=Kind.ANSWER.value,
            verbatim=True,
            reason=CALL_BACK,
            model_base=None,
            model_adapter=None,
            passages=[asdict(passage)],
            milliseconds={},
            asked=asker.wording,
            now=now,
        )
        if asker.channel == _TELEGRAM:
            source = verified(how.institution, pair.approved_at.astimezone(how.zone).date())
            once = f"callback:{review_id}:{asker.conversation_id}"
            put_text(
                session,
                StyledText(f"{told}\n\n") + italic(source),
                channel=_TELEGRAM,
                chat_id=asker.chat_id,
                now=now,
                about=f"answer:{answer_id}",
                once=once,
                last={"reply_markup": keyboard(*rated_rows(answer_id, 0, private=not is_group(asker.chat_id)))},
            )


def _was_told(session: Session, asker: Asker, answer: str) -> bool:
    said = conversations.transcript(session, asker.conversation_id, after_id=asker.question_id)
    return any(folded(redacted(message.text)) == folded(answer) != "" for message in said if message.role == "staff")


def _filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its places filled; in one pass, since what a student wrote may look like a place."""
    return re.sub(r"\{(question|answer)\}", lambda place: values[place[1]], text)


def _quoted(question: str) -> str:
    line = " ".join(question.split())
    return line if len(line) <= _QUOTED else f"{line[: _QUOTED - 1].rstrip()}…"
