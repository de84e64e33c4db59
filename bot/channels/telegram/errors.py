"""What an error of Telegram means for what was to be sent."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

_REASON_CHARACTERS = 200


class Meaning(StrEnum):
    """What follows from an error."""

    WAIT = "wait"
    """429: nothing to this chat, or of this method, for ``seconds``."""
    AGAIN = "again"
    """The network or the server failed. What was sent may have arrived."""
    TOKEN = "token"
    """The token is not taken; nothing can be done before staff change it."""
    UNREACHABLE = "unreachable"
    """The chat takes nothing from this bot any more."""
    MOVED = "moved"
    """The group is a supergroup now, with the id ``moved_to``."""
    UNCHANGED = "unchanged"
    """The message is already what it was to become."""
    REFUSED = "refused"
    """The content as it is; with less in it, it may be taken."""
    HOPELESS = "hopeless"
    """This can never be sent."""


@dataclass(frozen=True)
class Fault:
    """An error, understood."""

    meaning: Meaning
    reason: str
    """Short, for the record; Telegram's own words where we have none."""
    seconds: float = 0.0
    moved_to: str = ""


_FORBIDDEN = {
    "blocked by the user": "blocked",
    "deactivated": "deactivated",
    "kicked": "kicked",
    "not a member": "not a member",
    "initiate conversation": "never started",
}
_UNREACHABLE = {
    "chat not found": "chat not found",
    "user not found": "chat not found",
    "peer_id_invalid": "chat not found",
    "group chat was deactivated": "deactivated",
    "chat_write_forbidden": "not allowed to write",
    "not enough rights to send": "not allowed to write",
}
_HOPELESS = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "no text in the message to edit",
    "text is empty",
    "is too long",
    "message thread not found",
    "topic_closed",
)


def understood(error: TelegramError) -> Fault:
    """What the error means."""
    reason = error.message[:_REASON_CHARACTERS]
    match error:
        case RetryAfter():
            return Fault(Meaning.WAIT, "flood", _seconds(error.retry_after))
        case InvalidToken():  # its text may hold the token
            return Fault(Meaning.TOKEN, "the token is refused")
        case Forbidden():
            return Fault(Meaning.UNREACHABLE, _named(reason, _FORBIDDEN) or reason)
        case ChatMigrated():
            return Fault(Meaning.MOVED, "is a supergroup now", moved_to=str(error.new_chat_id))
        case BadRequest():
            return _bad_request(reason)
        case NetworkError() if isinstance(error.__cause__, TypeError | ValueError):
            return Fault(Meaning.HOPELESS, type(error.__cause__).__name__)  # it could not be written as a request
        case _:
            return Fault(Meaning.AGAIN, type(error).__name__)


def _bad_request(reason: str) -> Fault:
    if "message is not modified" in reason.lower():
        return Fault(Meaning.UNCHANGED, "not modified")
    if name := _named(reason, _UNREACHABLE):
        return Fault(Meaning.UNREACHABLE, name)
    hopeless = any(text in reason.lower() for text in _HOPELESS)
    return Fault(Meaning.HOPELESS if hopeless else Meaning.REFUSED, reason)


def _named(reason: str, names: dict[str, str]) -> str:
    return next((name for text, name in names.items() if text in reason.lower()), "")


def _seconds(retry_after: int | timedelta) -> float:
    return retry_after.total_seconds() if isinstance(retry_after, timedelta) else retry_after
