"""A student's browser as an HTTP client, for the tests of the web chat's interface."""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.bot.channels.fake_bot import FakeBot


@asynccontextmanager
async def student(bot: FakeBot) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that has opened the page."""
    async with httpx.AsyncClient(base_url=bot.web.address, headers={"Origin": bot.web.address}) as client:
        assert (await client.get("/")).status_code == 200
        yield client


async def ask(client: httpx.AsyncClient, text: str, client_id: str | None = None) -> httpx.Response:
    return await client.post("/api/messages", json={"text": text, "client_id": client_id or str(uuid.uuid4())})


async def conversation(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = (await client.get("/api/conversation")).json()["messages"]
    return messages


@asynccontextmanager
async def listening(client: httpx.AsyncClient) -> AsyncIterator[AsyncIterator[tuple[str, dict[str, Any]]]]:
    """The events of one open page."""
    async with client.stream("GET", "/api/events", timeout=20) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = response.aiter_lines()
        assert await anext(lines) == "retry: 2000"  # from here on nothing is missed

        async def events() -> AsyncIterator[tuple[str, dict[str, Any]]]:
            name = ""
            async for line in lines:
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                if line.startswith("data: "):
                    yield name, json.loads(line.removeprefix("data: "))

        yield events()
