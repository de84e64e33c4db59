"""The inbox as the receiving side's ``store``, which fails when it is told to."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.channels.telegram.receiving import incoming
from storage import inbox
from storage.database import Database
from tests.telegram.users import User


class Stored:
    """The inbox of a database. The next ``failures`` updates are not stored."""

    def __init__(self, database: Database, bot_id: int) -> None:
        self.database = database
        self.bot_id = bot_id
        self.failures = 0
        self.delivered = 0

    async def __call__(self, update: Mapping[str, Any]) -> None:
        self.delivered += 1
        if self.failures:
            self.failures -= 1
            raise OSError("the disk is full")
        message = incoming(update, self.bot_id, datetime.now(UTC))
        with self.database.writing() as session:
            inbox.receive(
                session,
                channel=message.channel,
                external_id=message.external_id,
                chat_id=message.chat_id,
                text=message.text,
                received_at=message.received_at,
            )

    def updates(self, chat_id: int) -> list[dict[str, Any]]:
        """What the inbox has of a chat, in order."""
        with self.database.reading() as session:
            return [json.loads(item.text) for item in inbox.waiting(session, "telegram", str(chat_id))]

    def texts(self, user: User) -> list[str]:
        return [update["message"]["text"] for update in self.updates(user.id)]
