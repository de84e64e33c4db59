"""What is decided about an event, committed together with the end of the inbox's message."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from bot.channels.telegram.talk import CHANNEL, Talk
from bot.errors import AlreadyAnswered
from bot.telegram.events import Event, Ignored, Membership, Migrated
from storage import chat_states, inbox
from storage.database import Database
from storage.inbox import InboxItem

_Result = TypeVar("_Result")


class Commit:
    """Call it with what decides; that must not wait for anything."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, item: InboxItem, event: Event, decide: Callable[[Talk], _Result]) -> _Result:
        """What ``decide`` returned, once it is committed.

        Raises:
            AlreadyAnswered: another worker was quicker; nothing was decided.
        """
        return await asyncio.to_thread(self._commit, item, event, decide)

    def _commit(self, item: InboxItem, event: Event, decide: Callable[[Talk], _Result]) -> _Result:
        now = datetime.now(UTC)
        with self._database.writing() as session:
            if not inbox.finish(session, item.id, now=now):
                raise AlreadyAnswered(f"Inbox message {item.id} was handled by another worker.")
            if not isinstance(event.what, Membership | Migrated | Ignored):
                chat_states.mark_reachable(session, CHANNEL, event.chat_id, now)
            return decide(Talk(session, event, now))
