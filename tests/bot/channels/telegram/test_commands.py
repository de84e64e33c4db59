"""What the commands and their buttons do, seen from the student's side."""

import asyncio
import json
import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from telegram import Bot
from telegram.constants import BotCommandLimit

from bot.channels.telegram import wording
from bot.channels.telegram.commit import Commit
from bot.channels.telegram.notes import Note
from bot.channels.telegram.outbox import Sender
from bot.channels.telegram.practice import Practice
from bot.channels.telegram.topics import topics
from bot.settings import DATA
from bot.telegram.keyboards import shortened
from storage import conversations, outbox
from storage.database import Database
from storage.pairs import PairRecord
from storage.pairs_csv import group_rows, read_csv
from tests.bot.channels.telegram.outbox_side import until
from tests.bot.channels.telegram.students_side import KNOWN, PROFILE, Service, approve, serving
from tests.telegram.bot_api import BotApi
from tests.telegram.users import User
from tests.telegram.values import Message

PRICE = "¿Cuánto cuesta la matrícula?"


@pytest.fixture
def ana(api: BotApi) -> User:
    return api.user("Ana")


@pytest.fixture(scope="module")
def shipped() -> list[PairRecord]:
    """The shipped sample's pairs."""
    day = datetime(2026, 3, 2, tzinfo=UTC)
    read = enumerate(group_rows(read_csv(DATA / "cenfobank.csv")), 1)
    return [PairRecord(id_, one.question, one.answer, (), "active", "csv", "Rosa", day, 1) for id_, one in read]


def now(user: User, message: Message) -> Message:
    """The message as it stands now."""
    shown = user.chat.find(message.message_id)
    assert shown
    return shown


def is_quiz(message: Message) -> bool:
    """Whether it asks a practice question."""
    return "poll" in message.raw


async def changed(user: User, message: Message, text: str) -> Message:
    """The message, once an edit has given it the text."""
    await until(lambda: text in now(user, message).text)
    return now(user, message)


class TestStart:
    async def test_says_who_the_bot_is_and_answers_what_it_suggests(self, service: Service, ana: User) -> None:
        ana.sends("/start desde-la-web")
        hello = await service.hears(ana.chat, PROFILE.texts.identity)
        for text in (PROFILE.texts.capabilities, wording.PRIVACY_LINE, PROFILE.texts.sample_data_notice):
            assert text in hello.text
        assert [row[0] for row in hello.buttons] == list(PROFILE.suggested_questions)
        ana.presses(hello, PRICE)
        answer = await service.hears(ana.chat, "S/ 100")
        assert answer.text.startswith(f"{PRICE}\n\nLa matrícula cuesta")
        assert [entity["type"] for entity in answer.entities] == ["bold", "italic"]

    async def test_a_double_tap_asks_once(self, service: Service, ana: User) -> None:
        ana.sends("/start")
        hello = await service.hears(ana.chat, PROFILE.texts.identity)
        ana.presses(hello, PRICE)
        ana.presses(hello, PRICE)
        await service.hears(ana.chat, "S/ 100")
        await service.quiet()
        assert service.answers.asked == [PRICE]

    async def test_a_profile_without_suggestions_or_samples(self, api: BotApi, bot: Bot, database: Database) -> None:
        profile = replace(PROFILE, suggested_questions=(), sample_data=False)
        async with serving(api, bot, database, profile=profile) as service:
            (ana := api.user("Ana")).sends("/start")
            hello = await service.hears(ana.chat, PROFILE.texts.identity)
            assert hello.buttons == []
            assert hello.text.endswith(wording.PRIVACY_LINE)


class TestTexts:
    async def test_help_privacy_and_what_is_no_command(self, service: Service, ana: User) -> None:
        for command, expected in (
            ("/ayuda", "/practica"),
            ("/help", "/practica"),
            ("/privacidad", "a los 365 días"),
            ("/bailar", wording.UNKNOWN_COMMAND),
            ("/bot", wording.NEVER_LEFT),
        ):
            ana.sends(command)
            await service.hears(ana.chat, expected)

    def test_the_menu_is_one_that_telegram_takes_and_help_names_all_of_it(self) -> None:
        for name, description in wording.MENU:
            assert name.islower()
            assert 3 <= len(description) <= BotCommandLimit.MAX_DESCRIPTION
            assert name in ("start", "ayuda") or f"/{name}" in wording.HELP


