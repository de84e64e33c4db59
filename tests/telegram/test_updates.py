"""What users do, as updates: by getUpdates and by webhook."""

import asyncio
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest
import telegram
from telegram.error import BadRequest, Conflict

from tests.telegram.bot_api import BotApi
from tests.telegram.bot_side import YES_NO, call
from tests.telegram.users import User


async def _offset(bot: telegram.Bot, api: BotApi) -> None:
    """Confirms what is pending."""
    if api.pending:
        await bot.get_updates(offset=api.pending[-1]["update_id"] + 1)


class TestUpdates:
    async def test_updates_stay_until_confirmed(self, api: BotApi, bot: telegram.Bot, ana: User) -> None:
        ana.sends("uno")
        ana.sends("dos")
        first, second, third = await bot.get_updates()
        assert (first.update_id < second.update_id < third.update_id, len(await bot.get_updates())) == (True, 3)
        assert [update.update_id for update in await bot.get_updates(offset=second.update_id, limit=1)] == [
            second.update_id
        ]
        assert [update.update_id for update in await bot.get_updates(offset=-1)] == [third.update_id]
        assert await bot.get_updates(offset=third.update_id + 1) == ()
        assert api.pending == []

    async def test_a_long_poll_ends_with_the_message(self, bot: telegram.Bot, api: BotApi, ana: User) -> None:
        await _offset(bot, api)
        polling = asyncio.create_task(bot.get_updates(timeout=5))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        ana.sends("hola")
        assert [update.message and update.message.text for update in await polling] == ["hola"]
        assert time.monotonic() - began < 1

    async def test_the_later_poller_wins(self, bot: telegram.Bot, api: BotApi, ana: User) -> None:
        await _offset(bot, api)
        earlier = asyncio.create_task(bot.get_updates(timeout=5))
        while not api.polled:
            await asyncio.sleep(0.01)
        assert (await asyncio.to_thread(call, api, "getUpdates"))["result"] == []
        with pytest.raises(Conflict, match="terminated by other getUpdates request; make sure that only one"):
            await earlier

    async def test_a_poller_that_was_killed_is_no_conflict(self, api: BotApi, bot: telegram.Bot) -> None:
        code = f"import httpx; httpx.get('{api.base_url}{api.token}/getUpdates?timeout=30', timeout=40)"
        with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL) as process:
            while not api.polled:
                await asyncio.sleep(0.02)
            process.kill()
        deadline = time.monotonic() + 3
        while not api.calls_of("getUpdates") and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        assert api.calls_of("getUpdates")[0].answer is None
        assert await bot.get_updates() == ()

    async def test_only_allowed_updates_are_queued(self, bot: telegram.Bot, api: BotApi, ana: User) -> None:
        await bot.get_updates(allowed_updates=["callback_query"])
        ana.sends("hola")
        assert len(api.updates) == 1
        with pytest.raises(BadRequest, match="unknown kinds"):
            await bot.get_updates(allowed_updates=["mesage"])

    async def test_an_update_may_come_twice(self, bot: telegram.Bot, api: BotApi, ana: User) -> None:
        await _offset(bot, api)
        api.deliver_twice(api.updates[0])
        assert [update.update_id for update in await bot.get_updates(offset=999_999_999)] == [
            api.updates[0]["update_id"]
        ]
        assert await bot.get_updates(offset=999_999_999) == ()

    async def test_every_kind_of_update_is_well_formed(self, api: BotApi, bot: telegram.Bot, ana: User) -> None:
        eva = api.user("Eva", username="eva_q")
        group = api.group("Personal", ana, eva, is_forum=True)
        messages = [
            ana.sends("/ayuda@cenfobot y @eva_q en https://x.pe", chat=group, thread=7),
            ana.edits(ana.sends("hola"), "hola a https://x.pe"),
            ana.sends("re", forwarded_from=eva),
            ana.sends("re", forwarded_from="Oculta"),
            ana.sends("re", reply_to=ana.chat.messages[0]),
            ana.sends_photo("foto"),
            *ana.sends_album(2, "tarea"),
            ana.sends_voice(),
            ana.sends_sticker(),
            ana.sends_location(),
            ana.sends_document(),
        ]
        await bot.send_message(ana.id, "¿?", reply_markup=YES_NO)
        ana.presses(ana.chat.bot_messages[0], "Sí")
        await bot.send_poll(ana.id, "¿?", ["a", "b"], is_anonymous=False)
        ana.answers_poll(ana.chat.bot_messages[1], 0)
        group.adds(api.user("Luz"))
        group.removes(eva)
        group.removes_bot()
        ana.blocks_bot()
        for raw in api.updates:
            update = telegram.Update.de_json(raw, bot)
            assert update.effective_user is not None or update.poll is not None
            assert not update.api_kwargs
            if update.effective_message:
                assert not update.effective_message.api_kwargs
        kinds = {kind for raw in api.updates for kind in raw} - {"update_id"}
        assert kinds == {"message", "edited_message", "callback_query", "poll", "poll_answer", "my_chat_member"}
        assert [entity["type"] for entity in messages[0].entities] == ["bot_command", "mention", "url"]
        assert messages[0].entities[1] == {"type": "mention", "offset": 18, "length": 6}
        assert messages[6].raw["media_group_id"] == messages[7].raw["media_group_id"]

    def test_in_privacy_mode_a_group_talks_by_itself(self, api: BotApi, ana: User) -> None:
        group = api.group("Personal", ana)
        before = len(api.updates)
        ana.sends("hola a todos", chat=group)
        assert len(api.updates) == before
        ana.sends("@cenfobot hola", chat=group)
        ana.sends("/ayuda@otrobot", chat=group)
        ana.sends("/ayuda", chat=group)
        assert [raw["message"]["text"] for raw in api.updates[before:]] == ["@cenfobot hola", "/ayuda"]


class _Hook(BaseHTTPRequestHandler):
    got: ClassVar[list[tuple[str | None, bytes]]] = []
    statuses: ClassVar[list[int]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.headers["X-Telegram-Bot-Api-Secret-Token"], body))
        self.send_response(self.statuses.pop(0) if self.statuses else 200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


async def test_a_webhook_gets_updates_in_order_until_it_takes_them(bot: telegram.Bot, api: BotApi, ana: User) -> None:
    _Hook.got, _Hook.statuses = [], [500, 503]
    with HTTPServer(("127.0.0.1", 0), _Hook) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        await bot.set_webhook(f"http://127.0.0.1:{server.server_port}/t", secret_token="s3cret")
        ana.sends("segundo")
        with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
            await bot.get_updates()
        deadline = time.monotonic() + 3
        while api.pending and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        server.shutdown()
        thread.join()
    texts = [b"/start" in body for _, body in _Hook.got]
    assert (texts, {secret for secret, _ in _Hook.got}) == ([True, True, True, False], {"s3cret"})
    info = await bot.get_webhook_info()
    assert info.last_error_message == "Wrong response from the webhook: 503 Service Unavailable"
    await bot.delete_webhook()
    assert await bot.get_updates() == ()
