"""An update is stored before Telegram is told that it was received: none is lost, and one that comes twice is known."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from telegram import Bot

from bot.channels.telegram.receiving import ALLOWED_UPDATES, Polling, Store, only_one
from bot.errors import HomeError
from bot.telegram.updates import PRESSES, queue_of
from tests.bot.channels.telegram.inbox_side import Stored
from tests.bot.channels.telegram.outbox_side import until
from tests.telegram.bot_api import BotApi
from tests.telegram.bot_side import call
from tests.telegram.faults import Kind


def polling(bot: Bot, store: Store) -> Polling:
    """A quick one."""
    return Polling(bot, store, poll_seconds=1, retry_seconds=0.05, conflict_seconds=0.1)


class TestPolling:
    async def test_stores_what_was_sent_before_and_while_it_runs_and_confirms_it(
        self, api: BotApi, bot: Bot, stored: Stored
    ) -> None:
        ana = api.user("Ana")
        ana.sends("hola")
        async with polling(bot, stored):
            await until(lambda: stored.texts(ana) == ["hola"])
            ana.sends("¿qué tal?")
            await until(lambda: not api.pending)
        assert stored.texts(ana) == ["hola", "¿qué tal?"]
        assert stored.delivered == 2
        assert api.violations == []

    async def test_asks_for_the_kinds_of_updates_that_it_handles(self, api: BotApi, bot: Bot, stored: Stored) -> None:
        async with polling(bot, stored):
            await until(lambda: api.polled)
            api.user("Ana").sends("hola")
            await until(lambda: api.calls_of("getUpdates"))
        assert api.calls_of("getUpdates")[0].parameters["allowed_updates"] == list(ALLOWED_UPDATES)

    async def test_an_update_that_could_not_be_stored_comes_again_and_keeps_its_place(
        self, api: BotApi, bot: Bot, stored: Stored
    ) -> None:
        ana, stored.failures = api.user("Ana"), 3
        for text in ("uno", "dos", "tres"):
            ana.sends(text)
        async with polling(bot, stored) as running:
            await until(lambda: running.health()["trouble"] == "updates cannot be stored")
            await until(lambda: not api.pending)
            assert running.health()["trouble"] == ""
        assert stored.texts(ana) == ["uno", "dos", "tres"]

    async def test_a_process_that_dies_before_the_commit_loses_nothing(
        self, api: BotApi, bot: Bot, stored: Stored
    ) -> None:
        ana, dying = api.user("Ana"), asyncio.Event()

        async def dies_at_the_second(update: Mapping[str, Any]) -> None:
            if update["message"]["text"] == "dos":
                dying.set()
                await asyncio.Event().wait()
            await stored(update)

        for text in ("uno", "dos", "tres"):
            ana.sends(text)
        async with polling(bot, dies_at_the_second):
            await dying.wait()
        assert stored.texts(ana) == ["uno"]
        async with polling(bot, stored):
            await until(lambda: not api.pending)
        assert stored.texts(ana) == ["uno", "dos", "tres"]

    async def test_an_update_that_comes_twice_is_stored_once(self, api: BotApi, bot: Bot, stored: Stored) -> None:
        ana = api.user("Ana")
        ana.sends("hola")
        async with polling(bot, stored):
            await until(lambda: not api.pending)
            api.deliver_twice(api.updates[0])
            ana.sends("chau")
            await until(lambda: stored.delivered == 3)
        assert stored.texts(ana) == ["hola", "chau"]

    @pytest.mark.parametrize("kind", ["500", "502", "drop_before", "drop_after", "garbage", "delay"])
    async def test_a_fault_of_the_network_loses_nothing(
        self, api: BotApi, bot: Bot, stored: Stored, kind: Kind
    ) -> None:
        ana = api.user("Ana")
        api.fault(kind, "deleteWebhook", seconds=0.1)
        api.fault(kind, "getUpdates", times=2, seconds=0.1)
        ana.sends("hola")
        async with polling(bot, stored):
            await until(lambda: not api.pending)
            ana.sends("chau")
            await until(lambda: not api.pending)
        assert stored.texts(ana) == ["hola", "chau"]

    async def test_two_who_ask_for_the_same_updates_back_off_say_so_and_recover(
        self, api: BotApi, bot: Bot, stored: Stored, caplog: pytest.LogCaptureFixture
    ) -> None:
        ana = api.user("Ana")
        async with polling(bot, stored) as running:
            await until(lambda: api.polled)
            await asyncio.to_thread(call, api, "getUpdates", timeout=1)
            await until(lambda: running.health()["trouble"] == "conflict")
            ana.sends("hola")
            await until(lambda: stored.texts(ana) == ["hola"])
            assert running.health()["trouble"] == ""
        assert [record.getMessage()[:45] for record in caplog.records if record.levelno == logging.ERROR] == [
            "Somebody else receives the updates of this bo"
        ]

    async def test_polling_takes_the_updates_over_from_a_webhook_and_loses_none(
        self, api: BotApi, bot: Bot, stored: Stored
    ) -> None:
        await bot.set_webhook("http://127.0.0.1:9/")
        ana = api.user("Ana")
        ana.sends("hola")
        async with polling(bot, stored):
            await until(lambda: stored.texts(ana) == ["hola"])

    async def test_a_flood_wait_of_the_polling_itself_is_obeyed(self, api: BotApi, bot: Bot, stored: Stored) -> None:
        api.flood(None, 60, "getUpdates")
        ana = api.user("Ana")
        ana.sends("hola")
        async with polling(bot, stored):
            await until(lambda: stored.texts(ana) == ["hola"])
        assert api.early_retries == []

    async def test_an_update_that_the_library_cannot_read_is_stored_like_any_other(
        self, api: BotApi, bot: Bot, stored: Stored
    ) -> None:
        ana = api.user("Ana")
        ana.sends("hola")
        api.pending[0]["message"].pop("date")
        async with polling(bot, stored):
            await until(lambda: not api.pending)
        assert stored.texts(ana) == ["hola"]


class TestUpdates:
    def test_each_kind_belongs_to_its_chat(self, api: BotApi) -> None:
        ana = api.user("Ana")
        group = api.group("Equipo", ana)
        ana.sends("hola")
        ana.edits(ana.chat.messages[0], "chau")
        ana.sends("/ayuda", chat=group)
        api.forge_callback(ana, ana.chat.messages[0], "x")
        quiz = {"question": "¿?", "options": [{"text": "1"}, {"text": "2"}], "is_anonymous": False}
        call(api, "sendPoll", chat_id=ana.id, **quiz)
        ana.answers_poll(ana.chat.bot_messages[0], 0)
        ana.blocks_bot()
        found = {(next(kind for kind in update if kind != "update_id"), queue_of(update)) for update in api.updates}
        mine, theirs = str(ana.id), str(group.id)
        assert found - {("poll", "")} == {
            ("message", mine),
            ("edited_message", mine),
            ("callback_query", mine + PRESSES),
            ("poll_answer", mine + PRESSES),
            ("my_chat_member", mine),
            ("message", theirs),
            ("my_chat_member", theirs),
        }

    @pytest.mark.parametrize("update", [{"update_id": 1}, {"update_id": 1, "message": {}}, {"message": 3, "poll": []}])
    def test_what_belongs_to_no_chat_has_none(self, update: dict[str, Any]) -> None:
        assert queue_of(update) == ""


class TestPlace:
    def test_one_process_at_a_time_receives_for_a_bot(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'cenfobot.db'}"

        def second(number: int) -> Callable[[], None]:
            def enter() -> None:
                with only_one(url, number):
                    pass

            return enter

        with only_one(url, 1):
            with pytest.raises(HomeError, match="Otro proceso ya atiende al bot 1 de Telegram"):
                second(1)()
            second(2)()
        second(1)()
