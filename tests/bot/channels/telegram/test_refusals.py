"""What Telegram refuses is sent with less in it, or recorded with the reason; it blocks nothing behind it."""

import pytest
from telegram import Bot

from bot.channels.telegram import notes
from bot.channels.telegram.outbox import Sender
from storage import chat_states
from storage.database import Database
from tests.bot.channels.telegram.conftest import started
from tests.bot.channels.telegram.outbox_side import OutboxSide, texts, until
from tests.telegram.bot_api import BotApi
from tests.telegram.users import User


@pytest.fixture
def database(either_database: Database) -> Database:
    return either_database


@pytest.mark.parametrize("why", ["blocked", "deactivated", "chat not found"])
async def test_what_a_chat_cannot_be_sent_waits_for_its_return_and_blocks_no_other(
    api: BotApi, bot: Bot, outbox: OutboxSide, ana: User, why: str
) -> None:
    {"blocked": ana.blocks_bot, "deactivated": ana.is_deactivated}.get(why, lambda: None)()
    chat_id = 4_242 if why == "chat not found" else ana.id
    beto = started(api, "Beto")
    for text in ("uno", "dos"):
        outbox.put(chat_id, text)
    outbox.put(beto.id, "hola")
    async with Sender(bot, outbox.database):
        await until(lambda: outbox.statuses() == ["pending", "pending", "sent"])
    assert outbox.row(1).reason == why
    with outbox.database.reading() as session:
        assert chat_states.is_unreachable(session, "telegram", str(chat_id)) == why
    assert len(api.calls_of("sendMessage")) == 2


async def test_a_chat_that_returns_is_sent_what_waits_in_order(bot: Bot, outbox: OutboxSide, ana: User) -> None:
    ana.blocks_bot()
    for text in ("uno", "dos"):
        outbox.put(ana.id, text)
    async with Sender(bot, outbox.database, poll_seconds=0.1):
        await until(lambda: outbox.row(1).reason == "blocked")
        outbox.put(ana.id, "tres")
        ana.unblocks_bot()
        with outbox.database.writing() as session:
            chat_states.mark_reachable(session, "telegram", str(ana.id), notes.now())
        assert await outbox.settled() == ["sent"] * 3
    assert texts(ana) == ["uno", "dos", "tres"]


async def test_a_group_that_has_become_a_supergroup_is_followed(
    api: BotApi, bot: Bot, outbox: OutboxSide, ana: User
) -> None:
    group = api.group("Aula 3", ana, supergroup=False)
    after = group.becomes_supergroup()
    outbox.put(group.id, "uno", reply_parameters={"message_id": 1, "allow_sending_without_reply": True})
    outbox.put(group.id, "dos")
    async with Sender(bot, outbox.database, poll_seconds=0.1):
        assert await outbox.settled() == ["sent", "sent"]
    assert [message.text for message in after.bot_messages] == ["uno", "dos"]
    assert (group.bot_messages, api.violations) == ([], [])


async def test_an_edit_that_changes_nothing_counts_as_sent(bot: Bot, outbox: OutboxSide, ana: User) -> None:
    outbox.put(ana.id, "hola")
    async with Sender(bot, outbox.database):
        await outbox.settled()
        outbox.put(ana.id, "hola", "editMessageText", message_id=ana.chat.bot_messages[0].message_id)
        assert await outbox.settled() == ["sent", "sent"]
    assert outbox.row(2).message_id == outbox.row(1).message_id


async def test_refused_formatting_is_left_out_and_the_buttons_stay(bot: Bot, outbox: OutboxSide, ana: User) -> None:
    keyboard = {"inline_keyboard": [[{"text": "👍", "callback_data": "1"}]]}
    outbox.put(ana.id, "hola", entities=[{"type": "bold", "offset": 0, "length": 99}], reply_markup=keyboard)
    outbox.put(ana.id, "<b>S/ 1.500", parse_mode="HTML")
    async with Sender(bot, outbox.database):
        assert await outbox.settled() == ["sent", "sent"]
    plain, markup = ana.chat.bot_messages
    assert (plain.text, plain.entities, plain.buttons) == ("hola", [], [["👍"]])
    assert markup.text == "<b>S/ 1.500"


async def test_a_reply_to_a_message_that_is_gone_is_sent_as_a_message(
    api: BotApi, bot: Bot, outbox: OutboxSide, ana: User
) -> None:
    entities = [{"type": "bold", "offset": 0, "length": 4}]
    outbox.put(ana.id, "hola", reply_parameters={"message_id": 999}, entities=entities)
    async with Sender(bot, outbox.database):
        assert await outbox.settled() == ["sent"]
    assert (ana.chat.bot_messages[0].entities, api.violations) == (entities, [])


async def test_what_can_never_be_sent_is_recorded_with_the_reason_and_blocks_nothing(
    bot: Bot, outbox: OutboxSide, ana: User
) -> None:
    outbox.put(ana.id, "x" * 4097)
    outbox.put(ana.id, "adiós", "editMessageText", message_id=999)
    outbox.put(ana.id, "hola")
    async with Sender(bot, outbox.database):
        assert await outbox.settled() == ["failed", "failed", "sent"]
    assert outbox.row(1).reason == "Message is too long: 4097 utf-16 units, at most 4096"
    assert outbox.row(2).reason == "Message to edit not found"
    assert texts(ana) == ["hola"]
