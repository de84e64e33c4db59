"""A school's staff in Telegram, for tests: Rosa administers, Luis reviews, Eva is a student; no network is in it.

What people do goes to the staff's side as events; what it puts into the outbox is read from there, and is marked as
sent under message ids of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot.console.telegram.staff import TelegramStaff
from bot.messages import Passage
from bot.reviewing.desk import ReviewDesk
from bot.telegram.updates import Command, Edited, Event, Media, Press, TextMessage, What
from storage import conversations, inbox, outbox, staff
from storage.database import Database
from storage.inbox import InboxItem
from storage.models import Outbox

START = datetime(2026, 11, 22, 15, 4, tzinfo=UTC)
LIMA = ZoneInfo("America/Lima")
ROSA, LUIS, EVA = "71", "72", "99"
STAFF_CHAT = "-100200"
NAMES = {ROSA: "Rosa", LUIS: "Luis", EVA: "Eva"}


@dataclass(frozen=True)
class Put:
    """A row of the outbox."""

    chat: str
    method: str
    text: str
    about: str
    buttons: dict[str, str]
    """Text → data."""
    reply_to: str
    message_id: str
    """Of what it was sent as, or of what it changes."""


@dataclass
class Office:
    """The staff's side with its database, and a clock that stands still."""

    database: Database
    now: datetime = START
    woken: int = 0
    updates: int = 0
    seen: int = 0
    near: list[Passage] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.desk = ReviewDesk(self.database, clock=lambda: self.now)
        self.side = TelegramStaff(
            self.database,
            self.desk,
            nearest=self._nearest,
            model=lambda: "tiny-llama+v0003",
            recipe="tiny",
            zone=LIMA,
            wake=self._woken,
            clock=lambda: self.now,
            poll_seconds=0.01,
        )
        with self.database.writing() as session:
            for name, role, account in (("Rosa", "admin", ROSA), ("Luis", "reviewer", LUIS)):
                _, code = staff.add(session, name, role, self.now)
                staff.link(session, code, account, self.now)
            staff.set_fact(session, "telegram_chat", STAFF_CHAT)

    # --- what people do -----------------------------------------------------------------------------

    async def does(self, user: str, what: What, chat: str = "", message_id: str = "") -> bool:
        """Whether it was for staff. Without a chat it happens in the private one."""
        self.updates += 1
        where = chat or user
        item = self.received(where)
        event = Event(
            update_id=self.updates,
            chat_id=where,
            chat_type="supergroup" if where.startswith("-") else "private",
            user_id=user,
            user_name=NAMES.get(user, ""),
            at=self.now,
            message_id=message_id or str(5000 + self.updates),
            thread_id=None,
            what=what,
        )
        return await self.side.handle(event, item)

    def received(self, chat: str) -> InboxItem:
        with self.database.writing() as session:
            inbox.receive(
                session,
                channel="telegram",
                external_id=f"1:{self.updates}",
                chat_id=chat,
                text="{}",
                received_at=self.now,
            )
            (*_, item) = inbox.waiting(session, "telegram", chat)
        return item

    async def commands(self, user: str, text: str, chat: str = "", reply_to: str | None = None) -> bool:
        name, _, argument = text.removeprefix("/").partition(" ")
        return await self.does(user, Command(name, argument, reply_to), chat)

    async def presses(self, user: str, put: Put, button: str, chat: str = STAFF_CHAT) -> bool:
        return await self.does(user, Press("1", put.buttons[button]), chat, put.message_id)

    async def forges(self, user: str, data: str, chat: str = STAFF_CHAT, message_id: str = "1") -> bool:
        return await self.does(user, Press("1", data), chat, message_id)

    async def replies(self, user: str, put: Put, text: str, chat: str = STAFF_CHAT) -> bool:
        return await self.does(user, TextMessage(text, put.message_id, True), chat)

    async def edits_reply(self, user: str, put: Put, text: str) -> bool:
        return await self.does(user, Edited(text, True, self.now, put.message_id), STAFF_CHAT)

    async def replies_with_photo(self, user: str, put: Put) -> bool:
        return await self.does(user, Media("photo", "", None, put.message_id, True), STAFF_CHAT)

    def asks(self, question: str, chat: str = EVA, draft: str = "", reason: str = "unknown") -> int:
        """A student asks what nobody approved; the review's id."""
        with self.database.writing() as session:
            talk = conversations.open_conversation(session, "telegram", chat, now=self.now)
            message = conversations.log_question(session, talk, question, now=self.now)
            return self.desk.report(
                session, question=question, draft=draft, reason=reason, message_id=message, now=self.now
            )

    def talk(self, chat: str = EVA) -> int:
        with self.database.writing() as session:
            return conversations.open_conversation(session, "telegram", chat, now=self.now)

    # --- what comes of it ---------------------------------------------------------------------------

    def update(self, times: int = 3) -> list[Put]:
        """Brings the staff's chat up to date, sends all, and returns what is new since the last look."""
        for _ in range(times):
            self.side._board.update()
            self.send()
        return self.new()

    def send(self) -> None:
        """All that waits is sent."""
        with self.database.writing() as session:
            while item := outbox.next_due(session, channel="telegram", now=self.now, exclude_chats=()):
                edited = item.payload.get("message_id")
                self.keep(item.id, item.payload)
                outbox.sent(session, item.id, message_id=str(edited or 100 + item.id), now=self.now)

    def new(self) -> list[Put]:
        """The outbox's rows since the last look, sent now."""
        self.send()
        with self.database.reading() as session:
            rows = session.scalars(select(Outbox).where(Outbox.id > self.seen).order_by(Outbox.id)).all()
        self.seen = max([self.seen, *(row.id for row in rows)])
        return [_put(row, self._payloads[row.id]) for row in rows]

    def keep(self, row: int, payload: Any) -> None:
        self._payloads[row] = payload

    def waiting(self) -> int:
        """Inbox messages that are not finished."""
        with self.database.reading() as session:
            chats = (ROSA, LUIS, EVA, STAFF_CHAT)
            return sum(len(inbox.waiting(session, "telegram", chat)) for chat in chats)

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def _nearest(self, question: str) -> Sequence[Passage]:
        return self.near

    def _woken(self) -> None:
        self.woken += 1

    _payloads: dict[int, Any] = field(default_factory=dict)


def card(office: Office, question: str = "¿Hay becas?", draft: str = "") -> tuple[int, Put]:
    """A question that is asked; its review's id and its card."""
    review = office.asks(question, draft=draft)
    return review, next(put for put in office.update() if put.about == f"review:{review}")


def _put(row: Outbox, payload: dict[str, Any]) -> Put:
    rows = payload.get("reply_markup", {}).get("inline_keyboard", [])
    reply = payload.get("reply_parameters", {}).get("message_id", "")
    buttons = {button["text"]: button["callback_data"] for line in rows for button in line}
    return Put(row.chat_id, row.method, payload.get("text", ""), row.about, buttons, str(reply), row.message_id or "")
