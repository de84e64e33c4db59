"""What the emulator's own tests stand on: one that runs, a bot on it, and a user who has started the bot."""

from collections.abc import AsyncIterator, Iterator

import pytest
import telegram
from telegram.request import HTTPXRequest

from tests.telegram.bot_api import BotApi
from tests.telegram.users import User


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi(time_scale=10, rates=False) as running:
        yield running


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[telegram.Bot]:
    quick = [HTTPXRequest(httpx_kwargs={"verify": False}) for _ in range(2)]  # without certificates to load
    async with telegram.Bot(api.token, api.base_url, request=quick[0], get_updates_request=quick[1]) as running:
        yield running


@pytest.fixture
def ana(api: BotApi) -> User:
    user = api.user("Ana")
    user.sends("/start")
    return user
