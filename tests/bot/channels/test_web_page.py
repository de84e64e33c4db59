"""The students' page in a real browser: a conversation, from question to answer."""

from dataclasses import replace

import pytest
from playwright.async_api import Browser, expect

from bot.messages import Kind
from tests.bot.channels.browsing import ask, bots, opened, own, stored
from tests.bot.channels.fake_bot import TEXTS, serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_question_gets_its_answer_piece_by_piece(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot) as page:
        await ask(page, "¿Cuánto cuesta la matrícula?")
        await expect(page.locator("#pending .dots")).to_be_visible()
        await expect(page.get_by_text("El asistente está escribiendo…")).to_have_role("status")
        await stored(page, bot)
        await bot.web.preview(bot.received[0].chat_id, "La matrícula cuesta")
        await expect(page.locator("#pending .text")).to_have_text("La matrícula cuesta")
        await bot.answer("La matrícula cuesta S/ 50.")
        await expect(bots(page)).to_have_text("La matrícula cuesta S/ 50.")
        await expect(page.locator("#pending")).to_be_hidden()
        await expect(page.get_by_text("Respuesta generada a partir de información verificada")).to_be_visible()
        await expect(own(page)).to_have_count(1)


async def test_an_approved_answer_names_the_institution_and_small_talk_names_nobody(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot) as page:
        await ask(page, "¿Dónde queda?")
        await stored(page, bot)
        await bot.answer("Queda en Cusco.", verbatim=True)
        await expect(page.locator(".bot .source")).to_have_text("Respuesta verificada por CENFOBANK")
        await ask(page, "gracias")
        await stored(page, bot, 2)
        await bot.answer("¡De nada!", kind=Kind.SMALL_TALK)
        await expect(bots(page)).to_have_count(2)
        assert await page.locator(".source:visible").count() == 1
        assert await page.locator(".feedback:visible").count() == 1


async def test_what_may_have_been_meant_is_offered_and_asked_with_a_press(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot) as page:
        await ask(page, "horario")
        await stored(page, bot)
        await bot.answer("Todavía no lo sé.", kind=Kind.UNKNOWN, suggestions=["¿A qué hora atienden?", "¿Hay turnos?"])
        await expect(page.locator(".message .chip:visible")).to_have_text(["¿A qué hora atienden?", "¿Hay turnos?"])
        await page.reload()
        await page.get_by_role("button", name="¿Hay turnos?").click()
        await expect(own(page)).to_have_text(["horario", "¿Hay turnos?"])
        await stored(page, bot, 2)
        assert bot.received[-1].text == "¿Hay turnos?"


async def test_a_reload_keeps_the_conversation(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot) as page:
        await ask(page, "¿Dónde queda?")
        await stored(page, bot)
        await bot.answer("Queda en Cusco.")
        await expect(bots(page)).to_have_count(1)
        await page.reload()
        await expect(own(page)).to_have_text("¿Dónde queda?")
        await expect(bots(page)).to_have_text("Queda en Cusco.")
        await expect(page.locator("#chips")).to_be_hidden()


async def test_an_answer_that_comes_while_the_page_is_closed_is_there_when_it_opens(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot) as page:
        await ask(page, "¿Dónde queda?")
        await stored(page, bot)
        await page.goto("about:blank")
        await bot.answer("Queda en Cusco.")
        await page.goto(bot.web.address)
        await expect(bots(page)).to_have_text("Queda en Cusco.")
        await expect(page.locator("#pending")).to_be_hidden()


async def test_a_waiting_question_still_waits_after_a_reload_and_gets_its_answer(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot) as page:
        await ask(page, "¿Dónde queda?")
        await stored(page, bot)
        await page.reload()
        await expect(page.locator("#pending .dots")).to_be_visible()
        await bot.answer("Queda en Cusco.")
        await expect(bots(page)).to_have_text("Queda en Cusco.")


async def test_two_questions_in_a_row_get_their_answers_in_place(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot) as page:
        await ask(page, "primera")
        await ask(page, "segunda")
        await stored(page, bot, 2)
        await bot.answer("uno")
        await bot.answer("dos")
        texts = page.locator("#messages .text")
        await expect(texts).to_have_text(["primera", "uno", "segunda", "dos"])
        await page.reload()
        await expect(texts).to_have_text(["primera", "uno", "segunda", "dos"])


async def test_a_second_window_of_the_student_shows_the_same(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot) as page:
        other = await page.context.new_page()
        await other.goto(bot.web.address)
        await expect(other.locator("#chips")).to_be_visible()
        await ask(page, "¿Dónde queda?")
        await expect(own(other)).to_have_text("¿Dónde queda?")
        await expect(other.locator("#pending .dots")).to_be_visible()
        await stored(page, bot)
        await bot.answer("Queda en Cusco.")
        await expect(bots(other)).to_have_text("Queda en Cusco.")
        await expect(bots(page)).to_have_text("Queda en Cusco.")


async def test_feedback_is_kept_and_can_be_taken_back(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot) as page:
        await ask(page, "¿Dónde queda?")
        await stored(page, bot)
        await bot.answer("Queda en Cusco.")
        good = page.get_by_role("button", name="Me sirvió", exact=True)
        await good.click()
        await expect(page.get_by_text("¡Qué bueno que te sirvió!")).to_be_visible()
        await page.reload()
        await expect(good).to_have_attribute("aria-pressed", "true")
        await good.click()
        await expect(good).to_have_attribute("aria-pressed", "false")
        await page.get_by_role("button", name="No me sirvió").click()
        await expect(page.get_by_text("Gracias por decírmelo.")).to_be_visible()
        assert bot.chats[bot.received[0].chat_id][1].feedback == -1


async def test_a_suggested_question_is_asked_by_its_button(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot) as page:
        await page.get_by_role("button", name="¿Qué programas son virtuales?").click()
        await expect(own(page)).to_have_text("¿Qué programas son virtuales?")
        await stored(page, bot)
        assert bot.received[0].text == "¿Qué programas son virtuales?"


async def test_markup_is_shown_as_text(browser: Browser) -> None:
    markup = "<script>document.title = 'x'</script><img src=x onerror=\"document.title = 'x'\"><b>no</b>"
    texts = replace(TEXTS, greeting=markup, suggested_questions=(markup,), institution='A"><b>')
    async with serving(texts=texts) as bot, opened(browser, bot) as page:
        await expect(page.locator(".bot .text").first).to_have_text(markup)
        await ask(page, markup)
        await stored(page, bot)
        await bot.web.preview(bot.received[0].chat_id, markup)
        await expect(page.locator("#pending .text")).to_have_text(markup)
        await bot.answer(markup)
        await expect(bots(page)).to_have_text(markup)
        await page.reload()
        await expect(bots(page)).to_have_text(markup)
        assert await page.title() == 'A"><b> · asistente automático'
        assert await page.locator("b, main img, main script").count() == 0


async def test_students_see_only_their_own_conversation(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot) as ana, opened(browser, bot) as beto:
        await ask(ana, "soy Ana")
        await stored(ana, bot)
        await bot.answer("Hola, Ana")
        await expect(bots(ana)).to_have_text("Hola, Ana")
        await beto.reload()
        await expect(beto.locator("#chips")).to_be_visible()
        await expect(own(beto)).to_have_count(0)
