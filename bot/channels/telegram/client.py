"""The connection to the Bot API: one bot, with timeouts that suit a chat, and its introduction at the start.

Calls go to ``TELEGRAM_API_URL``; python-telegram-bot's own rate limiter is not used (see ``pacing.py``).
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from telegram import Bot, User
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

from bot.channels.telegram.backoff import backoff
from bot.channels.telegram.errors import Meaning, understood
from bot.errors import SettingsError

log = logging.getLogger(__name__)

# python-telegram-bot warns at each 429 unless this says that we know its coming type of ``retry_after``, and a
# warning is an error in our tests. It reads the variable at each error and offers no other switch.
os.environ.setdefault("PTB_TIMEDELTA", "1")


@asynccontextmanager
async def open_bot(token: str, api_url: str) -> AsyncIterator[Bot]:
    """A bot whose connections are closed at the end. It calls nothing yet, so that it opens without a network."""
    # A send whose answer does not come in time is sent again, and may then be there twice: hence the long wait for it.
    request = HTTPXRequest(
        connection_pool_size=128, connect_timeout=10, read_timeout=30, write_timeout=20, pool_timeout=30
    )
    bot = Bot(token, f"{api_url}/bot", f"{api_url}/file/bot", request=request, get_updates_request=request)
    try:
        yield bot
    finally:
        await request.shutdown()


def bot_id(token: str) -> int:
    """The bot's id, which its token begins with."""
    return int(token.partition(":")[0])


async def introduced(bot: Bot, *, retry_seconds: float = 1) -> User:
    """Who the bot is, waiting for the network; from then on ``bot.username`` is known.

    Raises:
        SettingsError: the token, or the server's address, is wrong.
    """
    failures = 0
    while True:
        try:
            return await bot.get_me()
        except TelegramError as error:
            fault = understood(error)
        if fault.meaning == Meaning.TOKEN:
            raise SettingsError(
                "Telegram does not know the bot of TELEGRAM_BOT_TOKEN: @BotFather gives a bot's token and takes it "
                "back. Copy the current one (the value is not shown here), and check TELEGRAM_API_URL if it is set."
            )
        failures += 1
        pause = fault.seconds or backoff(failures, retry_seconds)
        log.warning("Telegram cannot be reached (%s); next try in %.0f s", fault.reason, pause)
        await asyncio.sleep(pause)
