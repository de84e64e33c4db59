"""Chats as Telegram keeps them: members, messages, drafts and actions, and a way to wait for what the bot says."""

import time
from collections.abc import Callable
from dataclasses import replace
from threading import Condition

from tests.telegram.values import Draft, Json, Message


class Chat:
    """A private chat, a group or a supergroup. ``bot`` is the bot's status in it; "new" before anyone started it."""

    def __init__(self, described: Json, changed: Condition, is_forum: bool = False) -> None:
        self.described = described | ({"is_forum": True} if is_forum else {})
        self.id = int(described["id"])
        self.type = str(described["type"])
        self.bot = "new"
        self.migrated_to: int | None = None
        self.members: list[int] = []
        self.threads: set[int] = set()
        self.actions: list[str] = []
        self.drafts: list[Draft] = []
        self._changed = changed
        self._messages: dict[int, Message] = {}

    @property
    def private(self) -> bool:
        """Whether it is the chat with one user."""
        return self.type == "private"

    @property
    def messages(self) -> list[Message]:
        """All messages as they stand now, oldest first, the deleted ones among them."""
        with self._changed:
            return list(self._messages.values())

    @property
    def bot_messages(self) -> list[Message]:
        """What a reader sees of the bot: its messages that are not deleted."""
        return [message for message in self.messages if message.by_bot and not message.deleted]

    def find(self, message_id: int) -> Message | None:
        """The message, unless there is none or it is deleted."""
        message = self._messages.get(message_id)
        return None if message is None or message.deleted else message

    def add(self, content: Json, sender: Json, file: bytes | None = None) -> Message:
        """A new message; it is numbered in its chat, as in a supergroup, so that a bot cannot mix chats up."""
        with self._changed:
            head: Json = {"message_id": len(self._messages) + 1, "from": sender, "chat": self.described}
            message = Message({**head, "date": int(time.time()), **content}, time.time(), file=file)
            self._messages[message.message_id] = message
            self._changed.notify_all()
            return message

    def change(self, message: Message, content: Json) -> Message:
        """The message with other content; fields that are None are taken away."""
        with self._changed:
            old = self._messages[message.message_id]
            raw = {name: value for name, value in (old.raw | content).items() if value is not None}
            self._messages[message.message_id] = changed = replace(old, raw=raw, edits=(*old.edits, old.raw))
            self._changed.notify_all()
            return changed

    def delete(self, message: Message) -> None:
        """Takes the message out of sight."""
        with self._changed:
            self._messages[message.message_id] = replace(self._messages[message.message_id], deleted=True)
            self._changed.notify_all()

    def wait_for(
        self, what: str | Callable[[Message], bool], seconds: float = 5, after: Message | None = None
    ) -> Message:
        """The first message of the bot, behind ``after``, that has the text in it or fits. It blocks the thread.

        Raises:
            AssertionError: none came in so many real seconds.
        """
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                for message in self.bot_messages:
                    behind = after is None or message.message_id > after.message_id
                    if behind and (what in message.text if isinstance(what, str) else what(message)):
                        return message
                if (left := deadline - time.monotonic()) <= 0:
                    said = [message.text for message in self.bot_messages]
                    raise AssertionError(f"No message {what!r} of the bot in {seconds} s; it said {said!r}.")
                self._changed.wait(left)
