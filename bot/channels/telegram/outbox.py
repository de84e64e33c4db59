"""The outbox at work: what is stored there is sent, in order per chat, at Telegram's rates, and its end is noted.

One process at a time runs a Sender per bot (``receiving.only_one``). What is in flight when that process is killed
may have been sent: it is sent again at the next start, and counted in ``interrupted``.
"""

import asyncio
import logging
import math
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Self

from telegram import Bot, Message
from telegram.error import TelegramError

from bot.channels.telegram import notes
from bot.channels.telegram.backoff import LONGEST_SECONDS, backoff
from bot.channels.telegram.calls import lighter, prepared
from bot.channels.telegram.errors import Fault, Meaning, understood
from bot.channels.telegram.floods import Floods
from bot.channels.telegram.notes import CHANNEL, Note
from bot.channels.telegram.pacing import Pace
from bot.channels.telegram.pieces import elsewhere, placed
from storage import outbox
from storage.database import Database, Session
from storage.errors import StorageError
from storage.outbox import OutboxItem

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 1_500
"""An item is given up after so many: about a day of network errors, when an answer is no use any more."""
_ODD_ATTEMPTS = 5
"""And after so many that end in no error of Telegram's or of the network's."""

OnSent = Callable[[Session, OutboxItem, Message], None]
"""Told what was sent, in the transaction that notes it."""


