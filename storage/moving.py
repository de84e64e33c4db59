"""A group that goes on as a supergroup, under another id: what is stored for it follows."""

from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from storage import conversations, outbox
from storage.models import Conversation, Outbox, StaffFact
from storage.staff import STAFF_CHAT


def move_chat(session: Session, channel: str, old: str, new: str, now: datetime) -> None:
    """Sends to the new chat what waits for the old one; talk, and the staff's chat if it is that one, go on there.

    The messages of the old chat stay there: no edit of one is sent any more, and nothing replies to one.
    """
    waits = (Outbox.channel == channel, Outbox.chat_id == old, Outbox.status == "pending")
    for item in session.scalars(select(Outbox).where(*waits).order_by(Outbox.id).with_for_update()).all():
        once = _renamed(item.once, old, new)
        taken = once != item.once and session.scalars(select(exists().where(Outbox.once == once))).one()
        if taken or "message_id" in item.payload:
            outbox.failed(session, item.id, reason=f"the chat is {new} now", now=now)
        else:
            item.chat_id, item.once = new, once
            item.payload = {name: value for name, value in item.payload.items() if name != "reply_parameters"}
    session.flush()
    if conversations.find_conversation(session, channel, new) is None:
        talk = (Conversation.channel == channel, Conversation.chat_id == old)
        session.execute(update(Conversation).where(*talk).values(chat_id=new))
    session.execute(update(StaffFact).where(StaffFact.name == STAFF_CHAT, StaffFact.value == old).values(value=new))


def _renamed(once: str | None, old: str, new: str) -> str | None:
    """The key that the item would have been put with in the new chat, where the key names the chat."""
    return once.removesuffix(old) + new if once and once.endswith(f":{old}") else once