class TestTopics:
    async def test_from_topics_to_questions_to_the_answer_and_back(self, service: Service, ana: User) -> None:
        ana.sends("/temas")
        menu = await service.hears(ana.chat, wording.TOPICS)
        assert sorted(name for row in menu.buttons for name in row) == ["Matrícula", "Otras", "Taller"]
        ana.presses(menu, "Matrícula")
        topic = await changed(ana, menu, "Preguntas sobre Matrícula")
        assert topic.buttons == [[question] for question in KNOWN if "matrícula" in question] + [[wording.BACK]]
        ana.presses(topic, PRICE)
        await service.hears(ana.chat, "S/ 100")
        ana.presses(topic, wording.BACK)
        await changed(ana, menu, wording.TOPICS)

    async def test_a_long_topic_has_pages_and_one_that_is_out_of_date_shows_the_topics(
        self, api: BotApi, bot: Bot, database: Database
    ) -> None:
        approve(database, {f"¿Qué es el curso {number}{number}?": f"Es el {number}." for number in range(1, 12)})
        async with serving(api, bot, database) as service:
            (ana := api.user("Ana")).sends("/temas")
            menu = await service.hears(ana.chat, wording.TOPICS)
            ana.presses(menu, "Curso")
            topic = await changed(ana, menu, "Preguntas sobre Curso")
            assert (len(topic.buttons), topic.buttons[-1]) == (9, [wording.BACK, wording.MORE])
            ana.presses(topic, wording.MORE)
            await until(lambda: len(now(ana, menu).buttons) == 4)
            approve(database)
            service.api.forge_callback(ana, menu, "t:1:0:0")
            await changed(ana, menu, wording.TOPICS)

    async def test_without_pairs_there_is_nothing_to_browse(self, api: BotApi, bot: Bot, database: Database) -> None:
        async with serving(api, bot, database) as service:
            (ana := api.user("Ana")).sends("/temas")
            await service.hears(ana.chat, wording.NO_TOPICS)
            ana.sends("/practica")
            await service.hears(ana.chat, wording.NO_PRACTICE)


