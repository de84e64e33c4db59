"""Hand-offs: a student and a person of the staff talk through the bot, until either of them ends it.

The staff's chat has a card for each, and what the student writes as replies to it; what staff write in reply to any of
these goes to the student under their name. What was answered becomes a proposal for the review desk. Every function
works inside of the caller's transaction.
"""

from datetime import datetime

from bot.console.telegram import wording
from bot.console.telegram.base import Asked
from bot.console.telegram.cards import LONGEST_QUESTION, VERB
from bot.console.telegram.outgoing import CHANNEL, listening_chat, say, without_buttons
from bot.privacy.redaction import redacted
from bot.reviewing.desk import ReviewDesk
from bot.telegram.events import Edited
from bot.telegram.keyboards import button, keyboard, shortened
from bot.telegram.texts import LIMIT, StyledText, bold, italic, split
from storage import chat_states, conversations, handoffs, outbox, reviews
from storage.conversations import MessageRecord
from storage.database import Session
from storage.errors import UnknownId
from storage.handoffs import HandoffRecord
from storage.text import folded

CLOSE = "close"
"""Verb of the button that ends one, behind the staff's own."""
_STUDENT = "student"
_TURNS = 6
_TURN, _NAME, _QUESTION = 200, 60, 2200
"""Characters that the card shows of each."""
_SAID = "👤"
"""Begins what a student writes in the thread."""
_WHO = {"student": "👤", "bot": "🤖", "staff": "🙋"}


