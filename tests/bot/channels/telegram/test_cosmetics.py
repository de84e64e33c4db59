"""Cosmetic calls fail without harm, and leave Telegram alone when it asks for that."""

import asyncio

import pytest
from telegram import Bot, BotCommand

from bot.channels.telegram.cosmetics import Cosmetics
from bot.channels.telegram.floods import Floods
from bot.channels.telegram.gestures import Gestures
from bot.channels.telegram.outbox import Sender
from tests.bot.channels.telegram.conftest import started
from tests.bot.channels.telegram.outbox_side import OutboxSide, until
from tests.telegram.bot_api import BotApi
from tests.telegram.faults import Kind
from tests.telegram.users import User


async def typing(cosmetics: Cosmetics, bot: Bot, user: User) -> bool:
    return await cosmetics.attempt("sendChatAction", str(user.id), lambda: bot.send_chat_action(user.id, "typing"))


async def test_a_call_is_made(bot: Bot, ana: User) -> None:
    assert await typing(Cosmetics(Floods()), bot, ana)
    assert ana.chat.actions == ["typing"]


@pytest.mark.parametrize("kind", ["500", "502", "drop_before", "drop_after", "garbage"])
async def test_a_fault_is_no_error(api: BotApi, bot: Bot, ana: User, kind: Kind) -> None:
    api.fault(kind)
    assert not await typing(Cosmetics(Floods()), bot, ana)
    assert await typing(Cosmetics(Floods()), bot, ana)


async def test_nor_is_a_press_that_is_too_old(bot: Bot) -> None:
    assert not await Cosmetics(Floods()).attempt("answerCallbackQuery", "", lambda: bot.answer_callback_query("1"))


async def test_a_flood_wait_pauses_the_chat_alone_and_ends(api: BotApi, bot: Bot, ana: User) -> None:
    cosmetics, beto = Cosmetics(Floods()), started(api, "Beto")
    api.flood(ana.chat, 60)
    assert not await typing(cosmetics, bot, ana)
    assert not await typing(cosmetics, bot, ana)
    assert await typing(cosmetics, bot, beto)
    assert len(api.calls_of("sendChatAction")) == 2
    await asyncio.sleep(1.1)
    assert await typing(cosmetics, bot, ana)
    assert api.early_retries == []


async def test_a_flood_wait_of_a_draft_does_not_hold_back_the_answer(
    api: BotApi, bot: Bot, outbox: OutboxSide, ana: User
) -> None:
    floods = Floods()
    cosmetics = Cosmetics(floods)
    api.flood(ana.chat, 600, "sendMessageDraft")
    assert not await cosmetics.attempt(
        "sendMessageDraft", str(ana.id), lambda: bot.send_message_draft(ana.id, 1, "Hol")
    )
    outbox.put(ana.id, "Hola")
    async with Sender(bot, outbox.database, floods=floods):
        assert await outbox.settled(3) == ["sent"]


async def test_a_flood_wait_of_the_outbox_holds_back_the_typing(
    api: BotApi, bot: Bot, outbox: OutboxSide, ana: User
) -> None:
    floods = Floods()
    api.flood(ana.chat, 600)
    outbox.put(ana.id, "Hola")
    async with Sender(bot, outbox.database, floods=floods):
        await until(lambda: outbox.row(1).reason == "flood")
        assert not await typing(Cosmetics(floods), bot, ana)
    assert api.calls_of("sendChatAction") == []


async def test_a_method_without_a_chat_is_paused_by_itself(api: BotApi, bot: Bot, ana: User) -> None:
    cosmetics = Cosmetics(Floods())
    api.flood(None, 600, "setMyCommands")
    for _ in range(2):
        assert not await cosmetics.attempt("setMyCommands", "", lambda: bot.set_my_commands([("ayuda", "Ayuda")]))
    assert await typing(cosmetics, bot, ana)
    assert len(api.calls_of("setMyCommands")) == 1


async def test_the_command_menu_is_registered_once_telegram_takes_it(api: BotApi, bot: Bot) -> None:
    api.fault("500", "setMyCommands", times=2)
    assert await Gestures(bot, Cosmetics(Floods())).menu([BotCommand("ayuda", "Qué puedo hacer")], retry_seconds=0.01)
    assert [command["command"] for command in api.commands["default", ""]] == ["ayuda"]
    assert len(api.calls_of("setMyCommands")) == 3
