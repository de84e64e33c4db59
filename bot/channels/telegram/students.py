"""The students' side of Telegram: what happened there is handled, and what it leads to is committed in one go.

Questions go to :mod:`bot.channels.telegram.turns`; everything else is decided here, in one transaction with the end of
the inbox's message and with what goes into the outbox.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Self
from zoneinfo import ZoneInfo

from telegram import Message

from bot.answering.dialogue import Dialogue, Reviews
from bot.channels.telegram import media, practice, waiting, wording
from bot.channels.telegram.base import Cosmetics, People
from bot.channels.telegram.browsing import Browsing
from bot.channels.telegram.commands import PRACTICE, Commands
from bot.channels.telegram.commit import Commit
from bot.channels.telegram.edits import is_correction
from bot.channels.telegram.limits import Limits
from bot.channels.telegram.persons import Persons
from bot.channels.telegram.practice import Practice
from bot.channels.telegram.presses import Presses
from bot.channels.telegram.progress import Growing
from bot.channels.telegram.talk import CHANNEL, Talk
from bot.channels.telegram.turns import PRESSED, Question, Turns
from bot.channels.telegram.waiting import Waiting
from bot.errors import AlreadyAnswered
from bot.messages import Passage
from bot.profile import Profile
from bot.telegram.events import (
    Command,
    Edited,
    Event,
    Ignored,
    Media,
    Membership,
    Migrated,
    PollAnswer,
    Press,
    TextMessage,
)
from bot.telegram.texts import bold
from bot.telegram.updates import read
from storage import chat_states
from storage.database import Database, Session
from storage.inbox import InboxItem
from storage.moving import move_chat
from storage.outbox import OutboxItem

_LATE = timedelta(minutes=1)


class Students:
    """Handles what students do. Use it as an async context manager, within which those who wait long are told so."""

    def __init__(
        self,
        database: Database,
        dialogue: Dialogue,
        *,
        reviews: Reviews,
        people: People,
        cosmetics: Cosmetics,
        nearest: Callable[[str, int], list[Passage]],
        wake: Callable[[], None],
        profile: Profile,
        bot_username: str,
        bot_id: int,
        timezone: str,
        messages_per_minute: int,
        retention_days: int,
        burst_seconds: float = 1.2,
        longest_burst_seconds: float = 6,
        patience_seconds: float = 8,
        growing: Growing | None = None,
    ) -> None:
        """
        Args:
            nearest: so many of the approved pairs nearest to a question.
            wake: called when there is something to send.
            burst_seconds: what is written so soon after the last message belongs to it.
            longest_burst_seconds: after the first message; then they are answered.
            patience_seconds: who waits longer is told the place in the queue.
            growing: how fast an answer grows where there are no drafts.
        """
        self._database = database
        self._wake = wake
        self._profile = profile
        self._username = bot_username
        self._read = partial(read, bot_username=bot_username, bot_id=bot_id)
        self._limits = Limits(messages_per_minute, profile.texts)
        self._commit = Commit(database)
        self._persons = Persons(database, people, reviews)
        self._practice = Practice(database, self._commit, nearest)
        self._waiting = Waiting(database, self._read, wake, patience=timedelta(seconds=patience_seconds))
        self._turns = Turns(
            database,
            dialogue,
            cosmetics,
            self._read,
            profile=profile,
            zone=ZoneInfo(timezone),
            burst=timedelta(seconds=burst_seconds),
            longest_burst=timedelta(seconds=longest_burst_seconds),
            growing=growing or Growing(),
            wake=wake,
        )
        browsing = Browsing()
        self._commands = Commands(profile, browsing, self._persons, retention_days=retention_days)
        self._presses = Presses(
            database,
            self._commit,
            dialogue,
            self._turns,
            browsing=browsing,
            persons=self._persons,
            practice=self._practice,
            profile=profile,
            bot_id=bot_id,
        )

    async def __aenter__(self) -> Self:
        await self._waiting.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._waiting.__aexit__(*exc)

    async def handle(self, item: InboxItem) -> None:
        """Handles one of the inbox's messages; an exception is a failure, to be tried again."""
        try:
            await self._handle(item, self._read(item.text, item.received_at))
        except AlreadyAnswered:
            return
        finally:
            self._wake()

    async def apologise(self, item: InboxItem, reason: str) -> None:
        """Says that one of the inbox's messages could not be handled, however often it was tried."""
        event = self._read(item.text, item.received_at)
        if not _is_for_us(event):
            return
        if text := _words(event):
            await self._turns.apologise(item, event, Question(text), reason)
        elif isinstance(event.what, Command | Press | Media):
            await asyncio.to_thread(self._say_error, item, event)
        self._wake()

    def sent(self, session: Session, item: OutboxItem, message: Message) -> None:
        """What follows from a send, in the transaction that notes it."""
        if practice.is_quiz(item) and message.poll:
            practice.poll_sent(session, item, message.poll.id)
        elif waiting.is_notice(item):
            waiting.notice_sent(session, item, str(message.message_id), _now())

    async def _handle(self, item: InboxItem, event: Event) -> None:
        if not _is_for_us(event):
            await self._commit(item, event, lambda talk: None)
        elif item.attempts == 1 and (refusal := await self._refusal(item, event)) is not None:
            await self._commit(item, event, lambda talk: refusal and talk.say(refusal))
        else:
            await self._follow(item, event)

    async def _follow(self, item: InboxItem, event: Event) -> None:
        match event.what:
            case TextMessage(text):
                pressed = item.external_id.endswith(PRESSED)
                await self._asked(item, event, Question(text, bold(text) if pressed else "", alone=pressed))
            case Media(caption=caption) as sent if caption:
                await self._asked(item, event, media.captioned(sent, event.chat_id))
            case Media() as sent:
                await self._sent_media(item, event, sent)
            case Edited(text) as edited:
                await self._edited(item, event, edited)
            case Command(name) as command:
                await self._command(item, event, name, again=command.edited)
            case Press() as press:
                await self._presses.handle(item, event, press)
            case PollAnswer() as answer:
                await self._practice.take(item, event, answer)
            case Membership() as change:
                await self._commit(item, event, lambda talk: self._moved(talk, change))
            case Migrated(chat_id):
                await self._commit(
                    item, event, lambda talk: move_chat(talk.session, CHANNEL, event.chat_id, chat_id, talk.now)
                )

    async def _asked(self, item: InboxItem, event: Event, question: Question) -> None:
        """A question goes to the person who has the conversation, else to the bot."""
        if await asyncio.to_thread(self._persons.is_open, event) and await asyncio.to_thread(
            self._told, item, event, question
        ):
            return
        await self._turns.ask(item, event, question)

    def _told(self, item: InboxItem, event: Event, question: Question) -> bool:
        with self._database.writing() as session:
            talk = Talk(session, event, _now())
            told = self._persons.told(item, talk, question.text, corrected=isinstance(event.what, Edited))
            if told and isinstance(event.what, Media):
                media.not_passed_on(talk, event.what)
            return told

    async def _sent_media(self, item: InboxItem, event: Event, sent: Media) -> None:
        with_person = await asyncio.to_thread(self._persons.is_open, event)

        def answer(talk: Talk) -> None:
            if with_person:
                media.not_passed_on(talk, sent)
            else:
                media.hint(talk, sent, self._profile.name)

        await self._commit(item, event, answer)

    async def _edited(self, item: InboxItem, event: Event, edited: Edited) -> None:
        if await asyncio.to_thread(self._is_correction, event, edited):
            await self._asked(item, event, Question(edited.text, wording.CORRECTED, at=edited.sent_at, alone=True))
        else:
            await self._commit(item, event, lambda talk: None)

    def _is_correction(self, event: Event, edited: Edited) -> bool:
        with self._database.reading() as session:
            return is_correction(session, event, edited)

    async def _command(self, item: InboxItem, event: Event, name: str, *, again: bool) -> None:
        if name == PRACTICE and again:  # it was asked for when the command was sent
            await self._commit(item, event, lambda talk: None)
        elif name == PRACTICE:
            await self._practice.handle(item, event)
        else:
            await self._commit(item, event, lambda talk: self._commands.run(talk, name))

    def _moved(self, talk: Talk, change: Membership) -> None:
        """The bot was blocked or unblocked, or came into a group or out of it."""
        chat_id = talk.event.chat_id
        if not change.inside:
            reason = "blocked" if talk.event.private else change.status
            chat_states.mark_unreachable(talk.session, CHANNEL, chat_id, reason, talk.now)
            return
        chat_states.mark_reachable(talk.session, CHANNEL, chat_id, talk.now)
        if not talk.event.private and change.before in ("left", "kicked"):
            talk.say(wording.GROUP.format(name=self._profile.name, username=self._username))

    async def _refusal(self, item: InboxItem, event: Event) -> str | None:
        free = isinstance(event.what, Membership | Migrated | PollAnswer) or item.external_id.endswith(
            PRESSED
        )  # counted before
        late = _now() - event.at > _LATE  # nobody writes too fast because we were away
        if free or late:
            return None
        # What a person is to read costs the model nothing, and nobody asks it again.
        to_person = _words(event) != "" and await asyncio.to_thread(self._persons.is_open, event)
        return None if to_person else self._limits.refusal(event)

    def _say_error(self, item: InboxItem, event: Event) -> None:
        with self._database.writing() as session:
            Talk(session, event, _now()).say(self._profile.texts.error, once=f"sorry:{item.id}")


def _is_for_us(event: Event) -> bool:
    if isinstance(event.what, TextMessage | Media | Edited):
        return event.what.addressed
    return not isinstance(event.what, Ignored)


def _words(event: Event) -> str:
    """What was written, if it is for a person or the answerer."""
    match event.what:
        case TextMessage(text=text) | Edited(text=text) | Media(caption=text):
            return text
    return ""


def _now() -> datetime:
    return datetime.now(UTC)
