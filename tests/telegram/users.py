"""The users' side, for tests: what people and the members of groups do in Telegram's apps."""

import time
from collections.abc import Sequence
from typing import Any

from tests.telegram import media
from tests.telegram.chats import Chat
from tests.telegram.entities import recognised
from tests.telegram.polls import vote
from tests.telegram.values import Json, Message
from tests.telegram.world import World


class User:
    """A person. What they do goes to their private chat with the bot, unless ``chat`` names a group."""

    def __init__(self, world: World, described: Json) -> None:
        self._world = world
        self.described = described
        self.id = int(described["id"])
        self.first_name = str(described["first_name"])
        private = {name: described[name] for name in ("id", "first_name", "username") if name in described}
        self.chat = world.add_chat(private | {"type": "private"})
        self.chat.members = [self.id]

    def sends(
        self,
        text: str,
        *,
        chat: Chat | None = None,
        reply_to: Message | None = None,
        forwarded_from: "User | str | None" = None,
        thread: int | None = None,
    ) -> Message:
        """Writes a text. Commands, mentions and the like get their entities. A str forwards from a hidden user."""
        content: Json = {"text": text, "entities": recognised(text)} if recognised(text) else {"text": text}
        if reply_to:
            content["reply_to_message"] = reply_to.for_bot("reply_to_message")
        if forwarded_from is not None:
            content["forward_origin"] = _origin(forwarded_from)
        if thread is not None and chat is not None:
            chat.threads.add(thread)
            content |= {"message_thread_id": thread, "is_topic_message": True}
        return self._post(content, chat)

    def edits(self, message: Message, text: str) -> Message:
        """Gives an own message another text."""
        return self._world.edited(self._world.chats[message.chat_id], message, text)

    def presses(self, message: Message, button: str) -> str:
        """Presses the button with that text. On an inline keyboard it returns the id of the callback query.

        Raises:
            ValueError: the message, as it stands now, has no such button to press.
        """
        chat = self._world.chats[message.chat_id]
        shown = chat.find(message.message_id)
        markup: Json = (shown.reply_markup if shown else None) or {}
        for pressed in (found for row in markup.get("inline_keyboard", []) for found in row):
            if pressed["text"] == button and "callback_data" in pressed:
                return self._world.press(chat, self.described, message, pressed["callback_data"])
        if shown and "keyboard" in markup and any(button in row for row in shown.buttons):
            self.sends(button, chat=chat)
            return ""
        raise ValueError(f"There is no button {button!r} to press; there are {shown.buttons if shown else 'none'!r}.")

    def sends_photo(self, caption: str = "", *, chat: Chat | None = None) -> Message:
        """Sends a picture."""
        return self._post(media.photo(self._world) | media.captioned(caption), chat)

    def sends_album(self, count: int = 2, caption: str = "", *, chat: Chat | None = None) -> list[Message]:
        """Sends so many photos as one media group; the first has the caption."""
        group = {"media_group_id": str(self._world.number())}
        captions = [media.captioned(caption), *[media.captioned("")] * (count - 1)]
        return [self._post(media.photo(self._world) | group | shown, chat) for shown in captions]

    def sends_voice(self, seconds: int = 3, *, chat: Chat | None = None) -> Message:
        """Sends a voice message."""
        return self._post(media.voice(self._world, seconds), chat)

    def sends_sticker(self, emoji: str = "👍", *, chat: Chat | None = None) -> Message:
        """Sends a sticker."""
        return self._post(media.sticker(self._world, emoji), chat)

    def sends_location(
        self, latitude: float = -12.05, longitude: float = -77.04, *, chat: Chat | None = None
    ) -> Message:
        """Sends where they are: by default, in Lima."""
        return self._post({"location": {"latitude": latitude, "longitude": longitude}}, chat)

    def sends_document(self, name: str = "tarea.pdf", caption: str = "", *, chat: Chat | None = None) -> Message:
        """Sends a file."""
        return self._post(media.document(self._world, name) | media.captioned(caption), chat)

    def answers_poll(self, message: Message, *options: str | int) -> None:
        """Votes for options, by their texts or numbers; for none, it takes the vote back."""
        texts = [option["text"] for option in message.raw["poll"]["options"]]
        numbers = [option if isinstance(option, int) else texts.index(option) for option in options]
        vote(self._world, self._world.chats[message.chat_id], message, self.described, numbers)

    def blocks_bot(self) -> None:
        """Stops and blocks the bot."""
        self._world.move_bot(self.chat, self.described, "kicked")

    def unblocks_bot(self) -> None:
        """Restarts the bot after blocking it."""
        self._world.move_bot(self.chat, self.described, "member")

    def is_deactivated(self) -> None:
        """The account is gone: whoever writes to it is told so."""
        self._world.deactivated.add(self.id)

    def _post(self, content: Json, chat: Chat | None) -> Message:
        where = chat or self.chat
        if where.bot == "new" and where.private:
            where.bot = "member"  # whoever writes to a bot has started it
        if where.private and where.bot != "member":
            raise ValueError(f"{self.first_name} has blocked the bot and must unblock it to write to it.")
        if self.id not in where.members:
            raise ValueError(f"{self.first_name} is no member of {where.described}.")
        return self._world.post(where, self.described, content)


class Group(Chat):
    """A group, seen by those in it. The first member owns it."""

    def __init__(self, world: World, described: Json, members: Sequence[User], is_forum: bool) -> None:
        super().__init__(described, world.lock, is_forum)
        self._world = world
        self._users = members
        self._owner = members[0].described
        self.members = [member.id for member in members]
        world.chats[self.id] = self

    def adds_bot(self) -> None:
        """The owner adds the bot, again if it was removed."""
        self._world.move_bot(self, self._owner, "member")
        self._world.post(self, self._owner, {"new_chat_members": [self._world.sender]})

    def removes_bot(self) -> None:
        """The owner removes the bot."""
        self._world.post(self, self._owner, {"left_chat_member": self._world.sender})
        self._world.move_bot(self, self._owner, "kicked")

    def becomes_supergroup(self) -> "Group":
        """The owner does something that only a supergroup can; the group goes on there. The bot is in it."""
        described = self.described | {"id": -1_000_000_000_000 - self._world.number(), "type": "supergroup"}
        group = Group(self._world, described, self._users, is_forum=False)
        group.bot, group.members, self.migrated_to = self.bot, list(self.members), group.id
        self._world.post(self, self._owner, {"migrate_to_chat_id": group.id})
        self._world.post(group, self._owner, {"migrate_from_chat_id": self.id})
        return group

    def adds(self, user: User) -> None:
        """The owner adds somebody."""
        self.members.append(user.id)
        self._world.post(self, self._owner, {"new_chat_members": [user.described]})

    def removes(self, user: User) -> None:
        """The owner removes somebody."""
        self.members.remove(user.id)
        self._world.post(self, self._owner, {"left_chat_member": user.described})


def _origin(forwarded_from: User | str) -> Json:
    if isinstance(forwarded_from, str):
        origin: dict[str, Any] = {"type": "hidden_user", "sender_user_name": forwarded_from}
    else:
        origin = {"type": "user", "sender_user": forwarded_from.described}
    return origin | {"date": int(time.time()) - 3600}
