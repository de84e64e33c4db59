"""What the tests put into the outbox, and how they see what became of it."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update

from storage import outbox
from storage.database import Database
from storage.models import Outbox
from tests.telegram.users import User


class OutboxSide:
    """The conversation's side of the outbox."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def put(self, chat_id: int, text: str, method: str = "sendMessage", **payload: Any) -> int:
        """Stores something to be sent; its id. ``text`` is the text of a message or of an edit."""
        texts = {"text": text} if "essage" in method and text else {}
        with self.database.writing() as session:
            stored = outbox.put(
                session,
                channel="telegram",
                chat_id=str(chat_id),
                method=method,
                payload=texts | payload,
                now=datetime.now(UTC),
            )
        assert stored is not None
        return stored

    def row(self, item_id: int) -> Outbox:
        """The item as it is stored now."""
        with self.database.reading() as session:
            return session.scalars(select(Outbox).where(Outbox.id == item_id)).one()

    def change(self, item_id: int, **values: object) -> None:
        """Makes the item what it would be after something that takes too long for a test."""
        with self.database.writing() as session:
            session.execute(update(Outbox).where(Outbox.id == item_id).values(values))

    def statuses(self) -> list[str]:
        """The statuses of all, oldest first."""
        with self.database.reading() as session:
            return list(session.scalars(select(Outbox.status).order_by(Outbox.id)))

    async def settled(self, seconds: float = 10) -> list[str]:
        """The statuses of all, once nothing waits any more."""
        await until(lambda: not {"pending", "sending"} & set(self.statuses()), seconds)
        return self.statuses()


def texts(user: User) -> list[str]:
    """What the user sees of the bot in the private chat."""
    return [message.text for message in user.chat.bot_messages]


async def until(holds: Callable[[], object], seconds: float = 10) -> None:
    """Returns once it holds.

    Raises:
        AssertionError: it did not in so many seconds.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.02)
