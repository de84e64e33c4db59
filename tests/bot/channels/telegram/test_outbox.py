"""What is stored in the outbox reaches its chat, in order, at Telegram's rates, whatever Telegram answers."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from telegram import Bot, Message

from bot.channels.telegram import notes
from bot.channels.telegram.client import open_bot
from bot.channels.telegram.outbox import MAX_ATTEMPTS, Sender
from storage import chat_states
from storage.database import Database, Session
from storage.errors import DatabaseError
from storage.outbox import OutboxItem
from tests.bot.channels.telegram.conftest import started
from tests.bot.channels.telegram.outbox_side import OutboxSide, texts, until
from tests.conftest import on_sqlite
from tests.telegram.bot_api import BotApi
from tests.telegram.faults import Kind
from tests.telegram.users import User


@pytest.fixture
def database(either_database: Database) -> Database:
    return either_database


class TestSending:
    async def test_sends_in_the_order_of_the_chat_and_notes_it(
        self, api: BotApi, bot: Bot, outbox: OutboxSide, ana: User
    ) -> None:
        items = [outbox.put(ana.id, text) for text in ("uno", "dos", "tres")]
        async with Sender(bot, outbox.database):
            assert await outbox.settled() == ["sent"] * 3
        assert texts(ana) == ["uno", "dos", "tres"]
        assert [outbox.row(item).message_id for item in items] == [
            str(message.message_id) for message in ana.chat.bot_messages
        ]
        assert api.violations == []

    async def test_a_new_item_leaves_at_once_when_told_and_soon_when_not(
        self, bot: Bot, outbox: OutboxSide, ana: User
    ) -> None:
        async with Sender(bot, outbox.database, poll_seconds=0.3) as sender:
            outbox.put(ana.id, "de otro proceso")
            await until(lambda: texts(ana), 2)
        async with Sender(bot, outbox.database, poll_seconds=60) as sender:
            await until(lambda: not sender.health()["in_flight"])
            outbox.put(ana.id, "de este")
            sender.wake()
            await until(lambda: len(texts(ana)) == 2, 2)

    async def test_every_method_of_the_outbox(self, api: BotApi, bot: Bot, outbox: OutboxSide, ana: User) -> None:
        keyboard = {"inline_keyboard": [[{"text": "👍", "callback_data": "1"}]]}
        quiz: dict[str, Any] = {"question": "¿2 + 2?", "options": [{"text": "3"}, {"text": "4"}], "type": "quiz"}
        quiz |= {"correct_option_ids": [1], "explanation": "Son cuatro.", "is_anonymous": False}
        async with Sender(bot, outbox.database):
            outbox.put(ana.id, "hola", entities=[{"type": "bold", "offset": 0, "length": 4}], reply_markup=keyboard)
            await outbox.settled()
            message = ana.chat.bot_messages[0]
            outbox.put(ana.id, "adiós", "editMessageText", message_id=message.message_id, reply_markup=keyboard)
            outbox.put(ana.id, "", "editMessageReplyMarkup", message_id=message.message_id)
            outbox.put(ana.id, "", "sendPoll", **quiz)
            outbox.put(ana.id, "", "sendDocument", filename="datos.json", content='{"ñ": 1}', caption="Tus datos")
            assert await outbox.settled() == ["sent"] * 5
        edited, poll, document = ana.chat.bot_messages
        assert (message.entities[0]["type"], message.buttons) == ("bold", [["👍"]])
        assert (edited.text, edited.buttons, len(edited.edits)) == ("adiós", [], 2)
        assert poll.raw["poll"]["explanation"] == "Son cuatro."
        assert (document.file, document.text) == ('{"ñ": 1}'.encode(), "Tus datos")
        assert api.violations == []

    async def test_what_follows_a_send_is_noted_with_it_and_its_fault_changes_nothing(
        self, bot: Bot, outbox: OutboxSide, ana: User
    ) -> None:
        def on_sent(session: Session, item: OutboxItem, message: Message) -> None:
            chat_states.mark_unreachable(session, "telegram", f"{message.text} {message.message_id}", "x", notes.now())
            if message.text == "malo":
                raise RuntimeError

        outbox.put(ana.id, "bueno")
        outbox.put(ana.id, "malo")
        async with Sender(bot, outbox.database, on_sent=on_sent):
            assert await outbox.settled() == ["sent", "sent"]
        with outbox.database.reading() as session:
            assert chat_states.is_unreachable(session, "telegram", "bueno 2") == "x"
            assert chat_states.is_unreachable(session, "telegram", "malo 3") is None
        assert texts(ana) == ["bueno", "malo"]

    async def test_what_a_killed_process_had_in_flight_is_sent_and_counted(
        self, bot: Bot, outbox: OutboxSide, ana: User
    ) -> None:
        item = outbox.put(ana.id, "hola")
        outbox.change(item, status="sending")
        async with Sender(bot, outbox.database) as sender:
            assert sender.interrupted == 1
            assert await outbox.settled() == ["sent"]

    async def test_a_database_that_is_away_for_a_moment_doubles_nothing(
        self, bot: Bot, outbox: OutboxSide, ana: User
    ) -> None:
        database = _Leaving(outbox.database.name)
        outbox.put(ana.id, "hola")
        async with Sender(bot, database, poll_seconds=0.1):
            assert await outbox.settled() == ["sent"]
        database.close()
        assert database.writes > database.AWAY[-1]
        assert texts(ana) == ["hola"]


@on_sqlite
class TestFloods:
    async def test_a_flood_wait_of_one_chat_delays_no_other_and_loses_nothing(
        self, api: BotApi, bot: Bot, outbox: OutboxSide, ana: User
    ) -> None:
        others = [started(api, f"Beto {number}") for number in range(8)]
        api.flood(ana.chat, 240)  # Telegram seconds: 4 real ones
        begun = time.monotonic()
        for text in ("uno", "dos", "tres"):
            for user in (ana, *others):
                outbox.put(user.id, text)
        async with Sender(bot, outbox.database, poll_seconds=0.2):
            await until(lambda: all(len(texts(user)) == 3 for user in others), 3)
            assert texts(ana) == []
            with outbox.database.reading() as session:
                assert chat_states.is_unreachable(session, "telegram", str(ana.id)) is None
            await outbox.settled()
        assert time.monotonic() - begun > 4
        assert texts(ana) == ["uno", "dos", "tres"]
        assert [call.ok for call in api.calls_of("sendMessage")].count(False) == 1
        assert (api.early_retries, api.violations) == ([], [])

    async def test_a_flood_wait_outlives_the_process(
        self, api: BotApi, bot: Bot, outbox: OutboxSide, ana: User
    ) -> None:
        api.flood(ana.chat, 120)
        outbox.put(ana.id, "hola")
        async with Sender(bot, outbox.database):
            await until(lambda: outbox.row(1).reason == "flood")
        outbox.put(ana.id, "¿sigues ahí?")
        async with Sender(bot, outbox.database, poll_seconds=0.1):
            await outbox.settled()
        assert texts(ana) == ["hola", "¿sigues ahí?"]
        assert api.early_retries == []

    async def test_keeps_to_telegrams_rates_without_being_told(self, outbox: OutboxSide) -> None:
        with BotApi() as api:
            students = [started(api, f"Ana {number}") for number in range(12)]
            group = api.group("Equipo", students[0])
            for number in range(5):
                for student in students:
                    outbox.put(student.id, str(number))
            for number in range(21):
                outbox.put(group.id, str(number))
            async with open_bot(api.token, api.url) as bot, Sender(bot, outbox.database):
                assert set(await outbox.settled(20)) == {"sent"}
            assert all(call.ok for call in api.calls_of("sendMessage"))
            assert all(texts(student) == ["0", "1", "2", "3", "4"] for student in students)
            assert [message.text for message in group.bot_messages] == [str(number) for number in range(21)]
            assert (api.violations, api.early_retries) == ([], [])


class TestFaults:
    @pytest.mark.parametrize("kind", ["500", "502", "drop_before", "drop_after", "garbage", "delay"])
    async def test_a_fault_of_the_network_loses_nothing_and_keeps_the_order(
        self, api: BotApi, bot: Bot, outbox: OutboxSide, ana: User, kind: Kind
    ) -> None:
        beto = started(api, "Beto")
        api.fault(kind, "sendMessage", times=2, seconds=0.5)
        for text in ("uno", "dos"):
            outbox.put(ana.id, text)
        outbox.put(beto.id, "hola")
        async with Sender(bot, outbox.database, retry_seconds=0.05):
            assert set(await outbox.settled()) == {"sent"}
        arrived = texts(ana)
        assert [text for text, last in zip(arrived, ["", *arrived], strict=False) if text != last] == ["uno", "dos"]
        assert set(texts(beto)) == {"hola"}
        if kind not in ("drop_after", "garbage"):  # there, nobody can know that it has arrived
            assert (len(arrived), len(texts(beto))) == (2, 1)
        assert api.violations == []

    async def test_a_server_that_is_away_is_waited_for(
        self, bot: Bot, outbox: OutboxSide, api: BotApi, ana: User
    ) -> None:
        api.fault("502", times=3)
        outbox.put(ana.id, "hola")
        async with Sender(bot, outbox.database, retry_seconds=0.02) as sender:
            await until(lambda: sender.health()["trouble"] == "NetworkError")
            assert await outbox.settled() == ["sent"]
            assert sender.health()["trouble"] == ""
        assert outbox.row(1).attempts == 4

    async def test_what_was_stored_wrong_blocks_nothing(self, bot: Bot, outbox: OutboxSide, ana: User) -> None:
        outbox.put(ana.id, "", "sendMessage")
        outbox.put(ana.id, "", "deleteWebhook")
        outbox.put(ana.id, "hola")
        async with Sender(bot, outbox.database):
            assert await outbox.settled() == ["failed", "failed", "sent"]
        assert (outbox.row(1).reason, outbox.row(2).reason) == ("KeyError", "ValueError")

    async def test_a_day_of_network_errors_is_enough(
        self, api: BotApi, bot: Bot, outbox: OutboxSide, ana: User
    ) -> None:
        api.fault("500", "sendMessage")
        outbox.put(ana.id, "hace un día")
        outbox.change(1, attempts=MAX_ATTEMPTS - 1)
        outbox.put(ana.id, "hola")
        async with Sender(bot, outbox.database):
            assert await outbox.settled() == ["failed", "sent"]
        assert outbox.row(1).reason == "NetworkError"

    async def test_the_end_waits_for_what_is_in_flight_but_not_for_ever(
        self, api: BotApi, bot: Bot, outbox: OutboxSide, ana: User
    ) -> None:
        for drain_seconds, text in ((5, "uno"), (0.1, "dos")):
            api.fault("delay", "sendMessage", seconds=0.4)
            outbox.put(ana.id, text)
            async with Sender(bot, outbox.database, drain_seconds=drain_seconds) as sender:
                await _until_sending(sender)
        assert outbox.statuses() == ["sent", "sending"]

    async def test_what_is_stored_at_the_end_is_sent_and_what_has_to_wait_is_left(
        self, api: BotApi, bot: Bot, outbox: OutboxSide, ana: User
    ) -> None:
        blocked = started(api, "Beto")
        api.flood(blocked.chat, 600)
        async with Sender(bot, outbox.database, poll_seconds=60):
            for text in ("uno", "dos", "tres", "cuatro"):
                outbox.put(ana.id, text)
            outbox.put(blocked.id, "cinco")
        assert texts(ana) == ["uno", "dos", "tres", "cuatro"]
        assert outbox.statuses() == ["sent"] * 4 + ["pending"]

    async def test_a_refused_token_loses_nothing(self, api: BotApi, outbox: OutboxSide, ana: User) -> None:
        wrong = api.token[:-1] + "x"
        outbox.put(ana.id, "hola")
        async with open_bot(wrong, api.url) as bot, Sender(bot, outbox.database) as sender:
            await until(lambda: sender.health()["trouble"] == "the token is refused")
        assert outbox.statuses() == ["pending"]


async def _until_sending(sender: Sender) -> None:
    await until(lambda: sender.health()["in_flight"])


class _Leaving(Database):
    """Away after an item was taken from it: neither looking for more nor noting its end works at first."""

    AWAY = range(3, 7)
    writes = 0

    @contextmanager
    def writing(self) -> Iterator[Session]:
        self.writes += 1
        if self.writes in self.AWAY:
            raise DatabaseError("away")
        with super().writing() as session:
            yield session
