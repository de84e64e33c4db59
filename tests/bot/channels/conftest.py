"""One real Chromium for all browser tests."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

_CHROMIUM = shutil.which("chromium")
_QUIET = ("gpu", "background-networking", "component-update", "sync", "quic")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
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
