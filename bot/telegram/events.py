"""What can happen in Telegram, as frozen values: an :class:`Event` says who, where and when, its ``what`` says what."""

from dataclasses import dataclass
from datetime import datetime

from bot.telegram.keyboards import Button


@dataclass(frozen=True)
class TextMessage:
    """Somebody wrote a text that is no command."""

    text: str
    """Without the mention of the bot. Where that is all, the text that it replies to."""
    reply_to: str | None
    """Id of the message that this one replies to, in the same chat."""
    addressed: bool
    """It is for the bot: written in private, or to a message of the bot, or with its name."""
    named: bool = False
    """It has the bot's name in it."""


@dataclass(frozen=True)
class Command:
    """Somebody wrote ``/name argument``, at once or by an edit; it is for this bot as far as it says for which."""

    name: str
    """In lower case, without the slash."""
    argument: str
    reply_to: str | None
    edited: bool = False


@dataclass(frozen=True)
class Media:
    """Somebody sent something that is no text."""

    kind: str
    """As the Bot API names it: photo, voice, sticker, location, document, video, …"""
    caption: str
    """Without the mention of the bot; may be empty."""
    group: str | None
    """What the messages of an album have in common."""
    reply_to: str | None
    addressed: bool


@dataclass(frozen=True)
class Edited:
    """Somebody changed a message to a text that is no command. The event's message id is that of the message."""

    text: str
    addressed: bool
    sent_at: datetime
    """When the message was sent as it was at first; the event's ``at`` is when it was changed."""
    reply_to: str | None = None


@dataclass(frozen=True)
class Press:
    """Somebody pressed a button, or made up a press. The event's message id is that of the buttons' message."""

    query_id: str
    data: str
    shown: tuple[tuple[Button, ...], ...] = ()
    """The message's buttons at that moment, row by row."""


@dataclass(frozen=True)
class PollAnswer:
    """Somebody chose in a poll; nothing: took the choice back. The event's chat is the voter's private one."""

    poll_id: str
    options: tuple[int, ...]


@dataclass(frozen=True)
class Membership:
    """The bot was let into the chat, put out of it, blocked or unblocked."""

    status: str
    """The bot's in the chat now: member, administrator, restricted, left or kicked."""
    before: str

    @property
    def inside(self) -> bool:
        """Whether the bot can write there."""
        return self.status not in ("left", "kicked")


@dataclass(frozen=True)
class Migrated:
    """The group has become a supergroup, which is another chat."""

    chat_id: str
    """The supergroup's."""


@dataclass(frozen=True)
class Ignored:
    """Nothing that concerns the bot."""

    why: str


What = TextMessage | Command | Media | Edited | Press | PollAnswer | Membership | Migrated | Ignored


@dataclass(frozen=True)
class Event:
    """Who did what, where and when."""

    update_id: int
    chat_id: str
    chat_type: str
    """private, group, supergroup or channel; for a poll's answer private."""
    user_id: str
    """Empty where nobody in particular acted."""
    user_name: str
    """First and last name, as the person gives them: not to be trusted."""
    at: datetime
    """In UTC, as Telegram says; as the inbox says where Telegram does not (presses, answers to polls)."""
    message_id: str
    """Empty where there is no message."""
    thread_id: int | None
    """Topic of a forum."""
    what: What

    @property
    def private(self) -> bool:
        """Whether it is the chat with one person."""
        return self.chat_type == "private"
