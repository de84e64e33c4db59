"""Who is staff in Telegram: an account is linked by a one-time code, and an admin says which group is the staff's."""

from bot.console.telegram import wording
from bot.console.telegram.base import Asked
from bot.console.telegram.outgoing import CHANNEL, say
from storage import chat_states, staff
from storage.database import Session
from storage.staff import STAFF_CHAT, StaffRecord


def link(session: Session, asked: Asked, code: str) -> None:
    """Links the account to the member whose code it is, in a private chat; a code that others could read is void."""
    if not asked.event.private:
        void = code and staff.void_code(session, code)
        _answer(session, asked, f"{wording.IN_PRIVATE} {wording.CODE_VOID}" if void else wording.IN_PRIVATE)
    elif not code:
        _answer(session, asked, wording.CODE_WANTED)
    else:
        linked = staff.link(session, code, asked.event.user_id, asked.now)
        if isinstance(linked, StaffRecord):
            role = "administras" if linked.role == "admin" else "revisas"
            where = "" if asked.staff_chat else f" {wording.NO_STAFF_CHAT}"
            _answer(session, asked, f"Listo, {linked.name}: desde ahora {role}. /ayuda dice qué puedes hacer.{where}")
        else:
            _answer(session, asked, wording.CODE_REFUSED[linked])


def unlink(session: Session, asked: Asked) -> None:
    """Takes the account's own rights."""
    staff.unlink(session, asked.event.user_id)
    _answer(session, asked, wording.UNLINKED)


def name_staff_chat(session: Session, asked: Asked) -> None:
    """Makes the group the staff's chat; who asks is an admin."""
    if asked.event.private:
        _answer(session, asked, wording.IN_GROUP)
        return
    staff.set_fact(session, STAFF_CHAT, asked.event.chat_id)
    chat_states.mark_reachable(session, CHANNEL, asked.event.chat_id, asked.now)
    _answer(session, asked, wording.STAFF_CHAT_NAMED)


def _answer(session: Session, asked: Asked, text: str) -> None:
    say(session, asked.event.chat_id, text, reply_to=asked.event.message_id, now=asked.now)
