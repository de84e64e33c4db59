"""The students' page in a real browser: lost messages, lost sessions, restarts."""

import pytest
from playwright.async_api import Browser, Route, expect

from tests.bot.channels.browsing import ask, bots, opened, own, stored
from tests.bot.channels.fake_bot import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


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


async def test_a_reading_that_began_before_an_answer_does_not_take_it_away(browser: Browser) -> None:
    async with serving() as bot, opened(browser, bot) as page:
        await ask(page, "¿Dónde queda?")
        await stored(page, bot)

        async def deliver_late(route: Route) -> None:
            response = await route.fetch()  # from before the answer
            await bot.answer("Queda en Cusco.")
            await expect(bots(page)).to_have_text("Queda en Cusco.")
            await route.fulfill(response=response)

        await page.route("**/api/conversation", deliver_late, times=1)
        await page.evaluate("read()")
        await expect(bots(page)).to_have_text("Queda en Cusco.")
        await expect(own(page)).to_have_count(1)
