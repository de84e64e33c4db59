"""What happened in Telegram: an update, as its JSON came, read once into a frozen event.

:func:`parse` takes whatever Telegram, or somebody who pretends to be it, can send: what is of no use to us, or is not
even an update, becomes :class:`Ignored`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

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
    What,
)

__all__ = [
    "PRESSES",
    "Command",
    "Edited",
    "Event",
    "Ignored",
    "Media",
    "Membership",
    "Migrated",
    "PollAnswer",
    "Press",
    "TextMessage",
    "What",
    "parse",
    "pressed",
    "queue_of",
    "read",
]

PRESSES = "#press"
"""Ends the inbox's chat id of what must not wait behind a question of the same chat."""
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@(\w+))?(?:\s+(.*))?", re.S)
_MEDIA = (
    "photo", "voice", "sticker", "venue", "location", "contact", "animation", "document", "video", "video_note",
    "audio", "poll", "dice", "story", "paid_media", "checklist", "game",
)  # fmt: skip
"""Kinds of media; a venue has a location too, and an animation a document."""


def parse(update: Mapping[str, Any], bot_username: str, bot_id: int, received_at: datetime) -> Event:
    """What the update says."""
    update_id = update.get("update_id", 0)
    for kind, read in _READERS.items():
        if kind in update:
            try:
                return read(update[kind], _Me(bot_username, bot_id), update_id, received_at)
            except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
                break
    chat_id = queue_of(update).removesuffix(PRESSES)
    return Event(update_id, chat_id, "", "", "", received_at, "", None, Ignored("no update that we know"))


def read(stored: str, received_at: datetime, *, bot_username: str, bot_id: int) -> Event:
    """What an update says that the inbox holds as JSON."""
    try:
        update = json.loads(stored)
    except ValueError:
        update = None
    return parse(update if isinstance(update, dict) else {}, bot_username, bot_id, received_at)


def queue_of(update: Mapping[str, Any]) -> str:
    """The inbox's chat id for an update: its chat's, so that one thing is handled after the other.

    Presses and answers to polls have a queue of their own, ending in :data:`PRESSES`.
    """
    for kind, body in update.items():
        if not isinstance(body, Mapping):
            continue
        about = body.get("message", body)
        chat = about.get("chat") if isinstance(about, Mapping) else None
        for holder in (chat, body.get("user"), body.get("from")):
            if isinstance(holder, Mapping) and "id" in holder:
                return f"{holder['id']}{PRESSES if kind in ('callback_query', 'poll_answer') else ''}"
    return ""


def pressed(update: Mapping[str, Any]) -> str:
    """The id of the press that the update tells of; "" where it tells of none, or of one that has no id."""
    query = update.get("callback_query")
    return str(query.get("id", "")) if isinstance(query, Mapping) else ""


@dataclass(frozen=True)
class _Me:
    """The bot itself."""

    username: str
    id: int

    def without_name(self, text: str) -> str:
        return re.sub(rf"\s*(?<![\w@])@{re.escape(self.username)}\b[\s,:]*", " ", text, flags=re.I).strip()

    def is_addressed(self, message: Mapping[str, Any], text: str) -> bool:
        to = message.get("reply_to_message", {}).get("from", {}).get("id")
        return message["chat"]["type"] == "private" or to == self.id or self.is_named(text)

    def is_named(self, text: str) -> bool:
        return self.without_name(text) != text.strip()


def _message(message: Mapping[str, Any], me: _Me, update_id: int, received_at: datetime) -> Event:
    at = datetime.fromtimestamp(message["date"], UTC)
    return _event(message, message.get("from", {}), update_id, at, _said(message, me))


def _said(message: Mapping[str, Any], me: _Me) -> What:
    text = message.get("text", message.get("caption", ""))
    reply_to = _reply_to(message)
    addressed, unnamed = me.is_addressed(message, text), me.without_name(text)
    if kind := next((kind for kind in _MEDIA if kind in message), None):
        group = message.get("media_group_id")
        return Media(kind, unnamed, None if group is None else str(group), reply_to, addressed)
    if "migrate_to_chat_id" in message:
        return Migrated(str(message["migrate_to_chat_id"]))
    if "text" not in message:
        return Ignored("a message without content")
    if command := _command(unnamed, me, reply_to):
        return command
    return TextMessage(unnamed or _asked_by_another(message, me), reply_to, addressed, me.is_named(text))


