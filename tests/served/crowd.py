"""Many students at once: what they wrote, what they got for it, and how long it took."""

import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from storage import conversations
from storage.conversations import MessageRecord
from storage.database import Database
from storage.models import Inbox, Outbox
from tests.served.bot import ServedBot, wait_until
from tests.telegram.bot_api import BotApi
from tests.telegram.users import User
from tests.telegram.values import Message

APART_SECONDS = 3.3
"""A student's messages that are so far apart are turns of their own, by our clock and by Telegram's whole seconds."""


@dataclass
class Student:
    """Somebody who asks one approved question after the other, never twice the same in a row."""

    user: User
    questions: Sequence[str]
    asked: list[Message]

    def asks(self) -> Message:
        """The next question."""
        question = self.questions[(self.user.id + len(self.asked)) % len(self.questions)]
        self.asked.append(self.user.sends(question))
        return self.asked[-1]

    @property
    def answers(self) -> list[tuple[int, Message]]:
        """What arrived as answers, doubled ones among them: the number that the log gave each, and the message."""
        found = [(_answer_id(message), message) for message in self.user.chat.bot_messages]
        return [(number, message) for number, message in found if number]


@dataclass(frozen=True)
class Sending:
    """An attempt to send an item of the outbox."""

    item_id: int
    attempt: int
    about: str


@dataclass(frozen=True)
class Accounts:
    """What became of the students' messages, by the log, the outbox and the chats."""

    asked: int
    lost: int = 0
    """Messages without an answer in the log, or whose answer did not arrive."""
    wrong: int = 0
    """Answers beside a message's first, to no message, or out of order."""
    parked: int = 0
    doubled: int = 0
    """Arrivals of an answer beside its first."""
    unexplained: int = 0
    """Those of them that no interrupted send accounts for."""


def students(api: BotApi, questions: Sequence[str], count: int) -> list[Student]:
    """So many new ones, who have pressed Start."""
    crowd = [Student(api.user(f"Estudiante {number}"), questions, []) for number in range(count)]
    for student in crowd:
        student.user.sends("/start")
    return crowd


def delays(crowd: Sequence[Student], since: float = 0) -> list[float]:
    """Seconds from each question, asked since then, to the first arrival of its answer, shortest first."""
    found = []
    for student in crowd:
        arrived = {number: message.sent_at for number, message in reversed(student.answers)}
        both = zip(student.asked, sorted(arrived), strict=True)
        found += [arrived[number] - asked.sent_at for asked, number in both if asked.sent_at >= since]
    return sorted(found)


def p95(values: Sequence[float]) -> float:
    """The 95th percentile of sorted values."""
    return values[min(len(values) - 1, int(len(values) * 0.95))]


def quiet(api: BotApi, bot: ServedBot, seconds: float) -> None:
    """Returns once every update is stored, handled and answered.

    Raises:
        AssertionError: not within so many seconds.
    """
    database = Database(bot.database)
    try:
        wait_until(lambda: not api.pending and not _busy(database), "all is answered", seconds)
    finally:
        database.close()


def accounts(bot: ServedBot, crowd: Sequence[Student], interrupted: Iterable[Sending] = ()) -> Accounts:
    """Compares what was asked with what was logged and what arrived, given the sends that kills interrupted."""
    lost = doubled = unexplained = wrong = 0
    explained = Counter(sending.about for sending in set(interrupted))
    database = Database(bot.database)
    for student in crowd:
        logged = _logged(database, student)
        questions = [message.text for message in logged if message.role == "student"]
        replied = Counter(message.reply_to_id for message in logged if message.role == "bot")
        ids = [message.id for message in logged if message.role == "bot"]
        arrived = [number for number, _ in student.answers]
        lost += sum((Counter(message.text for message in student.asked) - Counter(questions)).values())
        lost += len(set(ids) - set(arrived))
        doubled += len(arrived) - len(set(arrived))
        more = ((number, count - 1) for number, count in Counter(arrived).items())
        unexplained += sum(max(0, count - explained[f"answer:{number}"]) for number, count in more)
        wrong += sum(count - 1 for count in replied.values()) + (arrived != sorted(arrived))
        wrong += len(set(arrived) - set(ids)) + len(questions) - len(ids)
    with database.reading() as session:
        parked = len(session.scalars(select(Inbox.id).where(Inbox.status == "parked")).all())
    database.close()
    asked = sum(len(student.asked) for student in crowd)
    return Accounts(asked, lost, wrong, parked, doubled, unexplained)


def interrupted(bot: ServedBot) -> set[Sending]:
    """What a killed bot was sending."""
    database = Database(bot.database)
    with database.reading() as session:
        rows = session.scalars(select(Outbox).where(Outbox.status == "sending")).all()
    database.close()
    return {Sending(row.id, row.attempts, row.about) for row in rows}


def wait_for_answers(crowd: Sequence[Student], seconds: float) -> float:
    """Returns once each has as many answers as questions; the seconds that it took."""
    started = time.monotonic()
    wait_until(
        lambda: all(len({number for number, _ in one.answers}) >= len(one.asked) for one in crowd),
        "all have their answers",
        seconds,
    )
    return time.monotonic() - started


def _answer_id(message: Message) -> int:
    """The answer's number in the log, which its buttons hold; 0 for what is no answer."""
    markup = message.reply_markup or {}
    data = [button.get("callback_data", "") for row in markup.get("inline_keyboard", []) for button in row]
    found = [re.fullmatch(r"fb:.:(\d+)", one) for one in data]
    return next((int(match[1]) for match in found if match), 0)


def _logged(database: Database, student: Student) -> list[MessageRecord]:
    with database.reading() as session:
        conversation = conversations.find_conversation(session, "telegram", str(student.user.id))
        return conversations.transcript(session, conversation) if conversation else []


def _busy(database: Database) -> bool:
    with database.reading() as session:
        waiting = session.scalars(select(Inbox.id).where(Inbox.status.in_(("pending", "handling")))).first()
        unsent = session.scalars(select(Outbox.id).where(Outbox.status.in_(("pending", "sending")))).first()
        return waiting is not None or unsent is not None
