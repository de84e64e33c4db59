"""What students wrote is kept as long as the setting says, or until one of them wants it deleted; then it is gone."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from storage import chat_states, retention
from storage.database import Database
from storage.retention import Forgotten

log = logging.getLogger("cenfobot")
_EVERY = timedelta(days=1)


def forget_old(database: Database, days: int, now: datetime | None = None) -> Forgotten:
    """Deletes what is older than ``days`` days, nothing where that is 0, and the texts that nobody returned for."""
    now = now or datetime.now(UTC)
    with database.writing() as session:
        given_up = chat_states.give_up_old(session, now)
        forgotten = retention.forget_before(session, now - timedelta(days=days)) if days else Forgotten(0, 0)
    if given_up or forgotten != Forgotten(0, 0):
        database.shred()
    return forgotten


def forget_chat(database: Database, channel: str, chat_id: str) -> Forgotten:
    """Deletes everything of one chat."""
    with database.writing() as session:
        forgotten = retention.forget_chat(session, channel, chat_id, datetime.now(UTC))
    database.shred()
    return forgotten


async def forget_daily(database: Database, days: int) -> None:
    """Forgets what is too old, now and then once a day, until it is cancelled."""
    while True:
        try:
            forgotten = await asyncio.to_thread(forget_old, database, days)
            if forgotten.messages:
                log.info("%d messages older than %d days were deleted", forgotten.messages, days)
        except Exception:  # tomorrow is another day; serving goes on
            log.exception("what is older than %d days could not be deleted", days)
        await asyncio.sleep(_EVERY.total_seconds())
