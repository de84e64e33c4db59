"""What staff are shown, on its way into the outbox; part of the caller's transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.telegram.sending import put_text
from bot.telegram.texts import StyledText, split_styled
from storage import chat_states, outbox, staff
from storage.database import Session
from storage.staff import STAFF_CHAT

CHANNEL = "telegram"
NOTICE = "staff"
"""What a notice is about: a reply to it is for nobody."""


def listening_chat(session: Session) -> str | None:
    """The staff's chat, if there is one that can be reached."""
    chat_id = staff.get_fact(session, STAFF_CHAT)
    return chat_id if chat_id and chat_states.is_unreachable(session, CHANNEL, chat_id) is None else None


def say(
    session: Session,
    chat_id: str,
    text: StyledText | str,
    *,
    now: datetime,
    about: str = NOTICE,
    reply_to: str | None = None,
    buttons: Mapping[str, Any] | None = None,
    once: str | None = None,
) -> bool:
    """Puts a text, in pieces if it is long: the first replies, the last has the buttons. False: ``once`` was there."""
    reply = {"reply_parameters": {"message_id": int(reply_to), "allow_sending_without_reply": True}} if reply_to else {}
    last = {"reply_markup": dict(buttons)} if buttons else {}
    return put_text(
        session, text, channel=CHANNEL, chat_id=chat_id, now=now, about=about, once=once, first=reply, last=last
    )


def change(
    session: Session,
    chat_id: str,
    message_id: str,
    text: StyledText | str,
    *,
    now: datetime,
    about: str = NOTICE,
    buttons: Mapping[str, Any] | None = None,
    once: str | None = None,
) -> bool:
    """Gives a message another text, of which only the first piece is taken, and other buttons, or none."""
    payload = split_styled(StyledText("") + text)[0].payload() | {"message_id": int(message_id)}
    payload |= {"reply_markup": dict(buttons)} if buttons else {}
    return _put(session, chat_id, "editMessageText", payload, about, once, now)


def without_buttons(session: Session, chat_id: str, message_id: str, *, about: str, now: datetime) -> None:
    """Takes a message's buttons away."""
    _put(session, chat_id, "editMessageReplyMarkup", {"message_id": int(message_id)}, about, None, now)


def _put(
    session: Session, chat_id: str, method: str, payload: dict[str, Any], about: str, once: str | None, now: datetime
) -> bool:
    stored = outbox.put(
        session, channel=CHANNEL, chat_id=chat_id, method=method, payload=payload, about=about, once=once, now=now
    )
    return stored is not None
