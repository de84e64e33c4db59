"""A student's turn as it is logged: redacted, reviewed where staff are needed, calmed where it insults."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from bot.answering.answerer import Answerer
from bot.answering.dialogue import PAUSE, Dialogue
from bot.answering.grounded import Preview
from bot.answering.understanding import EarlierTurn
from bot.errors import AlreadyAnswered
from bot.messages import Answer, IncomingMessage, Kind, Reply
from bot.reviewing.desk import ReviewDesk
from storage import conversations, inbox, outbox
from storage.database import Database, Session
from storage.reviews import URGENT

NOW = datetime.now(UTC)
PAUSED = "Hagamos una pausa de 10 minutos."


class Moderated:
    """Takes the message for the category that it names."""

    async def answer(self, text: str, turns: Sequence[EarlierTurn] = (), preview: Preview | None = None) -> Answer:
        kinds = {"¿hay becas?": Kind.UNKNOWN, "45678912": Kind.UNKNOWN}
        kinds |= dict.fromkeys(("insult", "self_harm", "abused"), Kind.UNSAFE)
        besides = tuple(text.split(" | ")[1:])
        kind = kinds.get(text, Kind.ANSWER)
        return Answer(
            text, kind, f"reply to {text}", (), None, False, {}, reason=text, asked=text, open_questions=besides
        )


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'cenfobot.db'}")
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def dialogue(database: Database) -> Dialogue:
    pause = "Hagamos una pausa de {minutes} minutos."
    return Dialogue(database, cast(Answerer, Moderated()), ReviewDesk(database), pause)


async def say(dialogue: Dialogue, text: str, *, chat: str = "ana", at: datetime = NOW) -> Reply:
    reply, _ = await dialogue.turn(IncomingMessage("web", f"{chat}{text}{at}", chat, text, at))
    return reply


def logged(database: Database, chat: str = "ana") -> list[str]:
    with database.reading() as session:
        conversation = conversations.find_conversation(session, "web", chat)
        assert conversation
        return [message.text for message in conversations.transcript(session, conversation)]


async def test_personal_data_is_masked_in_the_log_and_in_what_is_answered_from_it(
    dialogue: Dialogue, database: Database
) -> None:
    await say(dialogue, "mi dni es 45678912")

    assert logged(database) == ["mi dni es [DNI]", "reply to mi dni es 45678912"]


async def test_what_is_not_known_goes_to_staff(dialogue: Dialogue, database: Database) -> None:
    await say(dialogue, "¿hay becas?")

    assert [review.question for review in ReviewDesk(database).open_reviews()] == ["¿hay becas?"]


async def test_a_part_that_is_not_known_goes_to_staff_and_a_bare_number_does_not(
    dialogue: Dialogue, database: Database
) -> None:
    await say(dialogue, "¿dónde queda? | ¿hay piscina?")
    await say(dialogue, "45678912")

    assert [review.question for review in ReviewDesk(database).open_reviews()] == ["¿hay piscina?"]


async def test_the_third_insult_begins_a_pause(dialogue: Dialogue) -> None:
    replies = [(await say(dialogue, "insult")).text for _ in range(3)]

    assert replies == ["reply to insult", "reply to insult", PAUSED]


async def test_in_a_pause_nothing_is_answered_and_after_it_everything(dialogue: Dialogue) -> None:
    for _ in range(3):
        await say(dialogue, "insult")

    assert (await say(dialogue, "¿cuánto cuesta?")).text == PAUSED
    assert (await say(dialogue, "¿cuánto cuesta?", chat="luis")).text == "reply to ¿cuánto cuesta?"
    later = datetime.now(UTC) + PAUSE + timedelta(minutes=1)
    assert (await say(dialogue, "¿cuánto cuesta?", at=later)).text == "reply to ¿cuánto cuesta?"


@pytest.mark.parametrize(
    ("category", "told"),
    [("self_harm", "the student may be in danger"), ("abused", "somebody may suffer violence or abuse")],
)
async def test_a_call_for_help_is_answered_in_a_pause_and_staff_see_it_first(
    dialogue: Dialogue, database: Database, caplog: pytest.LogCaptureFixture, category: str, told: str
) -> None:
    for _ in range(2):
        await say(dialogue, "¿hay becas?")
    for _ in range(3):
        await say(dialogue, "insult")

    with caplog.at_level(logging.WARNING, logger="cenfobot"):
        reply = await say(dialogue, category)

    assert reply.text == f"reply to {category}"
    first, second = ReviewDesk(database).open_reviews()
    assert (first.question, second.question) == (category, "¿hay becas?")
    assert first.reason == f"{URGENT}{told}"
    assert f"{told}: review" in caplog.text


async def test_calls_for_help_begin_no_pause(dialogue: Dialogue) -> None:
    replies = [(await say(dialogue, "abused", at=NOW + timedelta(seconds=n))).text for n in range(4)]

    assert replies == ["reply to abused"] * 4


async def test_what_belongs_to_a_turn_is_committed_with_it_or_not_at_all(
    dialogue: Dialogue, database: Database
) -> None:
    with database.writing() as session:
        for text in ("¿cuánto", "cuesta?"):
            inbox.receive(session, channel="web", external_id=text, chat_id="ana", text=text, received_at=NOW)
        first, second = inbox.waiting(session, "web", "ana")
    message = IncomingMessage("web", "1", "ana", "¿cuánto\ncuesta?", NOW)

    def also(session: Session, reply: Reply, answer: Answer) -> None:
        payload = {"text": reply.text}
        about = f"answer:{reply.answer_id}"
        outbox.put(session, channel="web", chat_id="ana", method="send", payload=payload, about=about, now=NOW)

    for _ in range(2):
        with suppress(AlreadyAnswered):
            await dialogue.turn(message, inbox_id=first.id, joined=[second.id], also=also)

    with database.reading() as session:
        assert inbox.waiting(session, "web", "ana") == []
        assert outbox.waiting(session, "web") == 1
    assert len(logged(database)) == 2
