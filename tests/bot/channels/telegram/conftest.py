"""An emulated Telegram, the bot on it, a database, and students who have started the bot."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from telegram import Bot

from bot.channels.telegram.client import bot_id, open_bot
from storage.database import Database
from tests.bot.channels.telegram.inbox_side import Stored
from tests.bot.channels.telegram.outbox_side import OutboxSide
from tests.bot.channels.telegram.students_side import Service, approve, serving
from tests.telegram.bot_api import BotApi
from tests.telegram.users import User


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi(time_scale=60, rates=False) as running:
        yield running


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[Bot]:
    async with open_bot(api.token, api.url) as opened:
        yield opened


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'cenfobot.db'}")
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def outbox(database: Database) -> OutboxSide:
    return OutboxSide(database)


@pytest.fixture
def stored(database: Database, api: BotApi) -> Stored:
    return Stored(database, bot_id(api.token))


@pytest.fixture
async def service(api: BotApi, bot: Bot, database: Database) -> AsyncIterator[Service]:
    """The whole students' side, with the few answers of ``KNOWN`` approved."""
    approve(database)
    async with serving(api, bot, database) as running:
        yield running


@pytest.fixture
def ana(api: BotApi) -> User:
    return started(api, "Ana")


def started(api: BotApi, name: str) -> User:
    """A student who has written to the bot, so that it may answer."""
    user = api.user(name)
    user.sends("/start")
    return user


async def greeted(api: BotApi, service: Service, name: str) -> User:
    """A student who has written to the bot, and was greeted."""
    user = started(api, name)
    await service.hears(user.chat, "asistente")
    return user
