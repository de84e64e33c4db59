"""The students' page in a real browser: sizes, scrolling, keyboard and contrast."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.bot.channels.browsing import ask, bots, opened, own, stored
from tests.bot.channels.fake_bot import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_LONG = "Para matricularte necesitas tu documento de identidad y el recibo de pago. " * 4


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
