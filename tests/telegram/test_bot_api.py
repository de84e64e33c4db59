"""Calls, limits, faults and the record, driven by python-telegram-bot and by bare HTTP."""

import asyncio
import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import telegram
from telegram.error import BadRequest, InvalidToken, NetworkError, RetryAfter, TelegramError

from tests.telegram.bot_api import BotApi
from tests.telegram.bot_side import YES_NO, call
from tests.telegram.rates import Rates
from tests.telegram.users import User
from tests.telegram.values import Clock, Refusal


class TestCalls:
    def test_another_token_is_unauthorized(self, api: BotApi) -> None:
        response = httpx.get(f"{api.base_url}1:other/getMe")
        assert (response.status_code, response.json()["description"]) == (401, "Unauthorized")

    @pytest.mark.parametrize("send", ["get", "form", "multipart", "json"])
    def test_parameters_come_in_any_way(self, api: BotApi, ana: User, send: str) -> None:
        parameters = {"chat_id": str(ana.id), "text": "sí & 🙂"}
        url = f"{api.base_url}{api.token}/sendMessage"
        if send == "get":
            response = httpx.get(url, params=parameters)
        elif send == "multipart":
            response = httpx.post(url, files={name: (None, value) for name, value in parameters.items()})
        else:
            response = httpx.post(url, json=parameters) if send == "json" else httpx.post(url, data=parameters)
        assert response.json()["result"]["text"] == ana.chat.wait_for("sí").text == "sí & 🙂"

    async def test_an_unknown_method_is_a_violation(self, api: BotApi, bot: telegram.Bot) -> None:
        with pytest.raises(InvalidToken):
            await bot.log_out()
        assert api.violations == ["logOut: Not Found"]

    @pytest.mark.parametrize(
        ("parameters", "why"),
        [
            ({"text": "x"}, "chat_id is empty"),
            ({"chat_id": 1, "txt": "x"}, "'txt'"),
            ({"chat_id": 1, "text": 5}, "must be a text"),
            ({"chat_id": "one", "text": "x"}, "must be a whole number"),
            ({"chat_id": 1, "text": "x", "reply_markup": "{"}, "must be a JSON object"),
            ({"chat_id": 1, "text": "x", "protect_content": 1}, "must be true or false"),
            ({"chat_id": 1, "text": "\ud83d"}, "UTF-8"),
        ],
    )
    def test_a_malformed_call_is_a_violation(self, api: BotApi, parameters: dict[str, Any], why: str) -> None:
        answer = call(api, "sendMessage", **parameters)
        assert answer["error_code"] == 400
        assert why in answer["description"]
        assert api.violations == [f"sendMessage: {answer['description']}"]

    async def test_the_bot_may_describe_itself(self, api: BotApi, bot: telegram.Bot) -> None:
        await bot.set_my_commands([("ayuda", "Qué hago")], language_code="es")
        await bot.set_my_description("Respondo dudas")
        await bot.set_my_short_description("Dudas")
        assert api.commands == {("default", "es"): [{"command": "ayuda", "description": "Qué hago"}]}
        assert api.descriptions[("description", "")] == "Respondo dudas"
        assert (await bot.get_my_commands(language_code="es"))[0].command == "ayuda"
        with pytest.raises(BadRequest, match="Bot_command_invalid"):
            await bot.set_my_commands([("Ayuda", "x")])
        with pytest.raises(BadRequest, match="0-120"):
            await bot.set_my_short_description("x" * 121)

    def test_every_call_is_recorded(self, api: BotApi, ana: User) -> None:
        call(api, "sendChatAction", chat_id=ana.id, action="typing")
        assert api.counts == {"sendChatAction": 1}
        assert api.calls_of("sendChatAction")[0].answer == {"ok": True, "result": True}
        assert ana.chat.actions == ["typing"]

    async def test_the_record_shows_parameters_in_their_types(self, api: BotApi, bot: telegram.Bot, ana: User) -> None:
        await bot.send_message(ana.id, "hola", reply_markup=YES_NO, disable_notification=True)
        sent = api.calls_of("sendMessage")[0].parameters
        assert (sent["chat_id"], sent["disable_notification"]) == (ana.id, True)
        assert sent["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "y"


class TestRates:
    async def test_a_chat_takes_one_message_a_second(self) -> None:
        with BotApi(time_scale=4) as api:
            ana, eva = api.user("Ana"), api.user("Eva")
            ana.sends("hola")
            eva.sends("hola")
            answers = [call(api, "sendMessage", chat_id=ana.id, text=str(number)) for number in range(4)]
            assert [answer["ok"] for answer in answers] == [True, True, True, False]
            assert answers[3]["description"] == "Too Many Requests: retry after 1"
            assert answers[3]["parameters"] == {"retry_after": 1}
            assert call(api, "sendMessage", chat_id=eva.id, text="x")["ok"]
            await asyncio.sleep(0.4)
            assert call(api, "sendMessage", chat_id=ana.id, text="x")["ok"]
            assert api.early_retries == []

    @pytest.mark.parametrize(("chats", "each", "wait"), [([-5], 20, 3), (range(1, 16), 2, 1), ([7], 3, 1)])
    def test_a_group_and_all_chats_have_limits_too(self, chats: Iterable[int], each: int, wait: int) -> None:
        rates = Rates(Clock(0.0001), enabled=True, scaled_retry_after=False)  # time all but stands still
        for chat_id in [*chats] * each:
            rates.check("sendMessage", chat_id)
        with pytest.raises(Refusal, match=f"retry after {wait}"):
            rates.check("editMessageText", min(chats))
        rates.check("sendChatAction", min(chats))

    async def test_a_flood_wait_lasts_and_early_retries_are_noted(self, api: BotApi, ana: User) -> None:
        api.flood(ana.chat, 8, "sendMessage")
        answer = call(api, "sendMessage", chat_id=ana.id, text="hola")
        assert (answer["error_code"], answer["parameters"]) == (429, {"retry_after": 1})
        assert call(api, "sendChatAction", chat_id=ana.id, action="typing")["ok"]
        await asyncio.sleep(0.3)
        assert not call(api, "sendMessage", chat_id=ana.id, text="hola")["ok"]
        assert len(api.early_retries) == 1
        await asyncio.sleep(0.6)
        assert call(api, "sendMessage", chat_id=ana.id, text="hola")["ok"]

    async def test_a_flood_wait_reaches_the_library(
        self, api: BotApi, bot: telegram.Bot, ana: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PTB_TIMEDELTA", "1")  # without it, the library warns of its own exception
        api.flood(None, 240)
        with pytest.raises(RetryAfter) as told:
            await bot.send_message(ana.id, "hola")
        assert told.value.retry_after == timedelta(seconds=24)


class TestFaults:
    @pytest.mark.parametrize("kind", ["500", "502", "drop_before"])
    async def test_a_failed_call_did_nothing(self, api: BotApi, bot: telegram.Bot, ana: User, kind: Any) -> None:
        api.fault(kind, "sendMessage", times=2)
        for _ in range(2):
            with pytest.raises(NetworkError):
                await bot.send_message(ana.id, "hola")
        assert ana.chat.bot_messages == []
        await bot.send_message(ana.id, "hola")
        assert [found.fault for found in api.calls_of("sendMessage")] == [kind, kind, None]

    async def test_a_lost_answer_hides_a_message_that_was_sent(self, api: BotApi, bot: telegram.Bot, ana: User) -> None:
        api.fault("drop_after", "sendMessage")
        with pytest.raises(NetworkError):
            await bot.send_message(ana.id, "hola")
        assert [message.text for message in ana.chat.bot_messages] == ["hola"]
        assert api.calls_of("sendMessage")[0].ok

    async def test_an_answer_may_be_garbage_or_late(self, api: BotApi, bot: telegram.Bot, ana: User) -> None:
        api.fault("garbage")
        with pytest.raises(TelegramError, match="Invalid server response"):
            await bot.send_chat_action(ana.id, "typing")
        api.fault("delay", seconds=0.3)
        began = time.monotonic()
        await bot.send_chat_action(ana.id, "typing")
        assert time.monotonic() - began >= 0.3


async def test_a_transcript_reads_like_a_screenshot(api: BotApi, bot: telegram.Bot, ana: User) -> None:
    sent = await bot.send_message(ana.id, "Hola\n¿Seguimos?", reply_markup=YES_NO)
    await bot.delete_message(ana.id, (await bot.send_message(ana.id, "adiós")).message_id)
    ana.sends("sí", reply_to=ana.chat.bot_messages[0])
    await bot.edit_message_text("¿Seguimos?", ana.id, sent.message_id, reply_markup=YES_NO)
    lines = [line.split(" · ")[0] for line in api.transcript(ana.chat).splitlines() if line]
    assert lines == [
        "### Ana (private)",
        "**Ana**",
        "> /start",
        "**Cenfobot** 🤖",
        "> ¿Seguimos?",
        "> [ Sí ][ No ]",
        "**Cenfobot** 🤖",
        "> ~~adiós~~",
        "**Ana**",
        "> ↩ Hola",
        "> sí",
    ]


def test_waiting_for_what_never_comes_says_what_came(api: BotApi, ana: User) -> None:
    call(api, "sendMessage", chat_id=ana.id, text="Hola")
    with pytest.raises(AssertionError, match=r"it said .'Hola'."):
        ana.chat.wait_for("Adiós", seconds=0.05)
