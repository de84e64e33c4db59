"""An answer grows by edits where there are no drafts, and is never lost, whatever becomes of its pieces."""

import asyncio
import time
from datetime import UTC, datetime

import pytest
from telegram import Bot

from bot.channels.telegram import wording
from bot.channels.telegram.outbox import Sender
from bot.channels.telegram.pieces import Pieces
from bot.channels.telegram.progress import Growing, Progress
from bot.telegram.updates import read
from storage import inbox
from storage.database import Database
from tests.bot.channels.telegram.conftest import started
from tests.bot.channels.telegram.inbox_side import Stored
from tests.bot.channels.telegram.outbox_side import OutboxSide, until
from tests.bot.channels.telegram.students_side import PROFILE, Service, approve, serving
from tests.telegram.bot_api import BotApi
from tests.telegram.users import Group, User

PRICE = "¿Cuánto cuesta la matrícula?"
QUICK = Growing(first_seconds=0.1, edit_seconds=0.1)
PIECE = "Déjame ver. …"


@pytest.fixture
def group(api: BotApi, ana: User) -> Group:
    return api.group("Aula 3", ana)


async def piece_in(service: Service, group: Group, ana: User, question: str = PRICE) -> int:
    """Asks, and waits for the first piece; its message id. The answer waits for ``answers.open``."""
    service.answers.open.clear()
    ana.sends(f"@cenfobot {question}", chat=group)
    return (await service.hears(group, PIECE)).message_id


class TestGroups:
    async def test_the_answer_takes_the_place_of_what_was_shown_of_it(
        self, api: BotApi, bot: Bot, database: Database, ana: User, group: Group
    ) -> None:
        approve(database)
        async with serving(api, bot, database, growing=QUICK) as service:
            await service.quiet()
            piece = await piece_in(service, group, ana)
            service.answers.open.set()
            answer = await service.hears(group, "S/ 100")
            assert answer.message_id == piece
            assert answer.buttons == [["👍", "👎"]]
            assert answer.raw["reply_to_message"]["text"] == f"@cenfobot {PRICE}"
            ana.presses(answer, "👍")
            await service.hears(group, lambda message: message.buttons == [["👍 ✓", "👎"]])
            await service.quiet()
        assert [message.text for message in group.bot_messages if "Déjame" in message.text] == []

    async def test_an_answer_that_is_done_soon_is_one_message(
        self, api: BotApi, bot: Bot, database: Database, ana: User, group: Group
    ) -> None:
        approve(database)
        async with serving(api, bot, database) as service:
            ana.sends(f"@cenfobot {PRICE}", chat=group)
            assert (await service.hears(group, "S/ 100")).edits == ()

    async def test_what_is_tried_again_and_its_apology_go_on_in_the_same_place(
        self, api: BotApi, bot: Bot, database: Database, ana: User, group: Group
    ) -> None:
        async with serving(api, bot, database, growing=QUICK) as service:
            service.answers.failures = 3
            piece = await piece_in(service, group, ana)
            service.answers.open.set()
            assert (await service.hears(group, PROFILE.texts.error)).message_id == piece
            await service.quiet()
        assert len(service.answers.asked) == 3

    async def test_an_answer_whose_piece_is_deleted_is_a_message_of_its_own(
        self, api: BotApi, bot: Bot, database: Database, ana: User, group: Group
    ) -> None:
        approve(database)
        async with serving(api, bot, database, growing=QUICK) as service:
            piece = await piece_in(service, group, ana)
            found = group.find(piece)
            assert found
            await all_is_sent(service)
            group.delete(found)
            service.answers.open.set()
            answer = await service.hears(group, "S/ 100")
            assert answer.message_id != piece
            assert answer.raw["reply_to_message"]["text"] == f"@cenfobot {PRICE}"

    async def test_what_is_cancelled_says_so(
        self, api: BotApi, bot: Bot, database: Database, ana: User, group: Group
    ) -> None:
        async with serving(api, bot, database, patience=0.1, growing=QUICK) as service:
            piece = await piece_in(service, group, ana)
            notice = await service.hears(group, "puesto 1")
            ana.presses(notice, "Cancelar")
            await service.hears(group, lambda one: one.message_id == piece and one.text == wording.CANCELLED)
            service.answers.open.set()
            await service.quiet()


async def all_is_sent(service: Service) -> None:
    """Returns once nothing is on its way."""
    side = OutboxSide(service.database)
    await until(lambda: not {"pending", "sending"} & set(side.statuses()))


