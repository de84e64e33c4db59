"""The students' page in a real browser: Debian's Chromium, driven by Playwright."""

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, Route, async_playwright, expect

from bot.messages import Kind
from tests.bot.channels.fake_bot import TEXTS, FakeBot, serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

_CHROMIUM = shutil.which("chromium")
_QUIET = ("gpu", "background-networking", "component-update", "sync", "quic")
_LONG = "Para matricularte necesitas tu documento de identidad y el recibo de pago. " * 4


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    if _CHROMIUM is None:
        pytest.skip("There is no /usr/bin/chromium to test the page with: apt-get install chromium")
    arguments = ["--no-first-run", *(f"--disable-{feature}" for feature in _QUIET)]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=_CHROMIUM, args=arguments)
        yield chromium
        await chromium.close()


@asynccontextmanager
async def opened(browser: Browser, bot: FakeBot, *, width: int = 1280, height: int = 800) -> AsyncIterator[Page]:
    """A new student's page; what goes wrong in its scripts, or breaks its policy, fails the test."""
    faults: list[str] = []
    context = await browser.new_context(viewport={"width": width, "height": height})
    page = await context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    await page.goto(bot.web.address)
    await expect(page.locator("#chips, #messages .message").first).to_be_attached()
    yield page
    await context.close()
    assert faults == []


async def ask(page: Page, text: str) -> None:
    await page.get_by_label("Tu pregunta").fill(text)
    await page.keyboard.press("Enter")
    await expect(own(page).last).to_have_text(text)


def own(page: Page) -> Locator:
    return page.locator("#messages .student .text")


def bots(page: Page) -> Locator:
    return page.locator("#messages .bot .text")


async def stored(page: Page, bot: FakeBot, count: int = 1) -> None:
    """Waits until the question has arrived; its answer can come from then on."""
    while len(bot.received) < count:
        await page.wait_for_timeout(10)


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


async def test_a_phone_shows_everything_without_scrolling_sideways(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot, width=360, height=740) as page:
        for text, reply in (("¿Qué necesito?", _LONG), ("a" * 300, "https://example.org/" + "b" * 200)):
            await ask(page, text)
            await stored(page, bot, len(bot.received) or 1)
            await expect(page.locator("#pending")).to_be_visible()
            while not any(message.waiting for message in bot.chats[bot.received[-1].chat_id]):
                await page.wait_for_timeout(10)
            await bot.answer(reply)
            await expect(bots(page).last).to_have_text(reply)
        wider = (
            "[...document.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"
        )
        assert await page.evaluate("document.documentElement.scrollWidth") == 360
        assert await page.evaluate(wider) == 0
        await expect(page.get_by_role("button", name="Enviar")).to_be_in_viewport()


async def test_the_newest_message_is_in_view_unless_the_reader_scrolled_up(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot, width=360, height=500) as page:
        for number in range(1, 4):
            await ask(page, f"pregunta {number}")
            await stored(page, bot, number)
            await bot.answer(_LONG)
            await expect(bots(page)).to_have_count(number)
            await expect(page.locator(".feedback").last).to_be_in_viewport()
        await ask(page, "otra")
        await stored(page, bot, 4)
        await page.locator("#log").evaluate("log => { log.scrollTop = 0 }")
        await bot.answer(_LONG)
        await expect(bots(page)).to_have_count(4)
        assert await page.locator("#log").evaluate("log => log.scrollTop") == 0


async def test_the_end_stays_in_view_while_the_question_grows(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot, width=360, height=500) as page:
        await ask(page, "pregunta")
        await stored(page, bot)
        await bot.answer(_LONG * 2)
        await page.get_by_label("Tu pregunta").fill("línea\n" * 8)
        await expect(page.locator(".feedback").last).to_be_in_viewport()


async def test_shift_enter_makes_a_line_and_nothing_is_sent_empty(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot) as page:
        send = page.get_by_role("button", name="Enviar")
        box = page.get_by_label("Tu pregunta")
        await expect(send).to_be_disabled()
        await box.fill("   ")
        await expect(send).to_be_disabled()
        await page.keyboard.press("Enter")
        await box.fill("una")
        height = await box.evaluate("box => box.clientHeight")
        await page.keyboard.press("Shift+Enter")
        await page.keyboard.type("dos")
        assert await box.evaluate("box => box.clientHeight") > height
        await send.click()
        await expect(own(page)).to_have_text("una\ndos", use_inner_text=True)
        await stored(page, bot)
        assert [message.text for message in bot.received] == ["una\ndos"]


async def test_the_counter_appears_near_the_limit_and_a_longer_question_can_still_be_sent(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot) as page:
        counter = page.locator("#counter")
        box = page.get_by_label("Tu pregunta")
        await box.fill("a" * 79)
        await expect(counter).to_be_hidden()
        await box.fill("ñ😀" * 40)
        await expect(counter).to_have_text("80 de 100 caracteres")
        await box.fill("a" * 101)
        await expect(counter).to_have_text("101 de 100 caracteres: te pediré que lo acortes")
        await page.keyboard.press("Enter")
        await stored(page, bot)
        assert len(bot.received[0].text) == 101


