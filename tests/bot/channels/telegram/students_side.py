"""A bot on the emulated Telegram as students meet it: all of it real but the answerer and the staff."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import func, select
from telegram import Bot

from bot.answering.answerer import Answerer
from bot.answering.dialogue import Dialogue
from bot.answering.grounded import Preview
from bot.answering.understanding import EarlierTurn
from bot.channels.inbox import Inbox
from bot.channels.telegram.client import bot_id
from bot.channels.telegram.cosmetics import Cosmetics
from bot.channels.telegram.floods import Floods
from bot.channels.telegram.gestures import Gestures
from bot.channels.telegram.outbox import Sender
from bot.channels.telegram.progress import Growing
from bot.channels.telegram.receiving import Polling, incoming
from bot.channels.telegram.students import Students
from bot.messages import Answer, Kind, Passage
from bot.profile import Profile, load_profile
from bot.reviewing.desk import ReviewDesk
from storage import conversations, handoffs, pairs
from storage.database import Database, Session
from storage.models import Inbox as InboxRow
from storage.models import Outbox
from tests.telegram.bot_api import BotApi
from tests.telegram.chats import Chat
from tests.telegram.users import User
from tests.telegram.values import Message

PROFILE = load_profile(Path(__file__).parents[4] / "data" / "profile.toml")
APPROVED = datetime(2026, 3, 2, 3, tzinfo=UTC)
"""The evening of the day before, in Lima."""
KNOWN = {
    "¿Cuánto cuesta la matrícula?": "La matrícula cuesta S/ 100.",
    "¿Cuándo vence la matrícula?": "La matrícula vence el 15 de marzo.",
    "¿Dónde pago la matrícula?": "La matrícula se paga en caja.",
    "¿Qué horario tiene el taller de Excel?": "El taller de Excel es de 7 a 9 p. m.",
    "¿Cuánto dura el taller de Excel?": "El taller de Excel dura un mes.",
    "¿Cuánto cuesta el taller de Excel?": "El taller de Excel cuesta S/ 80.",
    "¿Qué es la TCEA?": "La TCEA es el costo anual de un crédito.",
}


class Answers:
    """An answerer: what is approved it gives verbatim, "inventa" is the model's own, and what it does not know it says.
    To "más o menos" it offers the first approved question.

    It waits while ``open`` is not set, and fails as often as ``failures`` says. ``asked`` holds what it was asked.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.asked: list[str] = []
        self.open = asyncio.Event()
        self.open.set()
        self.failures = 0

    async def answer(self, text: str, turns: Sequence[EarlierTurn] = (), preview: Preview | None = None) -> Answer:
        self.asked.append(text)
        if preview:
            await preview("Déjame ver.")
        await self.open.wait()
        if self.failures:
            self.failures -= 1
            raise RuntimeError("out of order")
        unknown = Answer(text, Kind.UNKNOWN, PROFILE.texts.unknown, (), None, False, {}, "unknown", text)
        if "hola" in text.lower():
            return replace(unknown, kind=Kind.SMALL_TALK, text=PROFILE.texts.greeting)
        with self._database.reading() as session:
            pair = pairs.find_by_wording(session, text)
        if pair:
            source = (Passage(pair.id, pair.question, pair.answer, 1.0),)
            return replace(unknown, kind=Kind.ANSWER, text=pair.answer, verbatim=True, passages=source)
        if "inventa" in text:
            return replace(unknown, kind=Kind.ANSWER, text=f"Se inventa: {text}.")
        if "más o menos" in text:
            return replace(unknown, passages=self._first())
        return unknown

    def _first(self) -> tuple[Passage, ...]:
        with self._database.reading() as session:
            pair = pairs.list_pairs(session)[0]
        return (Passage(pair.id, pair.question, pair.answer, 0.5, pair.question),)