class Sender:
    """Sends what is in the outbox. Use it as an async context manager."""

    def __init__(
        self,
        bot: Bot,
        database: Database,
        *,
        floods: Floods | None = None,
        on_sent: OnSent | None = None,
        max_in_flight: int = 20,
        poll_seconds: float = 1,
        retry_seconds: float = 1,
        drain_seconds: float = 10,
    ) -> None:
        """
        Args:
            floods: told of each 429, for the cosmetic calls.
            on_sent: a fault of its is logged and changes nothing.
            max_in_flight: chats that are sent to at the same time.
            poll_seconds: how often another process's items are looked for.
            retry_seconds: pause after the first network error; each is twice the last, up to 60 seconds.
            drain_seconds: how long the end sends what is stored by then; the rest is sent at the next start.
        """
        self._bot = bot
        self._database = database
        self._floods = floods or Floods()
        self._on_sent = on_sent
        self._max_in_flight = max_in_flight
        self._poll_seconds = poll_seconds
        self._retry_seconds = retry_seconds
        self._drain_seconds = drain_seconds
        self._pace = Pace()
        self._resting: set[str] = set()
        """Chats that were sent as much as they may get at once."""
        self._in_flight: dict[str, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._ends_at = math.inf
        self._looking: asyncio.Task[None] | None = None
        self._trouble = ""
        self.interrupted = 0
        """Items that the last process left in flight; each may have been sent twice."""

    async def __aenter__(self) -> Self:
        self.interrupted = await asyncio.to_thread(self._take_up)
        if self.interrupted:
            log.warning("%d interrupted send(s) are made again; each may arrive twice", self.interrupted)
        self._looking = asyncio.create_task(self._look())
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Sends what may be sent now, so that an answer does not wait for the next start."""
        self._ends_at = time.monotonic() + self._drain_seconds
        self.wake()
        self._wake_in(self._drain_seconds)
        if self._looking:
            await self._looking
        if late := [*self._in_flight.values()]:
            for task in late:
                task.cancel()
            await asyncio.wait(late)
            log.warning("%d send(s) were broken off; they are made again at the next start", len(late))

    def wake(self) -> None:
        """Looks at once; call it after the commit of a new item."""
        self._wake.set()

    def health(self) -> dict[str, object]:
        """For ``/healthz``: what is in flight, and the last trouble while it lasts."""
        return {"in_flight": len(self._in_flight), "interrupted": self.interrupted, "trouble": self._trouble}

    async def _look(self) -> None:
        while time.monotonic() < self._ends_at:
            self._wake.clear()
            try:
                item = await self._next()
            except Exception as error:
                # Any kind, a fault of ours included: without this loop nothing is sent to anybody any more. What waits
                # stays in the database, and is found at the next look.
                _log_failure("the outbox cannot be read", error)
                item = None
            if item:
                self._pace.take(item.chat_id)
                self._in_flight[item.chat_id] = asyncio.create_task(self._send(item))
            elif self._ends_at < math.inf and not (self._in_flight or self._resting or self._pace.until_any()):
                return
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self._poll_seconds)

    async def _next(self) -> OutboxItem | None:
        if len(self._in_flight) >= self._max_in_flight:
            return None
        if pause := self._pace.until_any():
            self._wake_in(pause)
            return None
        self._resting = {chat_id for chat_id in self._resting if self._pace.until(chat_id)}
        return await asyncio.to_thread(self._claim, {*self._in_flight, *self._resting})

    def _wake_in(self, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self._wake.set)

    async def _send(self, item: OutboxItem) -> None:
        try:
            await self._attempt(item)
        except Exception as error:
            # Any kind: this is a task of its own that nobody waits for, so that a fault would vanish unsaid. The item
            # stays marked as being sent, and the next start counts it as interrupted.
            _log_failure(f"outbox {item.id}: its end could not be noted", error)
        finally:
            self._pace.settle(item.chat_id)
            if pause := self._pace.until(item.chat_id):
                self._resting.add(item.chat_id)
                self._wake_in(pause)
            del self._in_flight[item.chat_id]
            self.wake()

    async def _attempt(self, item: OutboxItem) -> None:
        result = await self._result(item)
        if not isinstance(result, Fault):
            self._trouble = ""
            log.info("outbox %d is sent, attempt %d", item.id, item.attempts)
            await self._note(partial(self._note_sent, item, result))
        else:
            log.info("outbox %d, attempt %d: %s", item.id, item.attempts, result.meaning)
            await self._follow(item, result)

    async def _result(self, item: OutboxItem) -> Message | bool | Fault:
        try:
            call = prepared(self._bot, item.method, item.chat_id, item.payload)
        except (KeyError, TypeError, ValueError) as error:
            return Fault(Meaning.HOPELESS, type(error).__name__)
        try:
            return await call
        except TelegramError as error:
            return understood(error)
        except Exception as error:
            # Any kind: what the library raises besides its own errors, where a proxy answers in another shape than the
            # Bot API, is documented nowhere. Tried again, then given up.
            _log_failure(f"outbox {item.id} failed", error)
            given_up = item.attempts >= _ODD_ATTEMPTS
            return Fault(Meaning.HOPELESS if given_up else Meaning.AGAIN, type(error).__name__)

    async def _follow(self, item: OutboxItem, fault: Fault) -> None:
        """Does what the fault asks for."""
        match fault.meaning:
            case Meaning.WAIT:
                self._floods.pause(item.chat_id, fault.seconds)
                await self._note(partial(notes.flood, item, fault.seconds))
                self._wake_in(fault.seconds)
            case Meaning.AGAIN | Meaning.TOKEN:
                await self._again(item, fault)
            case Meaning.UNREACHABLE:
                log.warning("the chat of outbox %d is unreachable: %s", item.id, fault.reason)
                await self._note(partial(notes.unreachable, item, fault.reason))
            case Meaning.MOVED:
                log.warning("the chat of outbox %d has become a supergroup", item.id)
                await self._note(partial(notes.moved, item, fault.moved_to))
            case Meaning.UNCHANGED:
                await self._note(partial(notes.sent, item, None))
            case Meaning.REFUSED if (less := lighter(item.method, item.payload, fault.reason)) is not None:
                log.warning("outbox %d was refused and is sent again with less in it", item.id)
                await self._note(partial(notes.lighter, item, less, fault.reason))
            case Meaning.REFUSED | Meaning.HOPELESS if (own := elsewhere(item.payload)) is not None:
                await self._note(partial(notes.lighter, item, own, fault.reason))
            case _:
                log.error("outbox %d can never be sent; its row says why", item.id)
                await self._note(partial(notes.failed, item, fault.reason))

    async def _again(self, item: OutboxItem, fault: Fault) -> None:
        if item.attempts >= MAX_ATTEMPTS:
            log.error("outbox %d is given up after %d attempts: %s", item.id, item.attempts, fault.reason)
            await self._note(partial(notes.failed, item, fault.reason))
            return
        if self._trouble != fault.reason:
            self._trouble = fault.reason
            log.warning("sending to Telegram fails and is tried again: %s", fault.reason)
        refused = fault.meaning == Meaning.TOKEN
        pause = LONGEST_SECONDS if refused else backoff(item.attempts, self._retry_seconds)
        await self._note(partial(notes.again, item, pause, fault.reason))
        self._wake_in(pause)

    async def _note(self, note: Note) -> None:
        """Commits the end of an attempt, waiting for the database: to send once more would double a message."""
        while True:
            try:
                return await asyncio.to_thread(self._commit, note)
            except StorageError as error:
                _log_failure("the end of a send cannot be noted yet", error)
                await asyncio.sleep(self._poll_seconds)

    def _commit(self, note: Note) -> None:
        with self._database.writing() as session:
            note(session)

    def _take_up(self) -> int:
        with self._database.writing() as session:
            return outbox.interrupted(session, channel=CHANNEL)

    def _claim(self, exclude_chats: set[str]) -> OutboxItem | None:
        with self._database.writing() as session:
            item = outbox.next_due(session, channel=CHANNEL, now=notes.now(), exclude_chats=exclude_chats)
            return placed(session, item) if item else None

    def _note_sent(self, item: OutboxItem, message: Message | bool, session: Session) -> None:
        notes.sent(item, str(message.message_id) if isinstance(message, Message) else None, session)
        if self._on_sent and isinstance(message, Message):
            try:
                with session.begin_nested():
                    self._on_sent(session, item, message)
            except Exception as error:
                # Any kind: the message is with the student already. If a fault of what follows undid the note that it
                # was sent, it would be sent a second time.
                _log_failure(f"outbox {item.id} is sent, but what follows failed", error)


def _log_failure(what: str, error: Exception) -> None:
    # The place and the kind, not the error's own text: that may quote the student, or the token.
    log.error("%s: %s\n%s", what, type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
