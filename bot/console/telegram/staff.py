"""The staff's side of Telegram: tells what is for staff from what students write, checks who acts and where, does it.

An event that is for staff ends here: its inbox message is finished in the transaction that decides, and puts what is
to be said. Whoever is not linked is told once that this is for staff, and nothing else happens.
"""

import asyncio
import logging
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, tzinfo

from bot.console.telegram import figures, linking, retraining, wording
from bot.console.telegram.base import Asked, Nearest, number_in
from bot.console.telegram.board import MOST_CARDS, Board
from bot.console.telegram.cards import VERB
from bot.console.telegram.deciding import Deciding
from bot.console.telegram.handoffs import CLOSE, Handoffs
from bot.console.telegram.outgoing import CHANNEL, NOTICE, say
from bot.console.telegram.rights import Act, answer, by_admin, in_staff_chat, only_staff
from bot.reviewing.desk import ReviewDesk
from bot.telegram.keyboards import number, parts
from bot.telegram.updates import Command, Edited, Event, Media, Press, TextMessage
from storage import chat_states, inbox, outbox, staff
from storage.database import Database, Session
from storage.errors import UnknownId
from storage.inbox import InboxItem
from storage.staff import STAFF_CHAT

log = logging.getLogger("cenfobot")

_EVERYWHERE = frozenset({"vincular", "desvincular", "personal", "pendientes", "estado", "reentrenar"})
"""Commands that are for staff wherever they are written."""
_COMMANDS = _EVERYWHERE | {"ayuda", "cerrar"}
_LOOKS, _LOOK_SECONDS = 20, 0.1
"""How often and how long apart a message is looked for whose sending is just being noted."""