class Staff:
    """Staff who are there or not, and write down what they are told."""

    def __init__(self) -> None:
        self.there = True
        self.heard: list[str] = []

    def ask(self, session: Session, *, conversation_id: int, name: str, question: str, now: datetime) -> bool:
        if self.there:
            handoffs.open_handoff(session, conversation_id, "asked", question, now)
            self.heard.append(f"{name}: {question}")
        return self.there

    def tell(self, session: Session, *, conversation_id: int, text: str, now: datetime) -> bool:
        self.heard.append(text)
        return handoffs.open_of(session, conversation_id) is not None

    def leave(self, session: Session, *, conversation_id: int, now: datetime) -> bool:
        handoff = handoffs.open_of(session, conversation_id)
        self.heard.append("adiós")
        return handoff is not None and handoffs.close(session, handoff.id, "student", now)

    def forget(self, session: Session, *, conversation_id: int, now: datetime) -> None:
        if handoffs.open_of(session, conversation_id):
            self.heard.append("borrado")


@dataclass
class Service:
    """The running bot, from outside."""

    api: BotApi
    database: Database
    answers: Answers
    staff: Staff
    desk: ReviewDesk

    async def hears(self, chat: Chat, what: str | Callable[[Message], bool], after: Message | None = None) -> Message:
        """The bot's first message, behind ``after``, that has the text in it or fits."""
        return await asyncio.to_thread(chat.wait_for, what, 5, after)

    async def quiet(self) -> None:
        """Returns once nothing waits to be handled or sent."""
        for _ in range(500):
            await asyncio.sleep(0.02)
            if not self._busy():
                return
        raise AssertionError("something still waits after ten seconds")

    def _busy(self) -> bool:
        with self.database.reading() as session:
            inbox = select(func.count()).select_from(InboxRow).where(InboxRow.status.in_(("pending", "handling")))
            outbox = select(func.count()).select_from(Outbox).where(Outbox.status.in_(("pending", "sending")))
            return bool(self.api.pending or session.scalars(inbox).one() or session.scalars(outbox).one())


def logged(service: Service, user: User) -> list[str]:
    with service.database.reading() as session:
        conversation = conversations.find_conversation(session, "telegram", str(user.id))
        return [said.text for said in conversations.transcript(session, conversation)] if conversation else []


def approve(database: Database, known: Mapping[str, str] = KNOWN) -> None:
    """Makes these questions and answers approved pairs."""
    with database.writing() as session:
        for question, answer in known.items():
            pairs.add_pair(session, question=question, answer=answer, origin="csv", by="Rosa", now=APPROVED)


def nearest(database: Database) -> Any:
    """A retriever for which all pairs are alike."""

    def all_pairs(question: str, limit: int) -> list[Passage]:
        with database.reading() as session:
            known = pairs.list_pairs(session)
        return [Passage(pair.id, pair.question, pair.answer, 0.5) for pair in known][:limit]

    return all_pairs


@asynccontextmanager
async def serving(
    api: BotApi,
    bot: Bot,
    database: Database,
    *,
    burst: float = 0,
    patience: float = 60,
    messages_per_minute: int = 100,
    profile: Profile = PROFILE,
    growing: Growing | None = None,
) -> AsyncIterator[Service]:
    """The bot, from polling to sending."""
    me, floods, answers, staff = bot_id(api.token), Floods(), Answers(database), Staff()
    desk = ReviewDesk(database)
    dialogue = Dialogue(database, cast(Answerer, answers), desk, profile.texts.pause)
    gestures = Gestures(bot, Cosmetics(floods))
    sender: Sender
    students = Students(
        database,
        dialogue,
        reviews=desk,
        people=staff,
        cosmetics=gestures,
        nearest=nearest(database),
        wake=lambda: sender.wake(),
        profile=profile,
        bot_username="cenfobot",
        bot_id=me,
        timezone="America/Lima",
        messages_per_minute=messages_per_minute,
        retention_days=365,
        burst_seconds=burst,
        longest_burst_seconds=burst * 5,
        patience_seconds=patience,
        growing=growing,
    )
    inbox = Inbox(database, students.handle, last_word=students.apologise, poll_seconds=0.05, retry_seconds=0.01)

    async def store(update: Mapping[str, Any]) -> None:
        if query := update.get("callback_query"):
            await gestures.press_heard(query["id"])
        await inbox.receive(incoming(update, me, datetime.now(UTC)))

    sender = Sender(bot, database, floods=floods, on_sent=students.sent, poll_seconds=0.05)
    async with sender, inbox, students, Polling(bot, store, poll_seconds=1):
        yield Service(api, database, answers, staff, desk)
    assert api.violations == []