def _command(text: str, me: _Me, reply_to: str | None) -> Command | Ignored | None:
    """The command that the text is, if it is one."""
    command = _COMMAND.fullmatch(text.strip())
    if command is None:
        return None
    if command[2] and command[2].lower() != me.username.lower():
        return Ignored("a command for another bot")
    return Command(command[1].lower(), (command[3] or "").strip(), reply_to)


def _asked_by_another(message: Mapping[str, Any], me: _Me) -> str:
    """A person's text that was replied to: who writes no more than the bot's name wants that answered."""
    to = message.get("reply_to_message", {})
    return "" if to.get("from", {}).get("is_bot") else me.without_name(to.get("text", ""))


def _reply_to(message: Mapping[str, Any]) -> str | None:
    to = message.get("reply_to_message", {})
    if not to or "forum_topic_created" in to:  # in a topic, what replies to nothing replies to its beginning
        return None
    return str(to["message_id"])


def _edited(message: Mapping[str, Any], me: _Me, update_id: int, received_at: datetime) -> Event:
    text = message.get("text", message.get("caption", ""))
    at = datetime.fromtimestamp(message.get("edit_date", message["date"]), UTC)
    what: What = Ignored("an edit without text")
    if "text" in message and (command := _command(text, me, _reply_to(message))):
        what = replace(command, edited=True) if isinstance(command, Command) else command
    elif text:
        sent_at = datetime.fromtimestamp(message["date"], UTC)
        what = Edited(me.without_name(text), me.is_addressed(message, text), sent_at, _reply_to(message))
    return _event(message, message.get("from", {}), update_id, at, what)


def _press(query: Mapping[str, Any], me: _Me, update_id: int, received_at: datetime) -> Event:
    data = query.get("data", "")
    shown = query.get("message", {"chat": {"id": query["from"]["id"], "type": "private"}, "message_id": ""})
    rows = tuple(map(tuple, shown.get("reply_markup", {}).get("inline_keyboard", ())))
    what: What = Press(str(query["id"]), data, rows) if "message" in query else Ignored("a press on no message of ours")
    return _event(shown, query["from"], update_id, received_at, what)


def _poll_answer(answer: Mapping[str, Any], me: _Me, update_id: int, received_at: datetime) -> Event:
    options = tuple(int(option) for option in answer["option_ids"])
    user = answer["user"]
    shown = {"chat": {"id": user["id"], "type": "private"}, "message_id": ""}
    return _event(shown, user, update_id, received_at, PollAnswer(str(answer["poll_id"]), options))


def _membership(change: Mapping[str, Any], me: _Me, update_id: int, received_at: datetime) -> Event:
    what = Membership(str(change["new_chat_member"]["status"]), str(change["old_chat_member"]["status"]))
    at = datetime.fromtimestamp(change["date"], UTC)
    return _event({**change, "message_id": ""}, change["from"], update_id, at, what)


def _event(shown: Mapping[str, Any], user: Mapping[str, Any], update_id: int, at: datetime, what: What) -> Event:
    names = (user.get("first_name"), user.get("last_name"))
    return Event(
        update_id=update_id,
        chat_id=str(shown["chat"]["id"]),
        chat_type=str(shown["chat"]["type"]),
        user_id=str(user.get("id", "")),
        user_name=" ".join(str(name) for name in names if name),
        at=at,
        message_id=str(shown["message_id"]),
        thread_id=int(shown["message_thread_id"]) if shown.get("is_topic_message") else None,
        what=what,
    )


_READERS = {
    "message": _message,
    "edited_message": _edited,
    "callback_query": _press,
    "poll_answer": _poll_answer,
    "my_chat_member": _membership,
}