class Handoffs:
    """The persons behind the bot."""

    def __init__(self, desk: ReviewDesk) -> None:
        self._desk = desk

    # --- the student's side --------------------------------------------------------------------------

    def ask(self, session: Session, *, conversation_id: int, name: str, question: str, now: datetime) -> bool:
        """Opens one with its card in the staff's chat; False: there is no chat where somebody would see it."""
        chat_id = listening_chat(session)
        if chat_id is None:
            return False
        is_new = handoffs.open_of(session, conversation_id) is None
        handoff_id = handoffs.open_handoff(session, conversation_id, "asked", redacted(question), now)
        if is_new:
            post(session, chat_id, handoffs.get(session, handoff_id), now, name, question)
        return True

    def tell(self, session: Session, *, conversation_id: int, text: str, now: datetime) -> bool:
        """Passes on what the student writes; False: none is open, or nobody is there to read it, which is said."""
        handoff = handoffs.open_of(session, conversation_id)
        if handoff is None:
            return False
        chat_id = listening_chat(session)
        if chat_id is None:
            handoffs.close(session, handoff.id, "", now)
            place = conversations.chat_of(session, conversation_id)
            if place and place[0] == CHANNEL:
                say(session, place[1], wording.NOBODY_LISTENS, about=_about(handoff.id), now=now)
            return False
        if not _joined(session, chat_id, handoff.id, text):
            said = bold(f"{_SAID} Consulta {handoff.id}") + f"\n{text}"
            self._say(session, chat_id, handoff.id, said, now)
        return True

    def leave(self, session: Session, *, conversation_id: int, now: datetime) -> bool:
        """Ends it for the student; False: none is open."""
        handoff = handoffs.open_of(session, conversation_id)
        if handoff is None:
            return False
        self._end(session, handoff, _STUDENT, now)
        return True

    def forget(self, session: Session, *, conversation_id: int, now: datetime) -> None:
        """Ends it because the student has everything deleted; nothing is proposed, and no word of it is kept."""
        handoff = handoffs.open_of(session, conversation_id)
        chat_id = listening_chat(session)
        if handoff is None or chat_id is None:
            return
        card = _card(session, chat_id, handoff.id)
        if card:
            without_buttons(session, chat_id, card, about="", now=now)
        gone = f"Consulta {handoff.id}: el estudiante borró sus datos. Lo que se responda aquí ya no le llega."
        say(session, chat_id, gone, reply_to=card, now=now)

    # --- the staff's side ----------------------------------------------------------------------------

    def reply(self, session: Session, asked: Asked, handoff_id: int, text: str) -> None:
        """Sends the student what a member wrote in the thread, or changed there."""
        handoff = _open(session, asked, handoff_id)
        place = conversations.chat_of(session, handoff.conversation_id) if handoff else None
        if handoff is None or place is None:
            return
        assert asked.member
        channel, chat_id = place
        corrected = isinstance(asked.event.what, Edited)
        if corrected and text in _replies(session, handoff):  # an edit of something else than the words
            return
        conversations.log_staff_message(session, handoff.conversation_id, text, now=asked.now)
        if channel == CHANNEL:
            who = wording.CORRECTION if corrected else "{name}:"
            said = bold(who.format(name=asked.member.name)) + f" {text}"
            say(session, chat_id, said, about=_about(handoff_id), now=asked.now)
        if chat_states.is_unreachable(session, channel, chat_id):
            lost = "El estudiante bloqueó el bot o cerró su cuenta. Lo recibirá si vuelve a escribir."
            say(session, asked.event.chat_id, lost, about=_about(handoff_id), reply_to=_place(asked), now=asked.now)

    def close(self, session: Session, asked: Asked, handoff_id: int) -> None:
        """Ends it for a member, and tells the student."""
        handoff = _open(session, asked, handoff_id)
        place = conversations.chat_of(session, handoff.conversation_id) if handoff else None
        if handoff is None or place is None:
            return
        assert asked.member
        if place[0] == CHANNEL:
            told = f"{asked.member.name} cerró la conversación. Vuelvo a ser yo, el asistente: escríbeme tu pregunta."
            say(session, place[1], told, about=_about(handoff_id), now=asked.now)
        self._end(session, handoff, asked.member.name, asked.now)

    # --- parts ---------------------------------------------------------------------------------------

    def _end(self, session: Session, handoff: HandoffRecord, by: str, now: datetime) -> None:
        handoffs.close(session, handoff.id, by, now)
        who = "El estudiante volvió al asistente" if by == _STUDENT else f"Cerrada por {by}"
        said = f"Consulta {handoff.id}: {who}.{self._proposed(session, handoff, now)}"
        if chat_id := listening_chat(session):
            if card := _card(session, chat_id, handoff.id):
                without_buttons(session, chat_id, card, about=_about(handoff.id), now=now)
            self._say(session, chat_id, handoff.id, said, now)

    def _proposed(self, session: Session, handoff: HandoffRecord, now: datetime) -> str:
        """Proposes what was answered to all who may ask it, and says so; "" where there is nothing to propose.

        One reply to one question is its draft. Of a longer talk nobody but a reader can tell what answers what: it is
        proposed without a draft. The student has the answer and is not called back.
        """
        question, reply = _exchange(session, handoff)
        if not folded(question):
            return ""
        answer = redacted(reply)  # it was written to one person, and may speak of them
        review_id = self._desk.report(
            session, question=question, draft=answer, reason="hand-off", message_id=None, now=now
        )
        if answer and not reviews.get_review(session, review_id).draft:
            reviews.edit_review(session, review_id, draft=answer)
        how = "" if answer else ", sin borrador: responde a su tarjeta con lo que vale para todos"
        return f" Queda propuesta como pregunta {review_id}{how}."

    def _say(self, session: Session, chat_id: str, handoff_id: int, text: StyledText | str, now: datetime) -> None:
        say(session, chat_id, text, about=_about(handoff_id), reply_to=_card(session, chat_id, handoff_id), now=now)


def post(
    session: Session, chat_id: str, handoff: HandoffRecord, now: datetime, name: str = "", asked: str | None = None
) -> bool:
    """Puts a hand-off's card into the staff's chat; False: it was put there before.

    ``asked`` is the question as the student wrote it, where it is known; the one that is kept is redacted.
    """
    text = bold(f"🙋 Consulta {handoff.id}: {shortened(name, _NAME) or 'un estudiante'}")
    text += " quiere hablar con una persona."
    about = _first_part(handoff.question if asked is None else asked)
    text += f"\n\n{about}" if about else ""
    text += _earlier(session, handoff.conversation_id)
    text += "\n\n" + italic("Responde a este mensaje y se lo envío.")
    close = keyboard([button("Cerrar", VERB, CLOSE, handoff.id)])
    once = f"handoff:{handoff.id}:{chat_id}"
    return say(session, chat_id, text, about=_about(handoff.id), buttons=close, once=once, now=now)


