"""Updates on their way in, by long polling or by webhook: each is stored before Telegram is told that it was received.

Whatever ends a process, an update that it did not store is delivered again; one that it did store may be, too, and is
known by its id then.
"""

import asyncio
import json
import logging
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any, Self
from urllib.parse import urlencode

from telegram import Bot
from telegram.error import Conflict, TelegramError

from bot.channels.telegram.backoff import LONGEST_SECONDS, backoff
from bot.channels.telegram.errors import Meaning, understood
from bot.channels.telegram.notes import CHANNEL
from bot.errors import HomeError
from bot.messages import IncomingMessage
from bot.telegram.updates import queue_of
from storage.errors import Locked
from storage.exclusive import exclusive

log = logging.getLogger(__name__)

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "poll_answer", "my_chat_member")
"""What the bot wants to hear of; Telegram sends nothing else."""

Store = Callable[[Mapping[str, Any]], Awaitable[None]]
"""Commits an update, as Telegram sent it; it knows one that it has stored before. An exception: it is not stored."""


def incoming(update: Mapping[str, Any], bot_id: int, received_at: datetime) -> IncomingMessage:
    """The update as the inbox stores it: whole, under the bot's and its own id, in its chat's queue."""
    external_id = f"{bot_id}:{update['update_id']}"
    return IncomingMessage(CHANNEL, external_id, queue_of(update), json.dumps(update, ensure_ascii=False), received_at)


@contextmanager
def only_one(database_url: str, bot_id: int) -> Iterator[None]:
    """Holds the bot's place: one process at a time polls and sends for it; a crash frees the place.

    Raises:
        HomeError: another process has it.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(exclusive(database_url, f"telegram-{bot_id}"))
        except Locked as error:
            raise HomeError(
                f"Otro proceso ya atiende al bot {bot_id} de Telegram con esta base de datos; solo puede hacerlo uno a "
                "la vez. Detenlo primero, o quita TELEGRAM_BOT_TOKEN aquí para servir solo la página web."
            ) from error
        yield


class Polling:
    """Asks Telegram for updates and has them stored. Use it as an async context manager."""

    def __init__(
        self,
        bot: Bot,
        store: Store,
        *,
        poll_seconds: int = 30,
        retry_seconds: float = 1,
        conflict_seconds: float = 5,
    ) -> None:
        """
        Args:
            poll_seconds: how long Telegram holds a call while there is no update.
            retry_seconds: pause after the first fault; each is twice the last, up to 60 seconds.
            conflict_seconds: the same when somebody else asks for this bot's updates.
        """
        self._bot = bot
        self._store = store
        self._poll_seconds = poll_seconds
        self._retry_seconds = retry_seconds
        self._conflict_seconds = conflict_seconds
        self._offset: int | None = None
        self._trouble = ""
        self._asking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._asking = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Asks no more. What was stored and is not confirmed comes again at the next start, and is known by its id."""
        if self._asking:
            self._asking.cancel()
            await asyncio.wait([self._asking])

    def health(self) -> dict[str, object]:
        """For ``/healthz``: the trouble while it lasts, "" if there is none."""
        return {"mode": "polling", "trouble": self._trouble}

    async def _run(self) -> None:
        await self._until_done(self._leave_webhook)
        await self._until_done(self._poll)

    async def _until_done(self, step: Callable[[], Awaitable[bool]]) -> None:
        """Repeats the step until it is True; after a fault with a pause that grows."""
        failures = 0
        while True:
            try:
                done = await step()
            except Exception as error:
                # Any kind: Telegram's, the network's, the store's or ours. Without this loop the bot is deaf until a
                # restart; Telegram keeps what was not confirmed, so that it comes with the next try.
                failures += 1
                await asyncio.sleep(self._pause(error, failures))
                continue
            if failures:
                log.warning("Telegram's updates come in again")
            failures, self._trouble = 0, ""
            if done:
                return

    def _pause(self, error: Exception, failures: int) -> float:
        """Says what is wrong; the seconds until the next try."""
        if isinstance(error, Conflict):
            self._trouble = "conflict"
            log.error(
                "Somebody else receives the updates of this bot (409): another process with the same "
                "TELEGRAM_BOT_TOKEN, or a webhook. Stop it; this one tries again."
            )
            return backoff(failures, self._conflict_seconds)
        if not isinstance(error, TelegramError):
            self._trouble = "updates cannot be stored"
            _log_failure(self._trouble, error)
            return backoff(failures, self._retry_seconds)
        fault = understood(error)
        if self._trouble != fault.reason:
            log.warning("Telegram's updates cannot be fetched (%s); it is tried again", fault.reason)
        self._trouble = fault.reason
        if fault.meaning == Meaning.TOKEN:
            return LONGEST_SECONDS
        return fault.seconds or backoff(failures, self._retry_seconds)

    async def _leave_webhook(self) -> bool:
        return await self._bot.delete_webhook(drop_pending_updates=False)

    async def _poll(self) -> bool:
        updates = await self._updates()
        for update in updates:
            await self._store(update)
            self._offset = max(self._offset or 0, update["update_id"] + 1)
        if not updates:
            # All is confirmed. Without an offset the next call is right even when Telegram begins to count anew,
            # as it may after a week without updates.
            self._offset = None
        return False

    async def _updates(self) -> list[dict[str, Any]]:
        """The next updates as Telegram sent them.

        ``Bot.get_updates`` would parse them first, and fail for good at one that python-telegram-bot cannot read.
        """
        asked = {"timeout": self._poll_seconds, "allowed_updates": json.dumps(ALLOWED_UPDATES)}
        asked |= {} if self._offset is None else {"offset": self._offset}
        url = f"{self._bot.base_url}/getUpdates?{urlencode(asked)}"
        try:
            updates = await self._bot.request.post(url, read_timeout=self._poll_seconds + 10)
        except (KeyError, TypeError) as error:
            raise TelegramError("Invalid server response") from error
        if not isinstance(updates, list) or not all(isinstance(update.get("update_id"), int) for update in updates):
            raise TelegramError("Invalid server response")
        return updates


def _log_failure(what: str, error: Exception) -> None:
    # The place and the kind, not the error's own text: that may quote the student.
    log.error("%s: %s\n%s", what, type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