class TestPractice:
    async def test_a_quiz_is_asked_answered_and_counted(self, service: Service, ana: User) -> None:
        ana.sends("/practica")
        asked = await service.hears(ana.chat, is_quiz)
        poll = asked.raw["poll"]
        options = [option["text"] for option in poll["options"]]
        right = KNOWN[poll["question"]]
        assert (poll["type"], len(options), len(set(options)), poll["explanation"]) == ("quiz", 4, 4, right)
        assert options[poll["correct_option_ids"][0]] == right
        assert set(options) <= set(KNOWN.values())
        await service.quiet()
        ana.answers_poll(asked, right)
        said = await service.hears(ana.chat, "¡Correcto! Llevas 1 de 1.")
        ana.presses(said, wording.ANOTHER)
        second = await service.hears(ana.chat, is_quiz, after=said)
        assert second.raw["poll"]["question"] != poll["question"]
        await service.quiet()
        right = KNOWN[second.raw["poll"]["question"]]
        ana.answers_poll(
            second, next(option["text"] for option in second.raw["poll"]["options"] if option["text"] != right)
        )
        said = await service.hears(ana.chat, "Llevas 1 de 2.")
        assert right in said.text

    async def test_an_answer_that_comes_before_the_poll_is_noted_counts(
        self, service: Service, ana: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        note = Sender._note

        async def late(sender: Sender, what: Note) -> None:
            await asyncio.sleep(0.5)
            await note(sender, what)

        monkeypatch.setattr(Sender, "_note", late)
        ana.sends("/practica")
        asked = await service.hears(ana.chat, is_quiz)
        ana.answers_poll(asked, asked.raw["poll"]["correct_option_ids"][0])
        await service.hears(ana.chat, "Llevas 1 de 1.")

    def asked(self, database: Database, shipped: list[PairRecord], question: str) -> tuple[str, list[str]]:
        """The right option and the wrong ones where the retriever finds nothing near."""
        practice = Practice(database, Commit(database), lambda text, most: [], random.Random(3))
        quiz = practice._quiz(next(pair for pair in shipped if pair.question == question), shipped)
        assert quiz
        options = list(quiz.options)
        return options.pop(quiz.correct), options

    def test_of_the_shipped_pairs_the_wrong_options_are_from_the_pair_s_own_topic(
        self, database: Database, shipped: list[PairRecord]
    ) -> None:
        found = topics(shipped)
        for pair in shipped[::5]:
            own = [one.answer for topic in found if pair in topic.pairs for one in topic.pairs]
            right, wrong = self.asked(database, shipped, pair.question)
            assert right == shortened(pair.answer, 100)
            if len(own) > 3:
                assert len(set(wrong)) == 3
                assert set(wrong) <= {shortened(answer, 100) for answer in own}

    def test_the_wrong_options_answer_questions_of_the_same_kind(
        self, database: Database, shipped: list[PairRecord]
    ) -> None:
        _, prices = self.asked(database, shipped, "¿Cuánto cuesta la mensualidad de Banca Digital?")
        assert all(option.startswith("La mensualidad de") for option in prices)
        _, yes_or_no = self.asked(database, shipped, "¿CENFOBANK es un banco?")
        assert {option[:3] for option in yes_or_no} <= {"Sí,", "No,"}

    def test_what_is_right_as_well_is_no_wrong_option(self, database: Database, shipped: list[PairRecord]) -> None:
        _, wrong = self.asked(database, shipped, "¿Cuál es el programa más largo?")
        assert "El programa Administración Bancaria dura 12 meses." not in wrong

    async def test_a_poll_that_was_passed_on_counts_for_its_owner_only(self, service: Service, ana: User) -> None:
        beto = service.api.user("Beto")
        beto.sends("/ayuda")
        ana.sends("/practica")
        asked = await service.hears(ana.chat, is_quiz)
        await service.quiet()
        beto.answers_poll(asked, 0)
        await service.quiet()
        assert len(beto.chat.bot_messages) == 1
        ana.answers_poll(asked, asked.raw["poll"]["correct_option_ids"][0])
        await service.hears(ana.chat, "Llevas 1 de 1.")


class TestOwnData:
    async def test_a_student_gets_all_that_is_stored(self, service: Service, ana: User) -> None:
        ana.sends("/misdatos")
        await service.hears(ana.chat, wording.NO_DATA)
        ana.sends(PRICE)
        await service.hears(ana.chat, "S/ 100")
        await service.quiet()
        ana.sends("/misdatos")
        sent = await service.hears(ana.chat, wording.MY_DATA)
        assert sent.file
        assert [(entry["role"], entry["text"]) for entry in json.loads(sent.file)] == [
            ("student", PRICE),
            ("bot", "La matrícula cuesta S/ 100."),
        ]

    async def test_nothing_is_deleted_before_yes_and_everything_then(self, service: Service, ana: User) -> None:
        ana.sends(PRICE)
        await service.hears(ana.chat, "S/ 100")
        ana.sends("/borrar")
        sure = await service.hears(ana.chat, wording.SURE_TO_DELETE)
        ana.presses(sure, wording.NO_DELETE)
        await changed(ana, sure, wording.NOT_DELETED)
        ana.sends("/persona")
        await service.hears(ana.chat, wording.PERSON_ASKED)
        ana.sends("/borrar")
        sure = await service.hears(ana.chat, wording.SURE_TO_DELETE, after=sure)
        await service.quiet()
        ana.presses(sure, wording.YES_DELETE)
        await changed(ana, sure, wording.DELETED)
        assert service.staff.heard[-1] == "borrado"
        with service.database.reading() as session:
            assert conversations.find_conversation(session, "telegram", str(ana.id)) is None
            answer = str(ana.chat.bot_messages[0].message_id)
            assert outbox.find_sent(session, channel="telegram", chat_id=str(ana.id), message_id=answer) is None
        ana.sends(PRICE)
        await service.hears(ana.chat, "S/ 100", after=sure)