def without_card(session: Session, chat_id: str) -> list[HandoffRecord]:
    """The open hand-offs that the staff's chat knows nothing of: it was another one when they were opened."""
    opened = {_about(handoff.id): handoff for handoff in handoffs.all_open(session)}
    known = outbox.history(session, channel=CHANNEL, chat_id=chat_id, abouts=opened) if opened else []
    return [handoff for about, handoff in opened.items() if about not in {row.about for row in known}]


def _joined(session: Session, chat_id: str, handoff_id: int, text: str) -> bool:
    """Adds to what the student wrote before, while that still waits: the staff's chat takes 20 messages a minute."""
    rows = outbox.history(session, channel=CHANNEL, chat_id=chat_id, abouts=[_about(handoff_id)])
    last = rows[0] if rows else None
    if last is None or last.status != "pending" or not str(last.payload.get("text", "")).startswith(_SAID):
        return False
    together = f"{last.payload['text']}\n{text}"
    if len(split(together, LIMIT)) > 1:
        return False
    return outbox.replace_pending(session, last.id, {**last.payload, "text": together})


def _thread(session: Session, handoff: HandoffRecord) -> list[MessageRecord]:
    """What student and staff said in it; a call-back may have come in between."""
    said = conversations.transcript(session, handoff.conversation_id, after_id=handoff.begun_after)
    return [message for message in said if message.role != "bot"]


def _replies(session: Session, handoff: HandoffRecord) -> list[str]:
    return [message.text for message in _thread(session, handoff) if message.role == "staff"]


def _exchange(session: Session, handoff: HandoffRecord) -> tuple[str, str]:
    """What the student wanted to know, redacted, and the reply; both "" where nobody replied.

    That is what was written last before the first reply, else what the hand-off was opened about, else what was
    written after a greeting; "" where it is longer than a card shows. The reply is "" where it is not plain what
    answers what: several messages asked, or several answered.
    """
    said = _thread(session, handoff)
    while said and said[-1].role == "student":  # thanks, or what nobody answered
        said.pop()
    if not said:
        return "", ""
    written, replies = ([message.text for message in said if message.role == role] for role in ("student", "staff"))
    opening = [handoff.question] if folded(handoff.question) else []
    first_reply = [message.role for message in said].index("staff")
    before = opening + written[:first_reply]
    question = (before[-1:] or written[:1] or [""])[0]
    alone = len(opening + written) == len(replies) == 1
    return question if len(question) <= LONGEST_QUESTION else "", replies[0] if alone else ""


def _open(session: Session, asked: Asked, handoff_id: int) -> HandoffRecord | None:
    """The hand-off, if it is open; else says that it is not."""
    try:
        handoff = handoffs.get(session, handoff_id)
    except UnknownId:
        handoff = None
    if handoff and handoff.status == "open":
        return handoff
    gone = f"La consulta {handoff_id} ya está cerrada." if handoff else "Esa consulta ya no existe."
    about = _about(handoff_id) if handoff else "staff"
    say(session, asked.event.chat_id, gone, about=about, reply_to=_place(asked), now=asked.now)
    return None


def _place(asked: Asked) -> str:
    return asked.event.message_id


def _about(handoff_id: int) -> str:
    return f"handoff:{handoff_id}"


def _card(session: Session, chat_id: str, handoff_id: int) -> str | None:
    """The id of the hand-off's first message there; None if none was sent yet."""
    rows = outbox.history(session, channel=CHANNEL, chat_id=chat_id, abouts=[_about(handoff_id)])
    return next((row.message_id for row in reversed(rows) if row.message_id), None)


def _first_part(question: str) -> str:
    """As written, but so that the card is one message."""
    first, *more = split(question, _QUESTION) or [""]
    return f"{first}…" if more else first


def _earlier(session: Session, conversation_id: int) -> str:
    """What was said before, a line each."""
    said = conversations.transcript(session, conversation_id, limit=_TURNS)
    lines = [f"{_WHO[message.role]} {shortened(message.text, _TURN)}" for message in said]
    return "\n\nAntes:\n" + "\n".join(lines) if lines else ""
