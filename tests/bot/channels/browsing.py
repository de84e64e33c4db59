"""What a student does on the page, for the tests that drive a real browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Locator, Page, expect

from tests.bot.channels.fake_bot import FakeBot


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
