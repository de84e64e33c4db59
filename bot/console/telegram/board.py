"""The staff's chat as a board of cards: the most wanted open reviews, each kept as its review is, whoever changes it.

What the outbox has last put about a review is what its card shows, so nothing else is kept, and a restart changes
nothing. Urgent reviews come first and always; of the others a few at a time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from bot.console.telegram import handoffs, retraining
from bot.console.telegram.base import Nearest
from bot.console.telegram.cards import about, decided_card, note, open_card
from bot.console.telegram.outgoing import CHANNEL, change, listening_chat, say
from bot.messages import Passage
from bot.telegram.texts import StyledText
from storage import cards as stored
from storage import outbox, pairs, reviews
from storage.database import Database, Session
from storage.outbox import OutboxItem
from storage.reviews import URGENT, ReviewRecord

MOST_CARDS = 5
"""Open cards at a time; ``/pendientes`` lists the rest."""
_MOST_SENDS = 3
"""A card that cannot be sent is given up after so many."""


@dataclass(frozen=True)
class _Shown:
    """A review and what the chat was sent about it, newest first."""

    review: ReviewRecord
    rows: Sequence[OutboxItem]

    @property
    def card(self) -> OutboxItem | None:
        """The message that is its card now."""
        return next((row for row in self.rows if row.method == "sendMessage"), None)

    @property
    def lost(self) -> bool:
        """Whether its card could not be sent, and may be tried again."""
        sends = [row for row in self.rows if row.method == "sendMessage"]
        return bool(sends) and sends[0].status == "failed" and len(sends) < _MOST_SENDS

    @property
    def at_rest(self) -> bool:
        """Whether nothing about it waits to be sent, so that its card may change again."""
        return all(row.status not in ("pending", "sending") for row in self.rows)


class Board:
    """Posts the cards, of hand-offs that another chat knew of too, keeps them up to date, and tells of retrainings."""

    def __init__(self, database: Database, nearest: Nearest, zone: tzinfo, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._nearest = nearest
        self._zone = zone
        self._clock = clock
        self._found: tuple[int, dict[str, Sequence[Passage]]] = (-1, {})

    def update(self) -> bool:
        """Puts what the chat lacks; True if that was anything."""
        with self._database.reading() as session:
            chat_id = listening_chat(session)
            if not chat_id:
                return False
            wanted = self._wanted(session, chat_id)
            news = retraining.news(session, self._clock())
            unknown = handoffs.without_card(session, chat_id)
            version = pairs.knowledge_version(session)
        ready = [put for shown in wanted if (put := self._ready(shown, chat_id, version))]
        if not ready and not news and not unknown:
            return False
        with self._database.writing() as session:
            puts = [put(session) for put in ready]
            puts += [say(session, chat_id, text, once=once, now=self._clock()) for once, text in news]
            puts += [handoffs.post(session, chat_id, handoff, self._clock()) for handoff in unknown]
            return any(puts)

    def again(self, waiting: Sequence[ReviewRecord]) -> Callable[[Session, str], None]:
        """Reads what the cards need; the result puts them below all else in a chat."""
        with self._database.reading() as session:
            version = pairs.knowledge_version(session)
        faces = [(review, open_card(review, self._near(review.question, version))) for review in waiting]

        def put(session: Session, chat_id: str) -> None:
            for review, (text, buttons) in faces:
                _repost(session, chat_id, review, text, buttons, self._clock())

        return put

    def _wanted(self, session: Session, chat_id: str) -> list[_Shown]:
        """The reviews whose card may have to be posted or changed."""
        waiting = [*reviews.open_reviews(session)]
        decided = [reviews.get_review(session, review_id) for review_id in stored.outdated(session, chat_id)]
        shown = _shown(session, chat_id, [*waiting, *decided])
        live = sum(one.review.status == "open" and bool(one.rows) and not one.lost for one in shown)
        wanted = []
        for one in shown:
            if one.rows and not one.lost:
                wanted.append(one)
            elif one.review.status == "open" and (live < MOST_CARDS or one.review.reason.startswith(URGENT)):
                wanted.append(one)
                live += 1
        return wanted

    def _ready(self, shown: _Shown, chat_id: str, version: int) -> Callable[[Session], bool] | None:
        """What is to be put about a review, if anything."""
        review, now = shown.review, self._clock()
        if not shown.at_rest:
            return None
        text, buttons = self._face(review, version)
        if not shown.rows or shown.lost:
            key = stored.first(review.id, chat_id) + (f":{shown.rows[0].id}" if shown.rows else "")
            return lambda session: say(
                session, chat_id, text, about=about(review.id), buttons=buttons, once=key, now=now
            )
        card, newest = shown.card, shown.rows[0]
        if card is None or card.message_id is None or _shows(newest.payload, text, buttons):
            return None
        message_id = card.message_id
        # The key names what the change follows, so that of two who see it one makes it.
        key = f"after:{newest.id}" if review.status == "open" else stored.last(review.id, chat_id)
        return lambda session: change(
            session, chat_id, message_id, text, about=about(review.id), buttons=buttons, once=key, now=now
        )

    def _face(self, review: ReviewRecord, version: int) -> tuple[StyledText, Mapping[str, Any] | None]:
        if review.status == "open":
            return open_card(review, self._near(review.question, version))
        if review.status != "approved" or review.pair_id is None:
            return decided_card(review, "", self._zone), None
        with self._database.reading() as session:
            return decided_card(review, pairs.get_pair(session, review.pair_id).answer, self._zone), None

    def _near(self, question: str, version: int) -> Sequence[Passage]:
        """The nearest pairs, looked for once per question and version of the knowledge."""
        if self._found[0] != version:
            self._found = (version, {})
        known = self._found[1]
        if question not in known:
            known[question] = self._nearest(question)
        return known[question]


def _shown(session: Session, chat_id: str, of: Sequence[ReviewRecord]) -> list[_Shown]:
    rows: dict[str, list[OutboxItem]] = {about(review.id): [] for review in of}
    for row in outbox.history(session, channel=CHANNEL, chat_id=chat_id, abouts=rows):
        rows[row.about].append(row)
    return [_Shown(review, rows[about(review.id)]) for review in of]


def _shows(payload: Mapping[str, Any], text: StyledText, buttons: Mapping[str, Any] | None) -> bool:
    return payload.get("text") == text.text and payload.get("reply_markup") == buttons


def _repost(
    session: Session,
    chat_id: str,
    review: ReviewRecord,
    text: StyledText,
    buttons: Mapping[str, Any],
    now: datetime,
) -> None:
    (shown,) = _shown(session, chat_id, [review])
    if not shown.at_rest:
        return  # it is on its way
    if shown.card and shown.card.message_id:
        below = f"Pregunta {review.id}: su tarjeta está más abajo."
        change(session, chat_id, shown.card.message_id, below, about=note(review.id), now=now)
    # The first one of a chat has the key by which its last change is found.
    key = None if shown.rows else stored.first(review.id, chat_id)
    say(session, chat_id, text, about=about(review.id), buttons=buttons, once=key, now=now)
