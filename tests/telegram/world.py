"""Everything the emulated Telegram knows: the bot, users, chats, updates, and what the bot did."""

import itertools
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tests.telegram.chats import Chat
from tests.telegram.entities import recognised
from tests.telegram.rates import Rates
from tests.telegram.updates import Updates
from tests.telegram.values import Call, Clock, Json, Message, Refusal, bad_request

CALLBACK_SECONDS = 15


@dataclass
class World:
    """The state behind the server and the users, guarded by ``lock``."""

    token: str
    bot: Json
    clock: Clock
    rates: Rates
    lock: threading.Condition = field(default_factory=lambda: threading.Condition(threading.RLock()))
    updates: Updates = field(default_factory=Updates)
    chats: dict[int, Chat] = field(default_factory=dict)
    users: dict[int, Json] = field(default_factory=dict)
    deactivated: set[int] = field(default_factory=set)
    files: dict[str, bytes] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    callbacks: dict[str, float] = field(default_factory=dict)
    callback_answers: dict[str, Json] = field(default_factory=dict)
    votes: dict[tuple[str, int], list[int]] = field(default_factory=dict)
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    descriptions: dict[tuple[str, str], str] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def sender(self) -> Json:
        """The bot as the User in its messages."""
        return {name: self.bot[name] for name in ("id", "is_bot", "first_name", "username")}

    def number(self) -> int:
        """A number that was not given out before."""
        return int(next(self._numbers))

    def add_chat(self, described: Json, is_forum: bool = False) -> Chat:
        """A chat that the bot has not been in."""
        with self.lock:
            chat = self.chats[described["id"]] = Chat(described, self.lock, is_forum)
            return chat

    def known(self, chat_id: int | str) -> Chat:
        """The chat, whether the bot may write to it or not.

        Raises:
            Refusal: the bot has never met it.
        """
        chat = self.chats.get(chat_id) if isinstance(chat_id, int) else None
        if chat is None or chat.bot == "new":
            raise bad_request("chat not found")
        return chat

    def writable(self, chat_id: int | str) -> Chat:
        """The chat, if the bot may act in it.

        Raises:
            Refusal: 400 or 403, it may not.
        """
        chat = self.known(chat_id)
        if chat.migrated_to:
            upgraded = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refusal(400, upgraded, migrated_to=chat.migrated_to)
        if chat.id in self.deactivated:
            raise Refusal(403, "Forbidden: user is deactivated")
        if chat.bot == "kicked":
            reason = "bot was blocked by the user" if chat.private else f"bot was kicked from the {chat.type} chat"
            raise Refusal(403, f"Forbidden: {reason}")
        if chat.bot == "left":
            raise Refusal(403, f"Forbidden: bot is not a member of the {chat.type} chat")
        return chat

    def post(self, chat: Chat, user: Json, content: Json) -> Message:
        """A user's message; the bot gets an update if it may read the message."""
        with self.lock:
            message = chat.add(content, user)
            if self._reads(chat, message.raw):
                self.updates.add("message", message.raw)
            return message

    def edited(self, chat: Chat, message: Message, text: str) -> Message:
        """A user's message with another text."""
        with self.lock:
            content: Json = {"text": text, "entities": recognised(text) or None, "edit_date": int(time.time())}
            changed = chat.change(message, content)
            if self._reads(chat, changed.raw):
                self.updates.add("edited_message", changed.raw)
            return changed

    def move_bot(self, chat: Chat, by: Json, status: str) -> None:
        """The bot's status in the chat changes, and it is told."""
        with self.lock:
            old, chat.bot = "left" if chat.bot == "new" else chat.bot, status
            self.updates.add(
                "my_chat_member",
                {
                    "chat": chat.described,
                    "from": by,
                    "date": int(time.time()),
                    "old_chat_member": self.member(self.sender, old),
                    "new_chat_member": self.member(self.sender, status),
                },
            )

    def member(self, user: Json, status: str) -> Json:
        """A ChatMember."""
        more: dict[str, Json] = {"kicked": {"until_date": 0}, "creator": {"is_anonymous": False}}
        return {"user": user, "status": status} | more.get(status, {})

    def press(self, chat: Chat, user: Json, message: Message, data: str) -> str:
        """A callback query; its id."""
        with self.lock:
            query_id = str(4_300_000_000_000_000 + self.number())
            self.callbacks[query_id] = self.clock.now() + CALLBACK_SECONDS
            gone: Json = {"chat": chat.described, "message_id": message.message_id, "date": 0}
            shown = chat.find(message.message_id)
            self.updates.add(
                "callback_query",
                {
                    "id": query_id,
                    "from": user,
                    "message": shown.for_bot() if shown else gone,
                    "chat_instance": str(chat.id * 7 + 1),
                    "data": data,
                },
            )
            return query_id

    def _reads(self, chat: Chat, raw: Json) -> bool:
        """Whether the bot is there and, in privacy mode, whether the message is meant for it."""
        if chat.bot != "member" or chat.private or self.bot["can_read_all_group_messages"]:
            return chat.bot == "member"
        name = f"@{self.bot['username']}".lower()
        text = str(raw.get("text") or raw.get("caption") or "").lower()
        to_bot = raw.get("reply_to_message", {}).get("from", {}).get("id") == self.bot["id"]
        service = not raw.keys().isdisjoint(
            {"new_chat_members", "left_chat_member", "migrate_to_chat_id", "migrate_from_chat_id"}
        )
        command = text.startswith("/") and ("@" not in text.split()[0] or name in text.split()[0])
        return to_bot or service or command or name in text
