"""What a press on a button does. It may be made up, so that everything in it is checked."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bot.answering.dialogue import Dialogue
from bot.channels.telegram import wording
from bot.channels.telegram.browsing import Browsing
from bot.channels.telegram.commands import delete
from bot.channels.telegram.commit import Commit
from bot.channels.telegram.persons import Persons
from bot.channels.telegram.practice import Practice
from bot.channels.telegram.talk import CHANNEL, Talk
from bot.channels.telegram.turns import PRESSED, Turns
from bot.profile import Profile
from bot.telegram.below import rated_rows
from bot.telegram.events import Event, Press
from bot.telegram.keyboards import Button, number, parts
from storage import inbox, pairs
from storage.database import Database
from storage.errors import UnknownId
from storage.inbox import InboxItem

_DOUBLE_TAP = timedelta(seconds=5)
"""A button that is pressed again so soon was meant once; later, the answer is wanted again."""
_VALUES = {"+": 1, "-": -1, "0": 0}
"""Feedback, as a button's data writes it."""


class Presses:
    """All buttons of the students' side."""

    def __init__(
        self,
        database: Database,
        commit: Commit,
        dialogue: Dialogue,
        turns: Turns,
        *,
        browsing: Browsing,
        persons: Persons,
        practice: Practice,
        profile: Profile,
        bot_id: int,
    ) -> None:
        self._database = database
        self._commit = commit
        self._dialogue = dialogue
        self._turns = turns
        self._browsing = browsing
        self._persons = persons
        self._practice = practice
        self._profile = profile
        self._bot_id = bot_id

    async def handle(self, item: InboxItem, event: Event, press: Press) -> None:
        """Does what the button stands for."""
        match parts(press.data):
            case ["fb", sign, answer] if sign in _VALUES and (answer_id := number(answer)) is not None:
                await self._rate(item, event, answer_id, _VALUES[sign])
            case ["no", question] if (item_id := number(question)) is not None:
                await self._cancel(item, event, item_id)
            case ["quiz"]:
                await self._practice.handle(item, event)
            case ["del", "yes"] if event.private:
                await self._commit(item, event, lambda talk: delete(talk, self._persons))
                await asyncio.to_thread(self._database.shred)
            case said:
                await self._commit(item, event, lambda talk: self._run(talk, item, said))

    async def _rate(self, item: InboxItem, event: Event, answer_id: int, value: int) -> None:
        mine = await self._dialogue.feedback(CHANNEL, event.chat_id, answer_id, value)

        def show(talk: Talk) -> None:
            if not mine:
                talk.say(wording.STALE_BUTTON)
                return
            rows = [*_offered(event), *rated_rows(answer_id, value, private=event.private)]
            talk.mark(*rows, about=f"answer:{answer_id}")
            if value < 0:
                talk.say(self._profile.texts.feedback_bad, once=f"bad:{answer_id}")

        await self._commit(item, event, show)

    async def _cancel(self, item: InboxItem, event: Event, item_id: int) -> None:
        def cancel(talk: Talk) -> bool:
            cancelled = self._turns.cancel(talk, item_id)
            if cancelled:
                talk.edit(wording.CANCELLED)
            else:
                self._refuse_to_cancel(talk, item_id)
            return cancelled

        if await self._commit(item, event, cancel):
            self._turns.stop(item_id)

    def _refuse_to_cancel(self, talk: Talk, item_id: int) -> None:
        if self._turns.waits(talk, item_id):
            talk.say(wording.NOT_YOURS_TO_CANCEL, once=f"not-yours:{item_id}:{talk.event.user_id}")
        else:
            talk.say(wording.STALE_BUTTON)

    def _run(self, talk: Talk, item: InboxItem, said: list[str]) -> None:
        """The buttons that need nothing beside the transaction."""
        match [said[0], *map(number, said[1:])]:
            case ["q", int(place)] if place < len(self._profile.suggested_questions):
                self._ask(talk, item, self._profile.suggested_questions[place])
            case ["p", int(pair_id)] if question := _approved(talk, pair_id):
                self._ask(talk, item, question)
            case ["t"]:
                self._browsing.show_topics(talk, instead=True)
            case ["t", int(version), int(place), int(page)]:
                self._browsing.show_topic(talk, version, place, page)
            case ["hand", int(answer_id)] if talk.event.private:
                self._persons.ask(talk, answer_id)
            case ["bot"] if talk.event.private:
                self._persons.leave(talk)
            case ["del", None] if said[1] == "no":
                talk.edit(wording.NOT_DELETED)
            case _:
                talk.say(wording.STALE_BUTTON)

    def _ask(self, talk: Talk, item: InboxItem, question: str) -> None:
        """Puts the question into the chat's own queue, as if it had been written; once for a double tap."""
        assert isinstance(talk.event.what, Press)
        chat_id = talk.event.chat_id
        button = f"{talk.event.message_id}:{talk.event.what.data}:"
        if inbox.was_received(talk.session, CHANNEL, chat_id, button, talk.now - _DOUBLE_TAP):
            return
        inbox.receive(
            talk.session,
            channel=CHANNEL,
            external_id=button + item.external_id + PRESSED,
            chat_id=chat_id,
            text=_as_message(talk.event, question, self._bot_id),
            received_at=talk.now,
        )


def _offered(event: Event) -> list[Sequence[Button]]:
    """The buttons of the questions that may have been meant, which stay."""
    shown = event.what.shown if isinstance(event.what, Press) else ()
    return [row for row in shown if all(parts(one.get("callback_data", ""))[0] == "p" for one in row)]


def _as_message(event: Event, text: str, bot_id: int) -> str:
    """A press on a button that stands for a text, as the update of the message that it saves the student to write."""
    to = int(event.message_id)
    message: dict[str, Any] = {
        "message_id": to,
        "date": int(event.at.timestamp()),
        "chat": {"id": int(event.chat_id), "type": event.chat_type},
        "from": {"id": int(event.user_id), "first_name": event.user_name},
        "reply_to_message": {"message_id": to, "from": {"id": bot_id}},
        "text": text,
    }
    if event.thread_id is not None:
        message |= {"message_thread_id": event.thread_id, "is_topic_message": True}
    return json.dumps({"update_id": event.update_id, "message": message}, ensure_ascii=False)


def _approved(talk: Talk, pair_id: int) -> str:
    """The question of an active pair; "" for none."""
    try:
        pair = pairs.get_pair(talk.session, pair_id)
    except UnknownId:
        return ""
    return pair.question if pair.status == "active" else ""
