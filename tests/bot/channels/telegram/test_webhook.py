"""Telegram delivers by itself: only Telegram is heard, and 200 means stored."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from telegram import Bot

from bot.channels.telegram.webhook import Webhook
from bot.channels.web_server import WebServer
from tests.bot.channels.telegram.inbox_side import Stored
from tests.bot.channels.telegram.outbox_side import until
from tests.telegram.bot_api import BotApi


@asynccontextmanager
async def serving(bot: Bot, stored: Stored, secret: str = "") -> AsyncIterator[Webhook]:
    """The webhook on a web server, registered."""
    # The server's port is known only once it listens, and the webhook has to know it: two steps.
    app = Starlette()
    server = WebServer(app, "127.0.0.1", 0)
    await server.start()
    async with Webhook(bot, stored, public_url=server.address, secret=secret, retry_seconds=0.05) as webhook:
        app.router.routes.append(webhook.route)
        await until(lambda: not webhook.health()["trouble"])
        yield webhook
    await server.stop()


async def test_what_users_write_is_delivered_and_stored(api: BotApi, bot: Bot, stored: Stored) -> None:
    ana = api.user("Ana")
    api.fault("502", "setWebhook", times=2)
    async with serving(bot, stored):
        for text in ("uno", "dos"):
            ana.sends(text)
        await until(lambda: not api.pending)
    assert stored.texts(ana) == ["uno", "dos"]
    assert api.violations == []
    assert api.webhook, "what comes while the bot is down waits at Telegram"


async def test_what_could_not_be_stored_is_delivered_again(api: BotApi, bot: Bot, stored: Stored) -> None:
    ana, stored.failures = api.user("Ana"), 2
    async with serving(bot, stored):
        for text in ("uno", "dos"):
            ana.sends(text)
        await until(lambda: not api.pending)
    assert stored.texts(ana) == ["uno", "dos"]
    assert stored.delivered == 4


async def test_the_secret_is_the_same_in_every_process_and_is_not_the_token(
    api: BotApi, bot: Bot, stored: Stored
) -> None:
    secrets = []
    for _ in range(2):
        async with serving(bot, stored):
            assert api.webhook
            secrets.append(api.webhook.secret_token)
    assert secrets[0] == secrets[1]
    assert api.token not in str(api.webhook)
    async with serving(bot, stored, secret="a-secret-of-our-own"):
        assert api.webhook
        assert api.webhook.secret_token == "a-secret-of-our-own"


@pytest.mark.parametrize(
    ("secret", "body", "status"),
    [
        (None, b'{"update_id": 1}', 403),
        ("wrong", b'{"update_id": 1}', 403),
        ("ñ", b'{"update_id": 1}', 403),
        ("right-right-right", b" " * (1024 * 1024) + b'{"update_id": 1}', 413),
        ("right-right-right", b"{", 400),
        ("right-right-right", b"\xff", 400),
        ("right-right-right", b"[]", 400),
        ("right-right-right", b'{"update_id": "1"}', 400),
        ("right-right-right", b'{"update_id": 1}', 200),
    ],
)
async def test_only_telegram_is_heard(
    api: BotApi, bot: Bot, stored: Stored, secret: str | None, body: bytes, status: int
) -> None:
    async with serving(bot, stored, secret="right-right-right"), httpx.AsyncClient() as client:
        assert api.webhook
        headers = [(b"X-Telegram-Bot-Api-Secret-Token", secret.encode())] if secret else []
        response = await client.post(api.webhook.url, content=body, headers=headers)
    assert response.status_code == status
    assert stored.delivered == (status == 200)
