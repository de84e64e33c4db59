"""An answer in the making where there are no drafts: a message that grows by edits, until the answer takes its place.

All of it goes through the outbox, so that it keeps the chat's order and Telegram's rates, and so that the answer is
never lost: it edits the last of these messages that has arrived, and is sent as a new one where none has.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.channels.telegram.talk import CHANNEL, INSTEAD_OF, Talk
from bot.telegram.events import Event
from bot.telegram.texts import LIMIT, split
from storage import inbox, outbox
from storage.database import Database, Session
from storage.errors import StorageError
from storage.outbox import OutboxItem

log = logging.getLogger(__name__)
_MORE = " …"


class Pieces:
    """What is shown of one answer while it is written."""

    def __init__(self, database: Database, wake: Callable[[], None], event: Event, item_id: int) -> None:
        """``item_id`` is the inbox's message that is answered; ``wake`` is called when there is something to send."""
        self._database = database
        self._wake = wake
        self._event = event
        self._item_id = item_id

    async def show(self, text: str) -> bool:
        """Shows all of the text that is checked so far; False: not now, since the chat has to wait for something."""
        try:
            shown = await asyncio.to_thread(self._put, text)
        except StorageError as error:  # nobody misses it: the answer is on its way
            log.warning("a piece of an answer cannot be shown: %s", type(error).__name__)
            return False
        if shown:
            self._wake()
        return shown

    def _put(self, text: str) -> bool:
        with self._database.writing() as session:
            # What is sent already must not be overtaken, nor what is waiting held up.
            if not inbox.hold(session, self._item_id) or outbox.is_busy(session, CHANNEL, self._event.chat_id):
                return False
            about = _about(self._item_id)
            payload = {"text": split(text, LIMIT - len(_MORE))[0] + _MORE, INSTEAD_OF: about}
            return Talk(session, self._event, datetime.now(UTC)).send("sendMessage", payload, about=about)


def place_of_answer(session: Session, chat_id: str, item_id: int, now: datetime) -> str | None:
    """What the message is about whose place the answer takes, if there is one; its pieces that wait are dropped.

    No piece follows in the caller's transaction, nor after it if that ends the inbox's message.
    """
    inbox.hold(session, item_id)
    about = _about(item_id)
    pieces = outbox.history(session, channel=CHANNEL, chat_id=chat_id, abouts=[about])
    for piece in pieces:
        if piece.status == "pending":
            outbox.failed(session, piece.id, reason="the answer was first", now=now)
    return about if any(piece.status in ("sending", "sent") for piece in pieces) else None


def placed(session: Session, item: OutboxItem) -> OutboxItem:
    """The item as it is to be sent now: an edit, if it takes the place of a message that has arrived."""
    if INSTEAD_OF not in item.payload:
        return item
    abouts = [str(item.payload[INSTEAD_OF])]
    earlier = outbox.history(session, channel=CHANNEL, chat_id=item.chat_id, abouts=abouts)
    message_id = next((one.message_id for one in earlier if one.message_id), None)
    return replace(item, payload={**item.payload, "message_id": int(message_id)}) if message_id else item


def elsewhere(payload: Mapping[str, Any]) -> dict[str, Any] | None:
    """The payload of a message of its own, for what cannot be shown in another's place; None if it was to be none."""
    if INSTEAD_OF not in payload:
        return None
    return {name: value for name, value in payload.items() if name not in (INSTEAD_OF, "message_id")}


def _about(item_id: int) -> str:
    return f"piece:{item_id}"