async def test_a_message_that_did_not_arrive_is_kept_and_sent_again_once(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot) as page:
        await page.context.set_offline(True)
        await ask(page, "¿Dónde queda?")
        await expect(page.get_by_text("No enviado.")).to_be_visible()
        await expect(page.locator("#offline")).to_be_visible()
        await page.context.set_offline(False)
        await expect(page.locator("#offline")).to_be_hidden()
        await expect(own(page)).to_have_text("¿Dónde queda?")
        await page.get_by_role("button", name="Reintentar", exact=True).click()
        await expect(page.get_by_text("No enviado.")).to_be_hidden()
        await stored(page, bot)
        await bot.answer("Queda en Cusco.")
        await expect(bots(page)).to_have_text("Queda en Cusco.")
        assert len(bot.received) == 1


async def test_a_lost_acknowledgement_does_no_harm_where_the_question_arrived(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot) as page:

        async def lose_the_response(route: Route) -> None:
            await route.fetch()
            await route.abort()

        await page.route("**/api/messages", lose_the_response, times=1)
        await ask(page, "¿Dónde queda?")
        await stored(page, bot)
        await bot.answer("Queda en Cusco.")
        await expect(bots(page)).to_have_text("Queda en Cusco.")
        await expect(page.get_by_text("No enviado.")).to_be_hidden()
        await expect(own(page)).to_have_count(1)


async def test_a_student_whose_session_is_gone_is_told_to_reload(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot) as page:
        await page.context.clear_cookies()
        await ask(page, "hola")
        await expect(page.get_by_text("No enviado. Tu sesión terminó. Recarga la página")).to_be_visible()


async def test_who_writes_too_fast_reads_why_and_keeps_the_text(browser: Browser) -> None:
    async with serving(messages_per_minute=1) as bot, opened(browser, bot) as page:
        await ask(page, "una")
        await stored(page, bot)
        await ask(page, "dos")
        await expect(page.get_by_text("Vas muy rápido. Espera un minuto, por favor.")).to_be_visible()
        await expect(own(page)).to_have_text(["una", "dos"])


async def test_a_restarted_server_is_found_again_and_its_answer_shown(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot) as page:
        await ask(page, "¿Dónde queda?")
        await stored(page, bot)
        port = int(bot.web.address.rpartition(":")[2])
        await bot.web.__aexit__(None, None, None)
        await expect(page.locator("#offline")).to_be_visible()
        async with serving(port=port) as restarted:
            restarted.chats = bot.chats
            restarted.received = bot.received
            await restarted.answer("Queda en Cusco.")
            await expect(bots(page)).to_have_text("Queda en Cusco.", timeout=15_000)
            await expect(page.locator("#offline")).to_be_hidden()


async def test_the_sample_notice_stays_away_once_it_is_hidden(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot) as page:
        notice = page.get_by_text("Los datos de esta demostración son de ejemplo.")
        await expect(notice).to_be_visible()
        await page.get_by_role("button", name="Ocultar este aviso").click()
        await expect(notice).to_be_hidden()
        await page.reload()
        await expect(page.locator("#chips")).to_be_visible()
        await expect(notice).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_has_the_contrast_that_wcag_aa_asks_for(browser: Browser, scheme: str) -> None:
    async with serving() as bot, opened(browser, bot) as page:
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await ask(page, "¿Dónde queda?")
        await stored(page, bot)
        await bot.answer("Queda en Cusco.")
        await expect(bots(page)).to_have_count(1)
        selectors = ["h1", "header p", ".notice p", ".bot .text", ".student .text", ".bot .source", "footer"]
        for selector in selectors:
            ratio = await page.locator(selector).last.evaluate(_CONTRAST)
            assert ratio >= 4.5, f"{selector} in {scheme}: {ratio:.2f}"


_CONTRAST = """(element) => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const linear = (part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const luminance = (colour) => {
    const [r, g, b] = numbers(colour).map((part) => linear(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let behind = element;
  while (numbers(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
  const a = luminance(getComputedStyle(element).color);
  const b = luminance(getComputedStyle(behind).backgroundColor);
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""
"""WCAG's contrast ratio, from 1 to 21, of an element's text against what is behind it."""


async def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot) as page:
        names = set()
        for _ in range(9):
            await page.keyboard.press("Tab")
            focused = page.locator(":focus-visible")
            if await focused.count():
                names.add(await focused.evaluate("e => e.getAttribute('aria-label') || e.textContent || e.id"))
                outline = await focused.evaluate("e => getComputedStyle(e).outlineStyle")
                assert re.fullmatch("solid|auto", outline)
    assert {"Ocultar este aviso", "¿Cuánto cuesta la matrícula?", "question"} <= names