class TestPrivate:
    async def test_where_drafts_are_refused_the_answer_grows_by_edits(
        self, api: BotApi, bot: Bot, database: Database
    ) -> None:
        approve(database)
        async with serving(api, bot, database, growing=QUICK) as service:
            ana = started(api, "Ana")
            await service.hears(ana.chat, "asistente")
            api.fault("500", "sendMessageDraft")
            service.answers.open.clear()
            ana.sends(PRICE)
            piece = await service.hears(ana.chat, PIECE)
            service.answers.open.set()
            assert (await service.hears(ana.chat, "S/ 100")).message_id == piece.message_id

    async def test_a_flood_wait_for_drafts_is_waited_for(self, api: BotApi, bot: Bot, database: Database) -> None:
        approve(database)
        async with serving(api, bot, database, growing=QUICK) as service:
            ana = started(api, "Ana")
            await service.hears(ana.chat, "asistente")
            api.flood(ana.chat, 600, "sendMessageDraft")
            service.answers.open.clear()
            ana.sends(PRICE)
            await until(lambda: api.calls_of("sendMessageDraft"))
            await asyncio.sleep(0.3)
            service.answers.open.set()
            assert (await service.hears(ana.chat, "S/ 100")).edits == ()


class Calls:
    """Cosmetic calls that do nothing."""

    async def typing(self, chat_id: str) -> None: ...

    async def draft(self, chat_id: str, draft_id: int, text: str) -> bool:
        return False

    async def press_heard(self, query_id: str, text: str = "") -> None: ...


@pytest.fixture
async def pieces(api: BotApi, stored: Stored, ana: User, group: Group, outbox: OutboxSide) -> Pieces:
    """Of the answer to a question in the group, which is being handled."""
    ana.sends(f"@cenfobot {PRICE}", chat=group)
    await stored(api.updates[-1])
    with outbox.database.reading() as session:
        (item,) = inbox.waiting(session, "telegram", str(group.id))
    event = read(item.text, item.received_at, bot_username="cenfobot", bot_id=stored.bot_id)
    return Pieces(outbox.database, lambda: None, event, item.id)


class TestPieces:
    async def test_edits_keep_their_distance(
        self, bot: Bot, pieces: Pieces, group: Group, outbox: OutboxSide, ana: User
    ) -> None:
        growing = Growing(first_seconds=0.3, edit_seconds=0.4)
        begun = time.time()
        async with (
            Sender(bot, outbox.database, poll_seconds=0.02),
            Progress(Calls(), str(group.id), 1, drafts=False, pieces=pieces, growing=growing) as progress,
        ):
            for number in range(30):
                await progress.preview(" ".join(f"Frase {one}." for one in range(number + 1)))
                await asyncio.sleep(0.05)
        (shown,) = group.bot_messages
        assert shown.sent_at - begun >= 0.3
        assert 1 <= len(shown.edits) <= 4
        assert shown.text.startswith("Frase 0. Frase 1.")

    async def test_nothing_is_shown_beside_what_waits_nor_after_the_answer(
        self, pieces: Pieces, group: Group, outbox: OutboxSide
    ) -> None:
        waits = outbox.put(group.id, "antes")
        assert not await pieces.show("Frase 1.")
        outbox.change(waits, status="sent")
        assert await pieces.show("Frase 1.")
        assert not await pieces.show("Frase 1. Frase 2.")
        outbox.change(waits + 1, status="sent")
        with outbox.database.writing() as session:
            assert inbox.finish(session, 1, now=datetime.now(UTC))
        assert not await pieces.show("Frase 1. Frase 2.")

    async def test_a_piece_that_a_killed_process_had_sent_is_edited_by_the_next(
        self, bot: Bot, pieces: Pieces, group: Group, outbox: OutboxSide
    ) -> None:
        assert await pieces.show("Frase 1.")
        async with Sender(bot, outbox.database):
            await outbox.settled()
        outbox.put(group.id, "La respuesta.", instead_of="piece:1")
        async with Sender(bot, outbox.database):
            assert await outbox.settled() == ["sent", "sent"]
        (message,) = group.bot_messages
        assert (message.text, len(message.edits)) == ("La respuesta.", 1)

    async def test_an_answer_of_which_no_piece_arrived_is_a_message(
        self, api: BotApi, bot: Bot, group: Group, outbox: OutboxSide
    ) -> None:
        entities = [{"type": "bold", "offset": 0, "length": 99}]
        outbox.put(group.id, "La respuesta.", instead_of="piece:1", entities=entities)
        async with Sender(bot, outbox.database):
            assert await outbox.settled() == ["sent"]
        assert [message.text for message in group.bot_messages] == ["La respuesta."]
