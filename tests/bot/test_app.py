"""The bot as it serves, with the shipped base: it follows the registry and lends its card while students ask."""

import asyncio
import os
import signal
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from bot.app import Bot, serve
from bot.card import borrowed_card
from bot.messages import Answer, IncomingMessage
from bot.settings import Settings
from tests.bot.adapter_versions import promote, scaled_version

pytestmark = pytest.mark.slow


class Served:
    """A bot that serves, and what its health says."""

    def __init__(self, bot: Bot, address: str) -> None:
        self.bot = bot
        self._address = address

    async def becomes(self, model: str, **more: object) -> None:
        """Waits until the health is this."""
        async with asyncio.timeout(60), httpx.AsyncClient(base_url=self._address) as client:
            while (await client.get("/healthz")).json() != {"status": "ok", "model": model, **more}:
                await asyncio.sleep(0.05)

    async def ask(self, question: str = "¿Dónde queda CENFOBANK?") -> Answer:
        message = IncomingMessage("web", uuid.uuid4().hex, uuid.uuid4().hex, question, datetime.now(UTC))
        _, answer = await self.bot.dialogue.turn(message)
        return answer


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", database_url="", port=0, device="cpu")


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Served]:
    ready: asyncio.Queue[Served] = asyncio.Queue()
    task = asyncio.create_task(serve(settings, lambda bot, address: ready.put_nowait(Served(bot, address))))
    async with asyncio.timeout(120):
        served = await ready.get()
    yield served
    os.kill(os.getpid(), signal.SIGTERM)
    await task


async def test_the_alias_is_followed_and_a_damaged_champion_is_refused(settings: Settings) -> None:
    async with serving(settings) as served:
        database = served.bot.database
        await served.becomes("tiny-llama+v0001")
        scaled_version(settings, database, factor=0.5)
        promote(database, "v0002")
        await served.becomes("tiny-llama+v0002")
        answer = await served.ask()
        assert answer.model
        assert answer.model.adapter == "v0002"
        (scaled_version(settings, database, factor=2) / "adapter_model.safetensors").write_bytes(b"damaged")
        promote(database, "v0003")
        await served.becomes("tiny-llama+v0002", refused="v0003")
        assert (await served.ask()).model == answer.model
        promote(database, "v0001")
        await served.becomes("tiny-llama+v0001")


async def test_while_the_card_is_lent_approved_answers_are_given_verbatim_and_the_log_says_why(
    settings: Settings,
) -> None:
    async with serving(settings) as served:
        before = await served.ask()
        borrowed = borrowed_card(settings.home)
        await asyncio.to_thread(borrowed.__enter__)
        await served.becomes("tiny-llama+v0001", suspended=True)
        lent = await served.ask()
        assert (lent.text, lent.verbatim) == (lent.passages[0].answer, True)
        assert "The model is away while it is being retrained" in lent.reason
        borrowed.__exit__(None, None, None)
        await served.becomes("tiny-llama+v0001")
        after = await served.ask()
        assert (after.text, after.reason) == (before.text, before.reason)


async def test_a_bot_that_is_started_while_the_card_is_lent_answers_too(settings: Settings) -> None:
    borrowed = borrowed_card(settings.home)
    borrowed.__enter__()
    async with serving(settings) as served:
        await served.becomes("tiny-llama+v0001", suspended=True)
        assert (await served.ask()).verbatim
        borrowed.__exit__(None, None, None)
        await served.becomes("tiny-llama+v0001")
        assert "away" not in (await served.ask()).reason
