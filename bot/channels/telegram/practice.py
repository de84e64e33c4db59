"""Practice: a quiz poll made from an approved pair, with answers of other pairs of its topic as wrong options."""

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.channels.telegram import wording
from bot.channels.telegram.commit import Commit
from bot.channels.telegram.talk import CHANNEL, Talk
from bot.channels.telegram.topics import topics
from bot.messages import Passage
from bot.telegram.events import Event, PollAnswer
from bot.telegram.keyboards import button, shortened
from storage import conversations, outbox, pairs, quizzes
from storage.database import Database, Session
from storage.inbox import InboxItem
from storage.outbox import OutboxItem
from storage.pairs import PairRecord
from storage.text import folded

_QUESTION, _OPTION, _EXPLANATION = 300, 100, 200
"""Most UTF-16 units of each."""
_WRONG = 3
"""Wrong options of a question."""
_NEAREST = 12
_NOT_AGAIN = 50
"""A pair is not asked again before so many others, where there are as many."""
_YES_OR_NO = frozenset({"si", "no"})
"""How an answer begins, folded, to a question that wants no more than that."""
_ABOUT = "quiz:"
_LOOKS, _LOOK_SECONDS = 20, 0.1


@dataclass(frozen=True)
class Quiz:
    """A question that is ready to be asked."""

    pair_id: int
    question: str
    options: tuple[str, ...]
    correct: int
    """Number of the right option, from 0."""
    explanation: str


class Practice:
    """Makes questions and takes answers."""

    def __init__(
        self,
        database: Database,
        commit: Commit,
        nearest: Callable[[str, int], list[Passage]],
        chance: random.Random | None = None,
    ) -> None:
        """``nearest`` gives so many of the pairs nearest to a question."""
        self._database = database
        self._commit = commit
        self._nearest = nearest
        self._chance = chance or random.Random()

    async def handle(self, item: InboxItem, event: Event) -> None:
        """Asks a question, in private: the score is one person's."""
        if event.private:
            quiz = await asyncio.to_thread(self._prepared, event.chat_id)
            await self._commit(item, event, lambda talk: self._ask(talk, quiz))
        else:
            await self._commit(item, event, lambda talk: talk.say(wording.ONLY_IN_PRIVATE))

    def _prepared(self, chat_id: str) -> Quiz | None:
        """A question that the chat was not asked lately; None where there are too few pairs. In no transaction."""
        with self._database.reading() as session:
            known = pairs.list_pairs(session)
            conversation = conversations.find_conversation(session, CHANNEL, chat_id)
            asked = quizzes.asked_pairs(session, conversation, min(_NOT_AGAIN, len(known) // 2)) if conversation else []
        fresh = [pair for pair in known if pair.id not in asked]
        whole = [pair for pair in fresh if shortened(pair.answer, _OPTION) == " ".join(pair.answer.split())]
        if not fresh:
            return None
        return self._quiz(self._chance.choice(whole or fresh), known)

    def _ask(self, talk: Talk, quiz: Quiz | None) -> None:
        """Asks a prepared question."""
        if quiz is None:
            talk.say(wording.NO_PRACTICE)
            return
        quiz_id = quizzes.open_quiz(talk.session, talk.conversation, quiz.pair_id, quiz.correct, talk.now)
        poll = {
            "question": quiz.question,
            "options": [{"text": option} for option in quiz.options],
            "type": "quiz",
            "correct_option_ids": [quiz.correct],
            "explanation": quiz.explanation,
            "is_anonymous": False,
        }
        talk.send("sendPoll", poll, about=f"{_ABOUT}{quiz_id}")

    async def take(self, item: InboxItem, event: Event, answer: PollAnswer) -> None:
        """Says whether an answer was right, and the score. A poll that was passed on to others counts for its owner.

        Waits a little where the poll may have been sent this very moment, so that it is not known yet.
        """
        for _ in range(_LOOKS):
            if not await asyncio.to_thread(self._is_sending, event.chat_id):
                break
            await asyncio.sleep(_LOOK_SECONDS)
        await self._commit(item, event, lambda talk: self._take(talk, answer))

    def _is_sending(self, chat_id: str) -> bool:
        with self._database.reading() as session:
            return outbox.is_sending(session, CHANNEL, chat_id)

    def _take(self, talk: Talk, answer: PollAnswer) -> None:
        conversation = talk.known_conversation
        if conversation is None or len(answer.options) != 1:
            return
        with talk.session.begin_nested() as attempt:
            taken = quizzes.answer(talk.session, answer.poll_id, answer.options[0], talk.now)
            if taken is None or taken.conversation_id != conversation:
                attempt.rollback()
                return
        right, answered = quizzes.score(talk.session, conversation)
        told = {"right": right, "answered": answered, "answer": pairs.get_pair(talk.session, taken.pair_id).answer}
        text = (wording.RIGHT if taken.chosen == taken.correct else wording.WRONG).format(**told)
        talk.say(text, [button(wording.ANOTHER, "quiz")])

    def _quiz(self, pair: PairRecord, known: Sequence[PairRecord]) -> Quiz | None:
        answers = [pair.answer]
        for answer in self._others(pair, known):
            if not any(_alike(answer, other) for other in answers):
                answers.append(answer)
            if len(answers) > _WRONG:
                break
        options = [shortened(answer, _OPTION) for answer in answers]
        right = options[0]
        if len(options) < 2:
            return None
        self._chance.shuffle(options)
        explanation = shortened(pair.answer, _EXPLANATION)
        return Quiz(pair.id, shortened(pair.question, _QUESTION), tuple(options), options.index(right), explanation)

    def _others(self, pair: PairRecord, known: Sequence[PairRecord]) -> Iterator[str]:
        """Answers to other questions: to those of its topic first, then to those nearest to it, then to any."""
        chosen = self._chance.sample(known, len(known))
        of_topic = {one.id for topic in topics(known) if pair in topic.pairs for one in topic.pairs} - {pair.id}
        for other in sorted((one for one in chosen if one.id in of_topic), key=lambda one: _unlike(pair, one)):
            yield other.answer
        for passage in self._nearest(pair.question, _NEAREST):
            if passage.pair_id != pair.id:
                yield passage.answer
        for other in chosen:
            if other.id != pair.id:
                yield other.answer


def poll_sent(session: Session, item: OutboxItem, poll_id: str) -> None:
    """A question was sent, as this poll."""
    quizzes.set_poll(session, int(item.about.removeprefix(_ABOUT)), poll_id)


def is_quiz(item: OutboxItem) -> bool:
    """Whether what was sent is a practice question."""
    return item.about.startswith(_ABOUT)


def _alike(one: str, other: str) -> bool:
    """Whether one says all that the other does, so that both are right or wrong, or they are shown as the same."""
    a, b = set(folded(one).split()), set(folded(other).split())
    return a <= b or b <= a or shortened(one, _OPTION) == shortened(other, _OPTION)


def _unlike(pair: PairRecord, other: PairRecord) -> tuple[bool, float]:
    """How little the other's answer could be taken for the pair's: by its form, then by the questions' words."""
    forms = {folded(one.answer).partition(" ")[0] in _YES_OR_NO for one in (pair, other)}
    a, b = set(folded(pair.question).split()), set(folded(other.question).split())
    return len(forms) > 1, -len(a & b) / len(a | b)
