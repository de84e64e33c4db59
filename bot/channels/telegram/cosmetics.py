"""Calls that nobody misses: typing, drafts, answers to presses, the command menu. They may fail without harm.

A 429 keeps further ones of its chat, or of its method where no chat is concerned, from being made until it is over.
It does not hold back what the outbox sends: an answer must not wait because a draft came too often.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from telegram.error import TelegramError

from bot.channels.telegram.errors import Meaning, understood
from bot.channels.telegram.floods import Floods

log = logging.getLogger(__name__)

_SECONDS = 10
"""A cosmetic call that takes longer is given up."""


class Cosmetics:
    """Makes such calls, unless Telegram has asked for a pause."""

    def __init__(self, floods: Floods) -> None:
        """``floods`` are shared with the Sender, whose 429s count here."""
        self._floods = floods

    async def attempt(self, method: str, chat_id: str, call: Callable[[], Awaitable[object]]) -> bool:
        """Whether the call was made and Telegram took it. ``chat_id`` is "" where no chat is concerned."""
        key = _key(chat_id or method)
        if self._floods.paused(key, chat_id):
            return False
        try:
            async with asyncio.timeout(_SECONDS):
                await call()
        except TelegramError as error:
            fault = understood(error)
            if fault.meaning == Meaning.WAIT:
                self._floods.pause(key, fault.seconds)
            log.debug("%s failed: %s", method, fault.meaning)
            return False
        except TimeoutError:
            log.debug("%s took too long", method)
            return False
        return True

    def rests(self, chat_id: str) -> bool:
        """Whether Telegram has asked for a pause in the chat."""
        return self._floods.paused(_key(chat_id), chat_id)


def _key(of: str) -> str:
    return f"cosmetic {of}"
