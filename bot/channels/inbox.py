"""The durable inbox at work: a message is stored before it is acknowledged, and handled once, in its chat's order.

Many chats are handled at once, each chat one message at a time. What a crash interrupts is taken up again;
what fails three times, or was being handled at ten crashes, is parked, so that it blocks nobody, and whoever sent it
is told. Several processes may share one PostgreSQL inbox.
"""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Self

from bot.messages import IncomingMessage
from storage import inbox as stored
from storage.database import Database
from storage.inbox import InboxItem

log = logging.getLogger(__name__)

MAX_FAILURES = 3
"""A message is parked after this many failures."""
MAX_DEATHS = 10
"""And after so many claims that never ended, as when it ends the process each time. These are more, since a process
that ends takes all that it is handling with it, which is mostly none of the messages' fault."""
LastWord = Callable[[InboxItem, str], Awaitable[None]]
"""Told which message is about to be parked, and why, so that its sender is told."""
_STORING_SECONDS = 30
"""A lease outlasts the time to handle a message by this much, in which its end is stored."""


class Inbox:
    """Stores what channels receive and has it handled. Use it as an async context manager."""

    def __init__(
        self,
        database: Database,
        handle: Callable[[InboxItem], Awaitable[None]],
        *,
        last_word: LastWord | None = None,
        workers: int = 16,
        handling_seconds: float = 300,
        poll_seconds: float = 1,
        retry_seconds: float = 5,
        drain_seconds: float = 20,
        channels: Sequence[str] | None = None,
        release: Sequence[str] = (),
    ) -> None:
        """``handle`` answers one message; an exception from it is a failure, to be tried again.

        Args:
            last_word: a fault of its is logged; the message is parked all the same.
            workers: messages handled at the same time.
            handling_seconds: a message that takes longer is cancelled and counts as failed. Its lease is longer,
                so that no other worker takes up what is just being ended.
            poll_seconds: how often another process's messages, and those to be tried again, are looked for.
            retry_seconds: pause before a failed message is tried again.
            drain_seconds: how long the end waits for what is being handled.
            channels: whose messages are handled; None: all.
            release: channels that no other process serves: what is marked there as being handled when the
                inbox starts was interrupted, and is taken up at once instead of when its lease ends.
        """
        self._database = database
        self._handle = handle
        self._last_word = last_word
        self._handling_seconds = handling_seconds
        self._poll_seconds = poll_seconds
        self._retry_seconds = retry_seconds
        self._drain_seconds = drain_seconds
        self._channels = channels
        self._release = release
        self._workers = workers
        self._looking = asyncio.Lock()
        self._wake = asyncio.Event()
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        if self._release and (count := await asyncio.to_thread(self._give_back)):
            log.warning("%d interrupted message(s) are taken up again", count)
        self._tasks = [asyncio.create_task(self._work()) for _ in range(self._workers)]
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Takes up nothing more, and waits for what is being handled."""
        self._stopping = True
        self._wake.set()
        _, late = await asyncio.wait(self._tasks, timeout=self._drain_seconds)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
            log.warning("the inbox stopped before all was handled; what was interrupted is taken up again later")

    async def receive(self, message: IncomingMessage) -> bool:
        """Stores a message; on return it is safe to acknowledge it. False for one that is known already."""
        new = await asyncio.to_thread(self._store, message)
        if new:
            self._wake.set()
        return new

    async def _work(self) -> None:
        while item := await self._next():
            try:
                await self._end(item, await self._attempt(item))
            except Exception as error:
                # Any kind: a worker that ends leaves its students without answers until a restart. The message is not
                # lost, since its lease runs out and it is taken up again.
                _log_failure(f"inbox {item.id}: its end could not be stored", error)
            self._wake.set()  # the chat's next message may be taken up now

    async def _next(self) -> InboxItem | None:
        """The next message to handle, waiting for it; None once the inbox stops."""
        async with self._looking:  # one worker looks for all, or idle ones would keep the database busy
            while not self._stopping:
                self._wake.clear()
                try:
                    if item := await asyncio.to_thread(self._claim):
                        return item
                except Exception as error:
                    # Any kind, a fault of ours included: without this loop nobody is answered any more. It looks again
                    # after the pause below, and a database that came back is found.
                    _log_failure("the inbox cannot be read", error)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self._poll_seconds)
        return None

    async def _attempt(self, item: InboxItem) -> str:
        """Handles a message; returns what went wrong, or nothing."""
        if item.deaths >= MAX_DEATHS:
            return "the process ended each time that it was handled"
        try:
            async with asyncio.timeout(self._handling_seconds):
                await self._handle(item)
        except Exception as error:
            # Any kind: this is the one place that decides what becomes of a message whose handling failed. It is tried
            # again, then parked with the fault's kind, and its student is told.
            _log_failure(f"inbox {item.id} failed, {item.failures + 1} of {MAX_FAILURES} times", error)
            return type(error).__name__
        return ""

    async def _end(self, item: InboxItem, fault: str) -> None:
        if not fault:
            await asyncio.to_thread(self._finish, item)
        elif item.deaths >= MAX_DEATHS or item.failures + 1 >= MAX_FAILURES:
            await self._apologise(item, fault)
            await asyncio.to_thread(self._park, item, fault)
            log.error("inbox %d is parked: %s", item.id, fault)
        else:
            await asyncio.to_thread(self._fail, item, fault)

    async def _apologise(self, item: InboxItem, fault: str) -> None:
        if not self._last_word:
            return
        try:
            async with asyncio.timeout(_STORING_SECONDS / 2):
                await self._last_word(item, fault)
        except Exception as error:
            # Any kind: the handling has failed for good by now. A fault here must not keep the message from being
            # parked, or it would come back for ever.
            _log_failure(f"inbox {item.id}: nobody can be told that it failed", error)

    def _give_back(self) -> int:
        with self._database.writing() as session:
            return stored.release(session, channels=self._release)

    def _store(self, message: IncomingMessage) -> bool:
        with self._database.writing() as session:
            return stored.receive(
                session,
                channel=message.channel,
                external_id=message.external_id,
                chat_id=message.chat_id,
                text=message.text,
                received_at=message.received_at,
            )

    def _claim(self) -> InboxItem | None:
        with self._database.writing() as session:
            lease_seconds = self._handling_seconds + _STORING_SECONDS
            return stored.claim(session, now=datetime.now(UTC), lease_seconds=lease_seconds, channels=self._channels)

    def _finish(self, item: InboxItem) -> None:
        with self._database.writing() as session:
            stored.finish(session, item.id, now=datetime.now(UTC))

    def _fail(self, item: InboxItem, reason: str) -> None:
        with self._database.writing() as session:
            now = datetime.now(UTC)
            stored.fail(session, item.id, reason=reason, now=now, retry_after_seconds=self._retry_seconds)

    def _park(self, item: InboxItem, reason: str) -> None:
        with self._database.writing() as session:
            stored.park(session, item.id, reason=reason, now=datetime.now(UTC))


def _log_failure(what: str, error: Exception) -> None:
    # The place and the kind, not the error's own text: that may quote the student.
    log.error("%s: %s\n%s", what, type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
