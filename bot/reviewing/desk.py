"""The review desk: the only code that decides what is approved.

The command line is a view on it; chat and web views will be no more than that. Every decision is one
transaction; a review is decided once, and the second to try is told who was first and when.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from datetime import UTC, datetime

from bot.errors import AlreadyDecided, ContradictionError, ReviewError
from bot.reviewing.callbacks import CallBacks, call_back
from bot.reviewing.checked_text import checked_answer, checked_question
from bot.reviewing.grouping import content_words, same_question
from storage import pairs, reviews, training_runs
from storage.database import Database, Session
from storage.pairs import PairChangeRecord, PairRecord
from storage.reviews import ReviewRecord


class ReviewDesk:
    """Reviews and approved pairs, as staff work with them."""

    def __init__(
        self,
        database: Database,
        callbacks: CallBacks | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """``callbacks``: how those are told who asked what is approved now."""
        self._reading: Callable[[], AbstractContextManager[Session]] = database.reading
        self._writing: Callable[[], AbstractContextManager[Session]] = database.writing
        self._callbacks = callbacks or CallBacks()
        self._clock = clock

    def within(self, session: Session) -> "ReviewDesk":
        """This desk at work inside of the caller's transaction, which commits or takes back what it did."""
        inside = copy(self)
        inside._reading = inside._writing = lambda: nullcontext(session)
        return inside

    # --- what students could not get answered -------------------------------------------------------

    def report(
        self, session: Session, *, question: str, draft: str, reason: str, message_id: int | None, now: datetime
    ) -> int:
        """Opens a review, or joins the open one that asks the same; part of the caller's transaction.

        Who asked in message ``message_id`` is called back; None where nobody waits for the answer any more.
        """
        for review in reviews.open_reviews(session):
            if any(same_question(question, wording) for wording in (review.question, *review.wordings)):
                reviews.join_review(session, review.id, wording=question, message_id=message_id, now=now)
                return review.id
        return reviews.open_review(
            session, question=question, draft=draft, reason=reason, message_id=message_id, now=now
        )

    def open_reviews(self) -> list[ReviewRecord]:
        """What waits for a decision, most wanted first."""
        with self._reading() as session:
            return reviews.open_reviews(session)

    def review(self, review_id: int) -> ReviewRecord:
        """One review, decided or not."""
        with self._reading() as session:
            return reviews.get_review(session, review_id)

    # --- decisions ----------------------------------------------------------------------------------

    def approve(self, review_id: int, *, by: str, answer: str | None = None, confirmed: bool = False) -> PairRecord:
        """Approves ``answer`` (else the draft) for a review's question and all of its wordings, and tells who asked.

        The same answer as an approved pair's makes the wordings variants of that pair.

        Raises:
            AlreadyDecided: somebody was first.
            ContradictionError: the question is approved with another answer, and this is not ``confirmed``.
            ReviewError: there is no answer to approve.
        """
        now = self._clock()
        with self._writing() as session:
            review = self._undecided(session, review_id)
            text = checked_answer(answer if answer is not None else review.draft)
            wordings = list(dict.fromkeys((review.question, *review.wordings)))
            pair = self._approve(session, wordings, text, origin="review", by=by, now=now, confirmed=confirmed)
            reviews.decide(session, review_id, status="approved", by=by, now=now, pair_id=pair.id)
            call_back(session, review_id, pair, self._callbacks, now=now)
            return pair

    def edit(self, review_id: int, *, question: str | None = None, draft: str | None = None) -> ReviewRecord:
        """Changes a review's question or the draft of its answer; it stays open."""
        with self._writing() as session:
            self._undecided(session, review_id)
            return reviews.edit_review(
                session,
                review_id,
                question=checked_question(question) if question is not None else None,
                draft=checked_answer(draft) if draft is not None else None,
            )

    def reject(self, review_id: int, *, by: str) -> ReviewRecord:
        """Decides that a question gets no answer of ours."""
        with self._writing() as session:
            self._undecided(session, review_id)
            reviews.decide(session, review_id, status="rejected", by=by, now=self._clock())
            return reviews.get_review(session, review_id)

    def merge(self, review_id: int, into_id: int, *, by: str) -> ReviewRecord:
        """Decides that two reviews ask the same: the second takes over who asked the first; returns the second.

        Raises:
            AlreadyDecided: one of them is decided.
            ReviewError: they are one and the same.
        """
        if review_id == into_id:
            raise ReviewError(f"La revisión {review_id} no se fusiona consigo misma. Indica otra revisión pendiente.")
        with self._writing() as session:
            for either in sorted((review_id, into_id)):  # in one order, so that two merges never wait for each other
                self._undecided(session, either)
            reviews.merge(session, review_id, into_id, by=by, now=self._clock())
            return reviews.get_review(session, into_id)

    # --- what is approved ---------------------------------------------------------------------------

    def pairs(self, *, contains: str | None = None, status: str = "active") -> list[PairRecord]:
        """The pairs whose question, wordings or answer hold ``contains`` (accents and case aside)."""
        with self._reading() as session:
            return pairs.list_pairs(session, status=status, contains=contains)

    def history(self, pair_id: int) -> list[PairChangeRecord]:
        """Who changed a pair, when, from what to what; oldest first."""
        with self._reading() as session:
            pairs.get_pair(session, pair_id)
            return pairs.history(session, pair_id)

    def add(
        self, question: str, answer: str, *, by: str, wordings: tuple[str, ...] = (), confirmed: bool = False
    ) -> PairRecord:
        """Approves a new pair, or a new wording where the answer is approved already."""
        asked = [checked_question(text) for text in (question, *wordings)]
        with self._writing() as session:
            return self._approve(
                session, asked, checked_answer(answer), origin="staff", by=by, now=self._clock(), confirmed=confirmed
            )

    def edit_pair(self, pair_id: int, *, by: str, question: str | None = None, answer: str | None = None) -> PairRecord:
        """Changes an approved pair's canonical question or answer; the old text stays in its history."""
        with self._writing() as session:
            self._active(session, pair_id)
            return pairs.edit_pair(
                session,
                pair_id,
                question=checked_question(question) if question is not None else None,
                answer=checked_answer(answer) if answer is not None else None,
                by=by,
                now=self._clock(),
            )

    def retire(self, pair_id: int, *, by: str) -> PairRecord:
        """Takes a pair out of service; its history stays."""
        with self._writing() as session:
            self._active(session, pair_id)
            return pairs.retire_pair(session, pair_id, by=by, now=self._clock())

    # --- the model ----------------------------------------------------------------------------------

    def request_training(self, recipe: str, *, by: str) -> int:
        """Asks for a retraining, which the training process takes up; returns its number."""
        with self._writing() as session:
            return training_runs.request(session, recipe=recipe, by=by, now=self._clock())

    # --- parts --------------------------------------------------------------------------------------

    def _undecided(self, session: Session, review_id: int) -> ReviewRecord:
        review = reviews.get_review(session, review_id, lock=True)
        if review.status != "open":
            verdict = {
                "approved": "aprobada",
                "rejected": "rechazada",
                "merged": f"fusionada con la {review.merged_into}",
            }[review.status]
            when = f"{review.decided_at:%Y-%m-%d %H:%M} UTC"
            raise AlreadyDecided(
                f"La revisión {review_id} ya fue {verdict} por {review.decided_by} el {when}; se decide una sola vez. "
                "Para cambiar la respuesta aprobada usa: cenfobot pairs edit."
            )
        return review

    def _active(self, session: Session, pair_id: int) -> PairRecord:
        pair = pairs.get_pair(session, pair_id)
        if pair.status != "active":
            raise ReviewError(
                f"El par {pair_id} está retirado y ya no se cambia. Agrega uno nuevo: cenfobot pairs add."
            )
        return pair

    def _approve(
        self,
        session: Session,
        wordings: list[str],
        answer: str,
        *,
        origin: str,
        by: str,
        now: datetime,
        confirmed: bool,
    ) -> PairRecord:
        asked_already = {pair.id: pair for wording in wordings for pair in _pairs_asking(session, wording)}
        contradicted = [pair for pair in asked_already.values() if pair.answer != answer]
        if contradicted and not confirmed:
            olds = "; ".join(f"«{old.question}» (par {old.id}): «{old.answer}»" for old in contradicted)
            raise ContradictionError(
                f"Ya hay respuestas aprobadas para eso: {olds}. La nueva dice otra cosa: «{answer}». "
                "Confirma para cambiarlas."
            )
        pair = pairs.find_by_answer(session, answer)
        if contradicted and pair is None:
            pair = pairs.edit_pair(session, contradicted[0].id, answer=answer, by=by, now=now)
        for old in contradicted:
            if pair and old.id != pair.id:  # one question, one answer: its wordings move to the pair that holds it
                pairs.retire_pair(session, old.id, by=by, now=now)
                wordings = [*wordings, old.question, *old.wordings]
        if pair is None:
            rest = tuple(wordings[1:])
            return pairs.add_pair(
                session, question=wordings[0], answer=answer, wordings=rest, origin=origin, by=by, now=now
            )
        for wording in wordings:
            if pairs.find_by_wording(session, wording) is None:
                pair = pairs.add_wording(session, pair.id, wording, by=by, now=now)
        return pair


def _pairs_asking(session: Session, question: str) -> list[PairRecord]:
    """The active pairs that ask the same in nearly the same words."""
    sharing_a_word = {
        pair.id: pair for word in content_words(question) for pair in pairs.list_pairs(session, contains=word)
    }
    return [
        pair
        for pair in sharing_a_word.values()
        if any(same_question(question, wording) for wording in (pair.question, *pair.wordings))
    ]
