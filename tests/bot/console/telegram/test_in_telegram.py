"""The staff's side against an emulated Telegram, with the real sender: an afternoon of two members and a student."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from bot.channels.telegram.client import bot_id, open_bot
from bot.channels.telegram.outbox import Sender
from bot.console.telegram.staff import TelegramStaff
from bot.messages import Passage
from bot.reviewing.desk import ReviewDesk
from bot.telegram.updates import parse, queue_of
from storage import conversations, inbox, staff
from storage.database import Database
from tests.telegram.bot_api import BotApi
from tests.telegram.chats import Chat
from tests.telegram.users import User
from tests.telegram.values import Message


class School:
    """The staff's side on an emulated Telegram; :meth:`takes_in` hands it what has happened there."""

    def __init__(self, api: BotApi, database: Database, side: TelegramStaff, desk: ReviewDesk) -> None:
        self.api, self.database, self.side, self.desk = api, database, side, desk
        self._taken = 0

    async def takes_in(self) -> list[bool]:
        """Whether each new update was for staff."""
        fresh = self.api.updates[self._taken :]
        self._taken += len(fresh)
        return [await self._handle(update) for update in fresh]

    async def _handle(self, update: dict[str, object]) -> bool:
        now, queue = datetime.now(UTC), queue_of(update)
        event = parse(update, "cenfobot", bot_id(self.api.token), now)
        with self.database.writing() as session:
            inbox.receive(
                session,
                channel="telegram",
                external_id=str(update["update_id"]),
                chat_id=queue,
                text="{}",
                received_at=now,
            )
            item = inbox.waiting(session, "telegram", queue)[-1]
        return await self.side.handle(event, item)

    async def links(self, user: User, role: str) -> None:
        with self.database.writing() as session:
            _, code = staff.add(session, user.first_name, role, datetime.now(UTC))
        user.sends(f"/vincular {code}")
        await self.takes_in()
        await said(user.chat, f"Listo, {user.first_name}")

    def asks(self, user: User, question: str) -> int:
        now = datetime.now(UTC)
        with self.database.writing() as session:
            talk = conversations.open_conversation(session, "telegram", str(user.id), now=now)
            message = conversations.log_question(session, talk, question, now=now)
            self.desk.report(session, question=question, draft="", reason="unknown", message_id=message, now=now)
        return talk


async def said(chat: Chat, text: str | Callable[[Message], bool]) -> Message:
    return await asyncio.to_thread(partial(chat.wait_for, text))


@pytest.fixture
async def school(database: Database) -> AsyncIterator[School]:
    with BotApi(time_scale=60, rates=False) as api:
        async with open_bot(api.token, api.url) as bot, Sender(bot, database, poll_seconds=0.05) as sender:
            desk = ReviewDesk(database)
            near = [Passage(1, "¿Cuánto cuesta?", "S/ 100.", 0.3)]
            side = TelegramStaff(
                database,
                desk,
                nearest=lambda question: near,
                model=lambda: "tiny-llama",
                recipe="tiny",
                zone=ZoneInfo("America/Lima"),
                wake=sender.wake,
                poll_seconds=0.05,
            )
            watching = asyncio.create_task(side.watch())
            yield School(api, database, side, desk)
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
        assert api.violations == []


async def test_an_afternoon(school: School) -> None:
    api = school.api
    rosa, luis, eva = api.user("Rosa"), api.user("Luis"), api.user("Eva")
    eva.sends("hola")
    office = api.group("Personal", rosa, luis, eva)
    await school.links(rosa, "admin")
    await school.links(luis, "reviewer")
    rosa.sends("/personal", chat=office)
    await school.takes_in()
    await said(office, "este es el chat del personal")

    school.asks(eva, "¿Hay becas?")
    card = await said(office, "¿Hay becas?")
    eva.presses(card, "🚫 Rechazar")
    luis.presses(card, "✏️ Editar")
    assert await school.takes_in() == [True, True]
    await said(office, "Luis: responde a la tarjeta")
    luis.sends("Sí, hay becas del 50 %.", chat=office, reply_to=card)
    await school.takes_in()
    await said(eva.chat, "Sí, hay becas del 50 %.")
    await said(office, "aprobada por Luis")
    await said(office, lambda message: message.message_id == card.message_id and "✅ Aprobada" in message.text)
    shown = office.find(card.message_id)
    assert shown
    assert shown.buttons == []

    talk = school.asks(eva, "¿Puedo pagar en dos partes?")
    with school.database.writing() as session:
        question = "¿Puedo pagar en dos partes?"
        assert school.side.people.ask(
            session, conversation_id=talk, name="Eva", question=question, now=datetime.now(UTC)
        )
    asked = await said(office, "quiere hablar con una persona")
    rosa.sends("Sí, en dos partes iguales.", chat=office, reply_to=asked)
    await school.takes_in()
    await said(eva.chat, "Rosa: Sí, en dos partes iguales.")
    rosa.presses(asked, "Cerrar")
    await school.takes_in()
    await said(eva.chat, "Rosa cerró la conversación")
    await said(office, "Queda propuesta")
    proposed = await said(office, lambda message: "Borrador" in message.text)
    other = school.asks(eva, "¿Aceptan cuotas?")
    assert other == talk
    luis.presses(proposed, "🔀 Fusionar")
    await school.takes_in()
    await said(office, "¿Con cuál es una sola")

    rosa.sends("/pendientes", chat=office)
    luis.sends("/estado")
    rosa.sends("/reentrenar", chat=office)
    assert all(await school.takes_in())
    await said(office, "Por revisar: 2")
    await said(luis.chat, "Modelo en servicio: tiny-llama")
    await said(office, "Reentrenamiento 1")
