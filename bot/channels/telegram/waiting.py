"""Who waits long for an answer is told the place in the queue, once, and can cancel the question."""

import asyncio
import logging
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Self

from bot.channels.telegram import wording
from bot.channels.telegram.talk import CHANNEL, Read, Talk
from bot.telegram.events import Event, Media, TextMessage
from bot.telegram.keyboards import button, keyboard
from bot.telegram.updates import PRESSES
from storage import conversations, handoffs, inbox, outbox
from storage.database import Database, Session
from storage.outbox import OutboxItem

log = logging.getLogger(__name__)
_ABOUT = "queue:"


class Waiting:
    """Looks each second for questions that wait. Use it as an async context manager."""

    def __init__(
        self,
        database: Database,
        read: Read,
        wake: Callable[[], None],
        *,
        patience: timedelta,
        look_seconds: float = 1,
    ) -> None:
        """``wake`` is called when there is something to send."""
        self._database = database
        self._read = read
        self._wake = wake
        self._patience = patience
        self._look_seconds = look_seconds
        self._told: set[int] = set()
        """What was looked at, of all that waits still."""
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._looking = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._looking:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._look_seconds)
            try:
                if await asyncio.to_thread(self._tell):
                    self._wake()
            except Exception as error:
                # Any kind: telling who waits is a courtesy, and a fault in it must not end the courtesy for everybody.
                # Nothing is lost: who was not told is found at the next look.
                trace = "".join(traceback.format_tb(error.__traceback__))
                log.error("who waits cannot be read: %s\n%s", type(error).__name__, trace)

    def _tell(self) -> bool:
        """Tells all whose patience is over; whether there was anybody to tell."""
        now = datetime.now(UTC)
        places: dict[str, int] = {}
        seen: set[int] = set()
        untold: list[tuple[int, int, Event]] = []
        with self._database.reading() as session:
            late = inbox.overdue(session, CHANNEL, now - self._patience)
            for item in late:
                if item.chat_id.endswith(PRESSES) or item.chat_id in places:
                    continue
                places[item.chat_id] = len(places) + 1
                event = self._read(item.text, item.received_at)
                seen.add(item.id)
                if item.id not in self._told and self._is_question(session, event):
                    untold.append((item.id, places[item.chat_id], event))
        self._told = seen
        if not untold:
            return False
        with self._database.writing() as session:
            # Who was answered since then needs no notice, and it would come after the answer.
            for item_id, place, event in [one for one in untold if inbox.hold(session, one[0])]:
                about = f"{_ABOUT}{item_id}"
                cancel = button(wording.CANCEL, "no", item_id)
                Talk(session, event, now).say(wording.IN_QUEUE.format(place=place), [cancel], about=about, once=about)
        return True

    def _is_question(self, session: Session, event: Event) -> bool:
        if not isinstance(event.what, TextMessage | Media) or not event.what.addressed:
            return False
        if isinstance(event.what, Media) and not event.what.caption:
            return False
        conversation = conversations.find_conversation(session, CHANNEL, event.chat_id)
        return conversation is None or handoffs.open_of(session, conversation) is None


def end(session: Session, chat_id: str, item_id: int, now: datetime, *, answered: bool = True) -> None:
    """Takes the button from the notice of a question that is answered now, or that failed for good."""
    for notice in outbox.message_of(session, channel=CHANNEL, about=f"{_ABOUT}{item_id}"):
        _end(session, notice, str(notice.message_id), now, answered=answered)


def notice_sent(session: Session, notice: OutboxItem, message_id: str, now: datetime) -> None:
    """A notice has arrived; perhaps later than the answer was stored."""
    item_id = int(notice.about.removeprefix(_ABOUT))
    if all(item.id != item_id for item in inbox.waiting(session, CHANNEL, notice.chat_id)):
        _end(session, notice, message_id, now, answered=not inbox.is_parked(session, item_id))


def is_notice(item: OutboxItem) -> bool:
    """Whether what was sent is such a notice."""
    return item.about.startswith(_ABOUT)


def _end(session: Session, notice: OutboxItem, message_id: str, now: datetime, *, answered: bool) -> None:
    text = wording.ANSWERED if answered else wording.NOT_ANSWERED
    payload = {"message_id": int(message_id), "text": text, "reply_markup": keyboard()}
    outbox.put(session, channel=CHANNEL, chat_id=notice.chat_id, method="editMessageText", payload=payload, now=now)
