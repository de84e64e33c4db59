"""Students ask in Telegram and are answered there, as they would expect it."""

import asyncio

import pytest
from sqlalchemy import update
from telegram import Bot

from bot.channels.inbox import MAX_DEATHS
from bot.channels.telegram import wording
from storage import chat_states, conversations
from storage.database import Database
from storage.models import Inbox
from tests.bot.channels.telegram.conftest import greeted, started
from tests.bot.channels.telegram.inbox_side import Stored
from tests.bot.channels.telegram.outbox_side import until
from tests.bot.channels.telegram.students_side import PROFILE, Service, approve, logged, serving
from tests.telegram.bot_api import BotApi
from tests.telegram.users import User

PRICE = "¿Cuánto cuesta la matrícula?"
BUTTONS = [["👍", "👎"], ["Hablar con una persona"]]


@pytest.fixture
async def ana(api: BotApi, service: Service) -> User:
    return await greeted(api, service, "Ana")


class TestAnswers:
    async def test_an_approved_answer_says_who_approved_it_and_when(self, service: Service, ana: User) -> None:
        ana.sends(PRICE)
        answer = await service.hears(ana.chat, "S/ 100")
        assert answer.text == "La matrícula cuesta S/ 100.\n\nRespuesta verificada por CENFOBANK · 01/03/2026"
        assert [entity["type"] for entity in answer.entities] == ["italic"]
        assert answer.buttons == BUTTONS

    async def test_an_answer_of_the_models_own_says_so(self, service: Service, ana: User) -> None:
        ana.sends("inventa algo")
        answer = await service.hears(ana.chat, "Se inventa")
        assert answer.text.endswith("\n\nRespuesta generada a partir de información verificada")

    async def test_what_is_unknown_can_be_rated_and_small_talk_cannot(self, service: Service, ana: User) -> None:
        ana.sends("¿hay becas?")
        assert (await service.hears(ana.chat, PROFILE.texts.unknown)).buttons == BUTTONS
        assert [review.question for review in service.desk.open_reviews()] == ["¿hay becas?"]
        ana.sends("hola")
        assert (await service.hears(ana.chat, "¡Hola!")).buttons == []

    async def test_a_long_answer_comes_in_pieces_with_the_buttons_below_the_last(
        self, service: Service, ana: User
    ) -> None:
        ana.sends("inventa " + "una cosa muy larga " * 400)
        await service.hears(ana.chat, "Respuesta generada")
        pieces = ana.chat.bot_messages[1:]
        assert [piece.buttons for piece in pieces] == [[], BUTTONS]

    async def test_typing_is_shown_and_the_checked_sentences_as_a_draft(self, service: Service, ana: User) -> None:
        service.answers.open.clear()
        ana.sends(PRICE)
        await until(lambda: ana.chat.drafts)
        assert (ana.chat.drafts[0].text, set(ana.chat.actions)) == ("Déjame ver.", {"typing"})
        service.answers.open.set()
        await service.hears(ana.chat, "S/ 100")

    async def test_a_question_that_always_fails_gets_an_apology(self, service: Service, ana: User) -> None:
        service.answers.failures = 3
        ana.sends(PRICE)
        await service.hears(ana.chat, PROFILE.texts.error)
        await service.quiet()
        assert [message.text for message in ana.chat.bot_messages[1:]] == [PROFILE.texts.error]
        assert logged(service, ana) == [PRICE, PROFILE.texts.error]

    async def test_a_question_whose_process_always_ended_gets_an_apology(
        self, api: BotApi, bot: Bot, database: Database, stored: Stored
    ) -> None:
        ana = api.user("Ana")
        ana.sends(PRICE)
        await stored(api.updates[-1])
        with database.writing() as session:
            session.execute(update(Inbox).values(attempts=MAX_DEATHS))
        async with serving(api, bot, database) as service:
            await service.hears(ana.chat, PROFILE.texts.error)
            assert (service.answers.asked, logged(service, ana)) == ([], [PRICE, PROFILE.texts.error])

    async def test_one_that_fails_once_is_answered(self, service: Service, ana: User) -> None:
        service.answers.failures = 1
        ana.sends(PRICE)
        await service.hears(ana.chat, "S/ 100")


