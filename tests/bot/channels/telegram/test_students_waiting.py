"""Whoever writes in bursts, or waits long, in Telegram: one turn, a place in the queue, and a way out."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from telegram import Bot

from bot.channels.telegram import wording
from bot.channels.telegram.waiting import Waiting
from bot.telegram.updates import read
from storage import inbox, outbox
from storage.database import Database, Session
from storage.inbox import InboxItem
from tests.bot.channels.telegram.conftest import started
from tests.bot.channels.telegram.outbox_side import until
from tests.bot.channels.telegram.students_side import PROFILE, approve, serving
from tests.telegram.bot_api import BotApi

PRICE = "¿Cuánto cuesta la matrícula?"


class TestWaiting:
    async def test_a_burst_is_one_question(self, api: BotApi, bot: Bot, database: Database) -> None:
        async with serving(api, bot, database, burst=0.8) as service:
            ana = api.user("Ana")
            for text in ("oye", "inventa", "algo"):
                ana.sends(text)
                await asyncio.sleep(0.1)
            await service.hears(ana.chat, "Se inventa")
            assert service.answers.asked == ["oye\ninventa\nalgo"]

    async def test_what_came_in_while_another_question_was_answered_stays_a_question_each(
        self, api: BotApi, bot: Bot, database: Database
    ) -> None:
        async with serving(api, bot, database, burst=0.1) as service:
            ana = api.user("Ana")
            service.answers.open.clear()
            for text in ("inventa uno", "inventa dos", "inventa tres"):
                ana.sends(text)
                await asyncio.sleep(0.3)
            service.answers.open.set()
            await service.hears(ana.chat, "tres")
            assert service.answers.asked == ["inventa uno", "inventa dos", "inventa tres"]

    async def test_a_command_ends_a_burst_and_comes_after_it(self, api: BotApi, bot: Bot, database: Database) -> None:
        async with serving(api, bot, database, burst=0.3) as service:
            ana = api.user("Ana")
            for text in ("inventa uno", "/ayuda", "inventa dos"):
                ana.sends(text)
            await service.hears(ana.chat, "dos")
            assert service.answers.asked == ["inventa uno", "inventa dos"]
            assert "/temas" in ana.chat.bot_messages[1].text

    async def test_who_waits_is_told_the_place_and_the_notice_ends_with_the_answer(
        self, api: BotApi, bot: Bot, database: Database
    ) -> None:
        approve(database)
        async with serving(api, bot, database, patience=0.1) as service:
            ana, beto = api.user("Ana"), api.user("Beto")
            service.answers.open.clear()
            ana.sends(PRICE)
            first = await service.hears(ana.chat, "puesto 1")
            beto.sends("¿Qué es la TCEA?")
            second = await service.hears(beto.chat, "puesto 2")
            service.answers.open.set()
            await service.hears(beto.chat, "costo anual")
            await service.quiet()
            for user, notice in ((ana, first), (beto, second)):
                shown = user.chat.find(notice.message_id)
                assert shown
                assert (shown.text, shown.buttons) == (wording.ANSWERED, [])

    async def test_no_notice_comes_after_the_answer(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        def answered_meanwhile(session: Session, *about: Any) -> list[InboxItem]:
            late = overdue(session, *about)
            with ThreadPoolExecutor() as elsewhere:
                elsewhere.submit(finish).result()
            return late

        def finish() -> None:
            with database.writing() as session:
                assert inbox.finish(session, 1, now=now)

        overdue, now, woken = inbox.overdue, datetime.now(UTC), []
        update = {"message_id": 1, "date": 0, "chat": {"id": 7, "type": "private"}, "from": {"id": 7}, "text": PRICE}
        with database.writing() as session:
            text = json.dumps({"update_id": 1, "message": update})
            inbox.receive(session, channel="telegram", external_id="1:1", chat_id="7", text=text, received_at=now)
        monkeypatch.setattr(inbox, "overdue", answered_meanwhile)
        read_update = partial(read, bot_username="bot", bot_id=1)
        async with Waiting(database, read_update, lambda: woken.append(1), patience=timedelta(), look_seconds=0.01):
            await until(lambda: bool(woken))
        with database.reading() as session:
            assert outbox.waiting(session, "telegram") == 0

    async def test_a_question_can_be_cancelled(self, api: BotApi, bot: Bot, database: Database) -> None:
        async with serving(api, bot, database, patience=0.1) as service:
            ana = api.user("Ana")
            service.answers.open.clear()
            ana.sends("¿hay becas?")
            notice = await service.hears(ana.chat, "puesto 1")
            beto = started(api, "Beto")
            await service.hears(beto.chat, "asistente")
            service.api.forge_callback(beto, beto.chat.bot_messages[0], "no:1")
            await service.hears(beto.chat, wording.STALE_BUTTON)
            ana.presses(notice, "Cancelar")
            await until(lambda: (shown := ana.chat.find(notice.message_id)) and shown.text == wording.CANCELLED)
            service.answers.open.set()
            await service.quiet()
            assert len(ana.chat.bot_messages) == 1
            assert service.desk.open_reviews() == []
            ana.sends("inventa algo")
            await service.hears(ana.chat, "Se inventa")

    async def test_the_notice_of_a_question_that_failed_for_good_says_so(
        self, api: BotApi, bot: Bot, database: Database
    ) -> None:
        async with serving(api, bot, database, patience=0.1) as service:
            ana = api.user("Ana")
            service.answers.failures = 3
            service.answers.open.clear()
            ana.sends(PRICE)
            notice = await service.hears(ana.chat, "puesto 1")
            service.answers.open.set()
            await service.hears(ana.chat, PROFILE.texts.error)
            await until(lambda: (shown := ana.chat.find(notice.message_id)) and shown.text == wording.NOT_ANSWERED)

    async def test_in_a_group_only_who_asked_can_cancel(self, api: BotApi, bot: Bot, database: Database) -> None:
        async with serving(api, bot, database, patience=0.1) as service:
            ana, beto = api.user("Ana"), api.user("Beto")
            group = api.group("Aula 3", ana, beto)
            service.answers.open.clear()
            ana.sends("@cenfobot ¿hay becas?", chat=group)
            notice = await service.hears(group, "puesto 1")
            for _ in range(2):
                beto.presses(notice, wording.CANCEL)
            await service.hears(group, wording.NOT_YOURS_TO_CANCEL)
            ana.presses(notice, wording.CANCEL)
            await until(lambda: (shown := group.find(notice.message_id)) and shown.text == wording.CANCELLED)
            assert sum(message.text == wording.NOT_YOURS_TO_CANCEL for message in group.bot_messages) == 1

    async def test_who_writes_too_fast_is_told_once(self, api: BotApi, bot: Bot, database: Database) -> None:
        async with serving(api, bot, database, messages_per_minute=2) as service:
            ana = api.user("Ana")
            for number in range(6):
                ana.sends(f"inventa {number}")
                await asyncio.sleep(0.1)
            await service.quiet()
            texts = [message.text.partition("\n")[0] for message in ana.chat.bot_messages]
            assert texts == ["Se inventa: inventa 0.", "Se inventa: inventa 1.", PROFILE.texts.rate_limited]