class TelegramStaff:
    """What members do in Telegram. ``people`` is what students reach them by."""

    def __init__(
        self,
        database: Database,
        desk: ReviewDesk,
        *,
        nearest: Nearest,
        model: Callable[[], str],
        recipe: str,
        zone: tzinfo,
        wake: Callable[[], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        poll_seconds: float = 1,
    ) -> None:
        """
        Args:
            model: names the model in service.
            recipe: what ``/reentrenar`` asks for.
            zone: where the school is.
            wake: called after a commit that put something into the outbox.
            poll_seconds: how often reviews that others opened or decided are looked for.
        """
        self.people = Handoffs(desk)
        self._database = database
        self._desk = desk
        self._nearest = nearest
        self._model = model
        self._recipe = recipe
        self._zone = zone
        self._wake = wake
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._board = Board(database, nearest, zone, clock)
        self._deciding = Deciding(desk, zone)
        self._changed = asyncio.Event()

    async def handle(self, event: Event, item: InboxItem) -> bool:
        """Does what is for staff, and finishes its message; False: it is a student's, and nothing was done."""
        await self._wait_for(event)
        handled = await asyncio.to_thread(self._handle, event, item)
        if handled:
            self._wake()
            self.wake_cards()
        return handled

    async def apologise(self, event: Event, item: InboxItem) -> bool:
        """Says that what staff did has failed for good; False: it is a student's, and nothing was said."""
        theirs = await asyncio.to_thread(self._apologise, event, item)
        if theirs:
            self._wake()
        return theirs

    async def watch(self) -> None:
        """Keeps the staff's chat up to date, until it is cancelled."""
        trouble = ""
        while True:
            self._changed.clear()
            try:
                if await asyncio.to_thread(self._board.update):
                    self._wake()
                trouble = ""
            except Exception as error:
                # Any kind, a fault of ours included: without this loop no card reaches the staff any more. What the
                # chat lacks is in the database, and the next look finds it; the same trouble is logged once.
                if type(error).__name__ != trouble:
                    _log_failure("the staff's chat cannot be kept up to date", error)
                trouble = type(error).__name__
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), self._poll_seconds)

    def wake_cards(self) -> None:
        """Looks at once for what the staff's chat lacks."""
        self._changed.set()

    def _handle(self, event: Event, item: InboxItem) -> bool:
        asked = self._asked(event)
        act = self._act(asked) if asked else None
        if act is None:
            return False
        with self._database.writing() as session:
            if inbox.finish(session, item.id, now=self._clock()):  # else another worker has done it
                chat_states.mark_reachable(session, CHANNEL, event.chat_id, self._clock())
                act(session)
        return True

    def _asked(self, event: Event) -> Asked | None:
        """The event with what is to be known of it; None where it can be for nobody but the bot."""
        message_id = _place(event)
        if message_id is None:  # a student's: nothing is read for it
            return None
        with self._database.reading() as session:
            member = staff.by_account(session, event.user_id) if event.user_id else None
            staff_chat = staff.get_fact(session, STAFF_CHAT)
        about = self._about(event.chat_id, message_id) if message_id else ""
        return Asked(event, member, staff_chat, about, self._clock())

    async def _wait_for(self, event: Event) -> None:
        """Waits a little where the message that the event is about may have been sent this very moment."""
        if message_id := _place(event):
            for _ in range(_LOOKS):
                if not await asyncio.to_thread(self._is_sending, event.chat_id, message_id):
                    break
                await asyncio.sleep(_LOOK_SECONDS)

    def _is_sending(self, chat_id: str, message_id: str) -> bool:
        with self._database.reading() as session:
            sent = outbox.find_sent(session, channel=CHANNEL, chat_id=chat_id, message_id=message_id)
            return not sent and outbox.is_sending(session, CHANNEL, chat_id)

    def _about(self, chat_id: str, message_id: str) -> str:
        """What a message of the bot's is about."""
        with self._database.reading() as session:
            sent = outbox.find_sent(session, channel=CHANNEL, chat_id=chat_id, message_id=message_id)
        return sent.about if sent else ""

    def _act(self, asked: Asked) -> Act | None:
        """What is to be done about it; None where it is a student's."""
        match asked.event.what:
            case Command(name="reentrenar", edited=True):
                return lambda session: None  # it was asked for when the command was sent
            case Command(name=name, argument=argument):
                return self._command(asked, name, argument)
            case Press(data=data):
                return in_staff_chat(asked, self._press(asked, parts(data)[1:]))
            case TextMessage(text=text) | Edited(text=text) if asked.in_staff_chat and asked.about:
                return self._reply(asked, text)
            case TextMessage(addressed=True, named=False) if asked.in_staff_chat:
                return in_staff_chat(asked, lambda session: answer(session, asked, wording.REPLY_TO_WHAT))
            case Media() if asked.in_staff_chat and _is_ours(asked.about):
                return in_staff_chat(asked, lambda session: answer(session, asked, wording.ONLY_TEXT))
        return None

    def _command(self, asked: Asked, name: str, argument: str) -> Act | None:
        private_or_staff = asked.event.private or asked.in_staff_chat
        if name == "ayuda" and private_or_staff and (asked.member or asked.in_staff_chat):
            return lambda session: answer(session, asked, wording.HELP)
        if name == "cerrar" and asked.in_staff_chat:
            return in_staff_chat(asked, self._close(asked))
        if name not in _EVERYWHERE:
            return None
        if name == "vincular":
            return lambda session: linking.link(session, asked, argument)
        if asked.member is None:
            return lambda session: only_staff(session, asked)
        match name:
            case "desvincular":
                return lambda session: linking.unlink(session, asked)
            case "personal":
                return by_admin(asked, lambda session: linking.name_staff_chat(session, asked))
            case "reentrenar":
                ask = by_admin(asked, lambda session: retraining.ask(session, asked, self._desk, self._recipe))
                return in_staff_chat(asked, ask)
        if not private_or_staff:
            return lambda session: answer(session, asked, wording.IN_STAFF_CHAT)
        return self._list(asked) if name == "pendientes" else self._figures(asked)

    def _list(self, asked: Asked) -> Act:
        waiting = self._desk.open_reviews()
        post = self._board.again(waiting[:MOST_CARDS]) if asked.in_staff_chat else None

        def act(session: Session) -> None:
            elsewhere = wording.CARDS_ELSEWHERE if asked.staff_chat else wording.NO_STAFF_CHAT
            text = figures.waiting(waiting)
            answer(session, asked, text if post or not waiting else text + f"\n\n{elsewhere}")
            if post:
                post(session, asked.event.chat_id)

        return act

    def _figures(self, asked: Asked) -> Act:
        model = self._model()
        return lambda session: answer(session, asked, figures.today(session, self._zone, model, asked.now))

    def _press(self, asked: Asked, says: list[str]) -> Act:
        if says[:1] == [CLOSE]:
            handoff_id = number(says[1]) if len(says) == 2 else None
            return lambda session: self.people.close(session, asked, handoff_id) if handoff_id else None
        nearest = []
        if says[:1] == ["merge"] and asked.member and asked.in_staff_chat and (review_id := number(says[-1])):
            with suppress(UnknownId):
                nearest = list(self._nearest(self._desk.review(review_id).question))
        return lambda session: self._deciding.press(session, asked, says, nearest)

    def _reply(self, asked: Asked, text: str) -> Act | None:
        """A reply, or a change of one: a student gets it as a correction; what was approved is not changed by it."""
        review_id = number_in(asked.about, "review")
        if review_id and isinstance(asked.event.what, Edited):
            return in_staff_chat(asked, lambda session: answer(session, asked, wording.EDIT_NOT_TAKEN))
        if review_id:
            return in_staff_chat(asked, lambda session: self._deciding.reply(session, asked, review_id, text))
        if handoff_id := number_in(asked.about, "handoff"):
            return in_staff_chat(asked, lambda session: self.people.reply(session, asked, handoff_id, text))
        return (lambda session: None) if asked.about == NOTICE else None

    def _close(self, asked: Asked) -> Act:
        handoff_id = number_in(asked.about, "handoff")
        if handoff_id is None:
            return lambda session: answer(session, asked, "Escribe /cerrar en respuesta a la consulta.")
        return lambda session: self.people.close(session, asked, handoff_id)

    def _apologise(self, event: Event, item: InboxItem) -> bool:
        asked = self._asked(event)
        if asked is None or not self._is_theirs(asked):
            return False
        with self._database.writing() as session:
            say(session, event.chat_id, wording.FAILED, once=f"sorry:{item.id}", now=self._clock())
        return True

    def _is_theirs(self, asked: Asked) -> bool:
        try:
            return self._act(asked) is not None
        except Exception:
            # Any kind, and logged when the message was handled: a student's message is told from its form alone, before
            # anything that can fail is read. So whatever fails here, the message was the staff's.
            return True


def _place(event: Event) -> str | None:
    """The message that was replied to or whose button was pressed, "" for none; None: it is for the bot alone."""
    match event.what:
        case Command(name=name, reply_to=message_id) if name in _COMMANDS:
            return message_id or ""
        case Press(data=data) if parts(data)[0] == VERB:
            return event.message_id
        case TextMessage(reply_to=message_id) | Media(reply_to=message_id) | Edited(reply_to=message_id):
            return None if event.private else message_id
    return None


def _is_ours(about: str) -> bool:
    return number_in(about, "review") is not None or number_in(about, "handoff") is not None


def _log_failure(what: str, error: Exception) -> None:
    # The place and the kind, not the error's own text: that may quote somebody.
    log.error("%s: %s\n%s", what, type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
