"""What staff see as today's figures."""

from datetime import datetime, timedelta

from storage import chat_states, conversations, handoffs, inbox, outbox, reviews
from storage.conversations import CALL_BACK
from storage.database import Database, Session
from storage.figures import Figures, figures_since


def exchange(session: Session, kind: str, feedback: int, now: datetime, reason: str = "") -> int:
    talk = conversations.open_conversation(session, "telegram", "ana", now=now)
    question = conversations.log_question(session, talk, "¿Hay becas?", now=now)
    answer = conversations.log_answer(
        session,
        question,
        text="Sí.",
        kind=kind,
        verbatim=True,
        reason=reason,
        model_base=None,
        model_adapter=None,
        passages=[],
        milliseconds={},
        now=now,
    )
    conversations.set_feedback(session, talk, answer, feedback)
    return talk


def test_figures_count_what_happened_since_and_what_waits_now(database: Database, now: datetime) -> None:
    yesterday = now - timedelta(days=1)
    with database.writing() as session:
        for kind, feedback, at in (
            ("answer", 1, yesterday),
            ("answer", 1, now),
            ("answer", -1, now),
            ("unknown", -1, now),
            ("small_talk", 0, now),
        ):
            talk = exchange(session, kind, feedback, at)
        exchange(session, "answer", 0, now, reason=CALL_BACK)
        handoffs.open_handoff(session, talk, "asked", "¿Hay becas?", yesterday)
        for question in ("¿Hay becas?", "¿Tienen estacionamiento?"):
            reviews.open_review(session, question=question, draft="", reason="", message_id=None, now=yesterday)
        for number in range(3):
            message = {"channel": "telegram", "external_id": str(number), "chat_id": "ana", "text": "hola"}
            inbox.receive(session, **message, received_at=now)
        item = inbox.claim(session, now=now, lease_seconds=9)
        assert item
        inbox.park(session, item.id, reason="fault", now=now)
        for chat in ("ana", "luis"):
            outbox.put(session, channel="telegram", chat_id=chat, method="sendMessage", payload={}, now=now)
        chat_states.mark_unreachable(session, "telegram", "luis", "blocked", now)
    with database.reading() as session:
        assert figures_since(session, now) == Figures(
            questions=5,
            answered=2,
            called_back=1,
            unknown=1,
            good=1,
            bad=2,
            reviews=2,
            handoffs=1,
            inbox=2,
            outbox=1,
            held=1,
            parked=1,
        )