class TestFeedback:
    async def test_a_press_is_marked_and_the_next_takes_it_back(self, service: Service, ana: User) -> None:
        ana.sends(PRICE)
        answer = await service.hears(ana.chat, "S/ 100")
        ana.presses(answer, "👍")
        await until(lambda: (shown := ana.chat.find(answer.message_id)) and shown.buttons[0] == ["👍 ✓", "👎"])
        ana.presses(answer, "👎")
        await service.hears(ana.chat, PROFILE.texts.feedback_bad)
        assert [review.question for review in service.desk.open_reviews()] == [PRICE]
        ana.presses(answer, "👎 ✓")
        await until(lambda: (shown := ana.chat.find(answer.message_id)) and shown.buttons == BUTTONS)

    async def test_what_was_offered_stays_below_a_rated_answer(self, service: Service, ana: User) -> None:
        ana.sends("más o menos eso")
        answer = await service.hears(ana.chat, PROFILE.texts.unknown)
        assert answer.buttons == [[PRICE], *BUTTONS]
        ana.presses(answer, "👍")
        await until(lambda: (shown := ana.chat.find(answer.message_id)) and shown.buttons[1] == ["👍 ✓", "👎"])
        ana.presses(answer, PRICE)
        assert await service.hears(ana.chat, "S/ 100")

    @pytest.mark.parametrize(
        "data", ["fb:+:1", "fb:+:999", "fb:9:1", "fb", "s:ok:1", ":::", "p:99", "q:99", "no:1", "del:yes:1"]
    )
    async def test_a_made_up_press_changes_nothing(self, service: Service, ana: User, data: str) -> None:
        beto = started(service.api, "Beto")
        beto.sends(PRICE)
        await service.hears(beto.chat, "S/ 100")
        service.api.forge_callback(ana, ana.chat.bot_messages[0], data)
        await service.hears(ana.chat, wording.STALE_BUTTON)
        with service.database.reading() as session:
            conversation = conversations.find_conversation(session, "telegram", str(beto.id))
            assert conversation
            assert [said.feedback for said in conversations.transcript(session, conversation)] == [0, 0]


class TestOddMessages:
    async def test_voice_stickers_places_and_files(self, service: Service, ana: User) -> None:
        for sends, expected in (
            (ana.sends_voice, wording.VOICE),
            (ana.sends_sticker, wording.STICKER),
            (ana.sends_location, "¿Dónde queda CENFOBANK?"),
            (ana.sends_document, wording.PICTURE),
        ):
            sends()
            await service.hears(ana.chat, expected)

    async def test_an_album_is_answered_once(self, service: Service, ana: User) -> None:
        ana.sends_album(3)
        await service.hears(ana.chat, wording.PICTURE)
        await service.quiet()
        assert len(ana.chat.bot_messages) == 2

    async def test_a_caption_is_a_question(self, service: Service, ana: User) -> None:
        ana.sends_album(2, PRICE)
        answer = await service.hears(ana.chat, "S/ 100")
        await service.quiet()
        assert answer.text.startswith(f"{wording.ONLY_THE_TEXT}\n\nLa matrícula")
        assert len(ana.chat.bot_messages) == 2

    async def test_a_forwarded_text_is_a_question(self, service: Service, ana: User) -> None:
        ana.sends(PRICE, forwarded_from="Luis")
        await service.hears(ana.chat, "S/ 100")

    async def test_the_last_question_changed_is_answered_anew_each_time(self, service: Service, ana: User) -> None:
        question = ana.sends("¿hay becas?")
        await service.hears(ana.chat, PROFILE.texts.unknown)
        ana.edits(question, PRICE)
        answer = await service.hears(ana.chat, "S/ 100")
        assert answer.text.startswith(f"{wording.CORRECTED}\n\nLa matrícula")
        ana.edits(question, "¿Qué es la TCEA?")
        await service.hears(ana.chat, "costo anual", after=answer)

    async def test_a_change_of_marks_or_of_an_earlier_question_is_not(self, service: Service, ana: User) -> None:
        first = ana.sends("¿hay becas?")
        await service.hears(ana.chat, PROFILE.texts.unknown)
        await asyncio.sleep(1)  # Telegram counts whole seconds
        second = ana.sends(PRICE)
        await service.hears(ana.chat, "S/ 100")
        ana.edits(second, "cuanto cuesta la MATRICULA")
        ana.edits(first, "¿Qué es la TCEA?")
        await service.quiet()
        assert service.answers.asked == ["¿hay becas?", PRICE]


