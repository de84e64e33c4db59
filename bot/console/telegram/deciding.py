"""Decisions on reviews: the presses on a card and on the notes around it, and the replies that are answers.

Each is one call of the review desk inside of the caller's transaction, together with what is said about it. What a
press says is not trusted: it names a review, and what may be done with it is looked up.
"""

import re
from collections.abc import Callable, Sequence
from datetime import tzinfo

from bot.console.telegram import wording
from bot.console.telegram.base import Asked
from bot.console.telegram.cards import confirmation, mark, merges, note, whole_draft
from bot.console.telegram.outgoing import change, say
from bot.errors import AlreadyDecided, ContradictionError, ReviewError
from bot.messages import Passage
from bot.reviewing.callbacks import without_answer
from bot.reviewing.desk import ReviewDesk
from bot.telegram.keyboards import number, shortened
from storage import pairs, reviews
from storage.database import Session
from storage.errors import BadText, UnknownId, WordingTaken

_OTHERS = 5
"""Open reviews that are offered to be merged with."""


class Deciding:
    """What a member does to a review. The caller has checked who it is, and that it happens in the staff's chat."""

    def __init__(self, desk: ReviewDesk, zone: tzinfo) -> None:
        self._desk = desk
        self._zone = zone

    def press(self, session: Session, asked: Asked, says: Sequence[str], nearest: Sequence[Passage]) -> None:
        """Does what a button says, without the verb that all have; what no button of ours says does nothing."""
        review_id = number(says[1]) if len(says) > 1 else None
        if review_id is None:
            return
        match list(says):
            case ["ok", _, *shown] if len(shown) < 2:
                self._approve_shown(session, asked, review_id, "".join(shown))
            case ["see", _]:
                self._show_draft(session, asked, review_id)
            case ["no", _]:
                self._try(session, asked, review_id, lambda desk: desk.reject(review_id, by=_name(asked)))
            case ["edit", _]:
                self._ask_for_answer(session, asked, review_id)
            case ["merge", _]:
                self._offer(session, asked, review_id, nearest)
            case ["into", _, other] if (into := number(other)) is not None:
                self._merge(session, asked, review_id, into)
            case ["pair", _, other] if (pair_id := number(other)) is not None:
                self._approve_as(session, asked, review_id, pair_id)
            case ["sure", _, shown]:
                self._approve_shown(session, asked, review_id, shown, confirmed=True)
            case ["keep", _] if self._is_open(session, asked, review_id):
                self._outcome(session, asked, review_id, wording.LEFT_OPEN)

    def reply(self, session: Session, asked: Asked, review_id: int, text: str) -> None:
        """Approves the text as the answer to the card, or to the message that asked for one.

        What reads like a question or like a word to a colleague is asked back, and so is a reply to any other message.
        """
        if not self._is_open(session, asked, review_id):
            return
        meant = asked.about in (f"review:{review_id}", _edit(review_id))
        if not meant or text.rstrip().endswith("?") or len(re.findall(r"\w+", text)) < 2:
            what = f"¿Apruebo «{shortened(text, 200)}» como respuesta y la envío a quienes preguntaron?"
            self._ask_back(session, asked, review_id, text, what, "Sí, aprobar")
        else:
            self._approve(session, asked, review_id, text)

    # --- decisions ----------------------------------------------------------------------------------

    def _approve(
        self, session: Session, asked: Asked, review_id: int, answer: str | None = None, *, confirmed: bool = False
    ) -> None:
        review = self._is_open(session, asked, review_id)
        if not review:
            return
        told = len(without_answer(session, review_id, answer or review.draft))

        def decide(desk: ReviewDesk) -> None:
            pair = desk.approve(review_id, by=_name(asked), answer=answer, confirmed=confirmed)
            if asked.about != f"review:{review_id}" or answer:  # after a press on the card, the card says it
                to = "a quien preguntó" if told == 1 else f"a las {told} personas que preguntaron"
                sent = f" La envío {to}." if told else ""
                approved = f"✅ Pregunta {review_id}: aprobada por {_name(asked)}.{sent}\n\n«{pair.answer}»"
                self._outcome(session, asked, review_id, approved)

        try:
            self._try(session, asked, review_id, decide)
        except ContradictionError as error:
            self._ask_back(session, asked, review_id, answer or review.draft, str(error), "Sí, cambiar")

    def _approve_as(self, session: Session, asked: Asked, review_id: int, pair_id: int) -> None:
        """Approves an approved pair's answer, so that the review's wordings become the pair's."""
        try:
            pair = pairs.get_pair(session, pair_id)
        except UnknownId:
            pair = None
        if pair is None or pair.status != "active":
            self._outcome(session, asked, review_id, wording.NO_SUCH_PAIR)
        else:
            self._approve(session, asked, review_id, pair.answer)

    def _merge(self, session: Session, asked: Asked, review_id: int, into_id: int) -> None:
        def decide(desk: ReviewDesk) -> None:
            kept = desk.merge(review_id, into_id, by=_name(asked))
            said = f"🔀 La pregunta {review_id} es ahora parte de la {kept.id}: «{shortened(kept.question, 200)}»"
            self._outcome(session, asked, review_id, said)

        if self._is_open(session, asked, review_id) and self._is_open(session, asked, into_id):
            self._try(session, asked, review_id, decide)

    def _approve_shown(
        self, session: Session, asked: Asked, review_id: int, shown: str, *, confirmed: bool = False
    ) -> None:
        """Approves the draft if it is still the one that the pressed button was shown with."""
        review = self._is_open(session, asked, review_id)
        if review and not review.draft:
            self._outcome(session, asked, review_id, wording.NO_DRAFT)
        elif review and shown != mark(review):
            self._outcome(session, asked, review_id, wording.DRAFT_CHANGED)
        elif review:
            self._approve(session, asked, review_id, review.draft if confirmed else None, confirmed=confirmed)

    # --- questions back -----------------------------------------------------------------------------

    def _ask_for_answer(self, session: Session, asked: Asked, review_id: int) -> None:
        if review := self._is_open(session, asked, review_id):
            text = f"{_name(asked)}: responde a la tarjeta, o a este mensaje, con la respuesta a "
            text += f"«{shortened(review.question, 200)}». Lo que escribas queda aprobado."
            event = asked.event
            say(session, event.chat_id, text, about=_edit(review_id), reply_to=event.message_id, now=asked.now)

    def _show_draft(self, session: Session, asked: Asked, review_id: int) -> None:
        if review := self._is_open(session, asked, review_id):
            text, buttons = whole_draft(review)
            event, about = asked.event, note(review_id)
            say(session, event.chat_id, text, about=about, reply_to=event.message_id, buttons=buttons, now=asked.now)

    def _offer(self, session: Session, asked: Asked, review_id: int, nearest: Sequence[Passage]) -> None:
        if self._is_open(session, asked, review_id):
            others = [other for other in reviews.open_reviews(session) if other.id != review_id][:_OTHERS]
            text = f"¿Con cuál es una sola la pregunta {review_id}? Con ✅ recibe esa respuesta, que ya está aprobada."
            text = text if others or nearest else f"No hay con qué fusionar la pregunta {review_id}."
            buttons = merges(review_id, others, nearest) if others or nearest else None
            say(
                session,
                asked.event.chat_id,
                text,
                about=note(review_id),
                reply_to=asked.event.message_id,
                buttons=buttons,
                now=asked.now,
            )

    def _ask_back(self, session: Session, asked: Asked, review_id: int, answer: str, what: str, yes: str) -> None:
        """Keeps the answer as the draft, and has it confirmed."""
        if self._try(session, asked, review_id, lambda desk: desk.edit(review_id, draft=answer)):
            buttons = confirmation(reviews.get_review(session, review_id), yes)
            say(
                session,
                asked.event.chat_id,
                what,
                about=note(review_id),
                reply_to=asked.event.message_id,
                buttons=buttons,
                now=asked.now,
            )

    # --- parts --------------------------------------------------------------------------------------

    def _is_open(self, session: Session, asked: Asked, review_id: int) -> reviews.ReviewRecord | None:
        """The review, if it can be decided; else says why not."""
        try:
            review = reviews.get_review(session, review_id, lock=True)
        except UnknownId:
            self._outcome(session, asked, review_id, wording.NO_SUCH_REVIEW)
            return None
        if review.status == "open":
            return review
        self._outcome(session, asked, review_id, wording.already(review, self._zone))
        return None

    def _try(self, session: Session, asked: Asked, review_id: int, decide: Callable[[ReviewDesk], object]) -> bool:
        """Decides, or takes all of it back and says why it cannot be; True if it was done.

        Raises:
            ContradictionError: it wants a confirmation.
        """
        try:
            with session.begin_nested():
                decide(self._desk.within(session))
        except ContradictionError:
            raise
        except AlreadyDecided:
            why = wording.already(reviews.get_review(session, review_id), self._zone)
        except ReviewError as error:
            why = str(error)
        except UnknownId:
            why = wording.NO_SUCH_REVIEW
        except (BadText, WordingTaken):
            why = wording.NOT_STORABLE
        else:
            return True
        self._outcome(session, asked, review_id, why)
        return False

    def _outcome(self, session: Session, asked: Asked, review_id: int, text: str) -> None:
        """Says what came of it: a note whose button was pressed becomes that, and has no buttons any more."""
        if asked.pressed and asked.about == note(review_id):
            event = asked.event
            change(session, event.chat_id, event.message_id, text, about=note(review_id), now=asked.now)
        else:
            self._note(session, asked, review_id, text)

    def _note(self, session: Session, asked: Asked, review_id: int, text: str) -> None:
        event = asked.event
        say(session, event.chat_id, text, about=note(review_id), reply_to=event.message_id, now=asked.now)


def _edit(review_id: int) -> str:
    """What the message is about that asks for a review's answer."""
    return f"review:{review_id}:edit"


def _name(asked: Asked) -> str:
    assert asked.member
    return asked.member.name
