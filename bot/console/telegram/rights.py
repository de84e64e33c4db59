"""Who may do what and where, and what those are told who may not."""

from collections.abc import Callable

from bot.console.telegram import wording
from bot.console.telegram.base import Asked
from bot.console.telegram.outgoing import say
from bot.telegram.texts import StyledText
from storage.database import Session

Act = Callable[[Session], None]
"""What is to be done, inside of the transaction that finishes the message."""


def in_staff_chat(asked: Asked, act: Act) -> Act:
    """The act, for a member in the staff's chat."""
    if asked.member is None:
        return lambda session: only_staff(session, asked)
    if not asked.in_staff_chat:
        return lambda session: answer(session, asked, wording.IN_STAFF_CHAT)
    return act


def by_admin(asked: Asked, act: Act) -> Act:
    """The act, for an admin."""
    if asked.member and asked.member.role == "admin":
        return act
    return lambda session: answer(session, asked, wording.ONLY_ADMIN)


def only_staff(session: Session, asked: Asked) -> None:
    """Says so once to each account in each chat."""
    event = asked.event
    once = f"only-staff:{event.chat_id}:{event.user_id}"
    say(session, event.chat_id, wording.ONLY_STAFF, reply_to=event.message_id, once=once, now=asked.now)


def answer(session: Session, asked: Asked, text: StyledText | str) -> None:
    """A notice in reply to what was done."""
    say(session, asked.event.chat_id, text, reply_to=asked.event.message_id, now=asked.now)