class TestGroups:
    async def test_a_group_is_told_how_to_use_the_bot_and_answered_when_it_does(
        self, service: Service, ana: User
    ) -> None:
        group = service.api.group("Aula 3", ana, with_bot=False)
        group.adds_bot()
        hello = await service.hears(group, "menciona @cenfobot")
        ana.sends("¿alguien sabe?", chat=group)
        question = ana.sends(f"@cenfobot {PRICE}", chat=group)
        answer = await service.hears(group, "S/ 100")
        assert answer.raw["reply_to_message"]["message_id"] == question.message_id
        assert answer.buttons == [["👍", "👎"]]
        ana.sends("¿Qué es la TCEA?", chat=group, reply_to=hello)
        await service.hears(group, "costo anual")
        assert service.answers.asked == [PRICE, "¿Qué es la TCEA?"]
        assert group.drafts == []

    async def test_the_bot_s_name_in_reply_to_somebody_s_question_asks_it(self, service: Service, ana: User) -> None:
        beto = started(service.api, "Beto")
        group = service.api.group("Aula 3", ana, beto)
        question = ana.sends(PRICE, chat=group)
        named = beto.sends("@cenfobot", chat=group, reply_to=question)
        answer = await service.hears(group, "S/ 100")
        assert answer.raw["reply_to_message"]["message_id"] == named.message_id

    async def test_two_who_write_at_once_in_a_group_are_answered_each(
        self, api: BotApi, bot: Bot, database: Database
    ) -> None:
        approve(database)
        async with serving(api, bot, database, burst=0.2) as service:
            ana, beto = started(api, "Ana"), started(api, "Beto")
            group = api.group("Aula 3", ana, beto)
            ana.sends(f"@cenfobot {PRICE}", chat=group)
            beto.sends("@cenfobot ¿Qué es la TCEA?", chat=group)
            await service.hears(group, "S/ 100")
            await service.hears(group, "costo anual")

    async def test_what_is_personal_is_for_private_chats(self, service: Service, ana: User) -> None:
        group = service.api.group("Aula 3", ana)
        for command in ("/misdatos", "/borrar", "/persona", "/practica"):
            ana.sends(command, chat=group)
        await service.quiet()
        assert [message.text for message in group.bot_messages[1:]] == [wording.ONLY_IN_PRIVATE] * 4


class TestBlocking:
    async def test_what_staff_approved_meanwhile_comes_when_the_student_unblocks_the_bot(
        self, service: Service, ana: User
    ) -> None:
        ana.sends("¿hay becas?")
        await service.hears(ana.chat, PROFILE.texts.unknown)
        ana.blocks_bot()
        await service.quiet()
        service.desk.approve(1, by="Rosa", answer="Sí, hay becas.")
        await asyncio.sleep(0.3)
        ana.unblocks_bot()
        told = await service.hears(ana.chat, "Sí, hay becas.")
        assert told.buttons == BUTTONS

    async def test_a_group_is_answered_where_it_has_become_a_supergroup(self, service: Service, ana: User) -> None:
        group = service.api.group("Aula 3", ana, supergroup=False)
        ana.sends("@cenfobot ¿hay becas?", chat=group)
        await service.hears(group, PROFILE.texts.unknown)
        after = group.becomes_supergroup()
        await service.quiet()
        service.desk.approve(1, by="Rosa", answer="Sí, hay becas.")
        await service.hears(after, "Sí, hay becas.")

    async def test_a_chat_that_blocks_the_bot_is_left_alone_until_it_writes_again(
        self, service: Service, ana: User
    ) -> None:
        ana.blocks_bot()
        await service.quiet()
        with service.database.reading() as session:
            assert chat_states.is_unreachable(session, "telegram", str(ana.id)) == "blocked"
        ana.unblocks_bot()
        ana.sends(PRICE)
        await service.hears(ana.chat, "S/ 100")
        await service.quiet()
        with service.database.reading() as session:
            assert chat_states.is_unreachable(session, "telegram", str(ana.id)) is None
