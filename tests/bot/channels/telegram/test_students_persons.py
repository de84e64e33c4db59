"""Students talk to a person instead of the bot, and come back."""

import pytest
from telegram import Bot

from bot.channels.telegram import wording
from storage import reviews
from storage.database import Database
from tests.bot.channels.telegram.conftest import greeted
from tests.bot.channels.telegram.outbox_side import until
from tests.bot.channels.telegram.students_side import PROFILE, Service, logged, serving
from tests.telegram.bot_api import BotApi
from tests.telegram.users import User

PRICE = "¿Cuánto cuesta la matrícula?"


@pytest.fixture
async def ana(api: BotApi, service: Service) -> User:
    return await greeted(api, service, "Ana")


async def test_a_person_gets_what_the_student_writes_until_the_student_goes_back(service: Service, ana: User) -> None:
    ana.sends(PRICE)
    answer = await service.hears(ana.chat, "S/ 100")
    ana.presses(answer, "Hablar con una persona")
    asked = await service.hears(ana.chat, "avisé al personal")
    ana.sends("mi dni es 45678912")
    await until(lambda: len(service.staff.heard) == 2)
    ana.sends_photo()
    await service.hears(ana.chat, wording.PERSON_SEES_TEXT_ONLY)
    ana.presses(asked, wording.BACK_TO_BOT)
    back = await service.hears(ana.chat, wording.BACK_AGAIN)
    ana.sends("¿Qué es la TCEA?")
    await service.hears(ana.chat, "costo anual", after=back)
    assert service.staff.heard == [f"Ana: {PRICE}", "mi dni es 45678912", "adiós"]
    assert "mi dni es [DNI]" in logged(service, ana)
    assert service.answers.asked == [PRICE, "¿Qué es la TCEA?"]


async def test_what_a_student_changes_reaches_the_person_as_a_correction(service: Service, ana: User) -> None:
    ana.sends("/persona")
    await service.hears(ana.chat, wording.PERSON_ASKED)
    code = ana.sends("mi código es 1234")
    ana.sends("¿me ayudan?")
    await until(lambda: len(service.staff.heard) == 3)
    ana.edits(code, "mi código es 9999")
    ana.edits(code, "mi código es 9999")
    await until(lambda: len(service.staff.heard) == 4)
    await service.quiet()
    assert service.staff.heard[1:] == ["mi código es 1234", "¿me ayudan?", "(corrección) mi código es 9999"]


async def test_pictures_are_said_not_to_be_passed_on_once_an_album(service: Service, ana: User) -> None:
    ana.sends("/persona")
    asked = await service.hears(ana.chat, wording.PERSON_ASKED)
    ana.sends_album(3, "mi voucher")
    await service.hears(ana.chat, wording.PERSON_GOT_THE_TEXT)
    ana.sends_album(2)
    await service.hears(ana.chat, wording.PERSON_SEES_TEXT_ONLY)
    await service.quiet()
    assert service.staff.heard[1:] == ["mi voucher"]
    said = [message.text for message in ana.chat.bot_messages if message.message_id > asked.message_id]
    assert said == [wording.PERSON_GOT_THE_TEXT, wording.PERSON_SEES_TEXT_ONLY]


async def test_where_nobody_is_there_the_question_is_left_to_staff(service: Service, ana: User) -> None:
    service.staff.there = False
    ana.sends("/persona")
    await service.hears(ana.chat, wording.NO_PERSON)
    ana.sends(PRICE)
    answer = await service.hears(ana.chat, "S/ 100")
    ana.presses(answer, "Hablar con una persona")
    await service.hears(ana.chat, wording.NO_PERSON_BUT_NOTED)
    with service.database.reading() as session:
        assert [review.question for review in reviews.open_reviews(session)] == [PRICE]


async def test_what_is_for_a_person_is_passed_on_however_fast_it_is_written(
    api: BotApi, bot: Bot, database: Database
) -> None:
    async with serving(api, bot, database, messages_per_minute=2) as service:
        ana = api.user("Ana")
        ana.sends("/persona")
        await service.hears(ana.chat, wording.PERSON_ASKED)
        said = [f"parte {number}" for number in range(5)]
        for text in said:
            ana.sends(text)
        ana.sends_photo("parte 5")
        await service.quiet()
        assert service.staff.heard[1:] == [*said, "parte 5"]
        assert PROFILE.texts.rate_limited not in [message.text for message in ana.chat.bot_messages]
        ana.sends("/bot")
        await service.hears(ana.chat, wording.BACK_AGAIN)
