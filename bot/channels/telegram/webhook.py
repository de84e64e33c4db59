"""Updates that Telegram delivers itself: a route of the web server, which answers once an update is stored.

Several processes may serve the route. What is not answered with 200 is delivered again.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import traceback
from typing import Any, Self

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot
from telegram.error import TelegramError

from bot.channels.telegram.backoff import LONGEST_SECONDS, backoff
from bot.channels.telegram.errors import Meaning, understood
from bot.channels.telegram.receiving import ALLOWED_UPDATES, Store

log = logging.getLogger(__name__)

_MAX_BYTES = 1024 * 1024
_HEADER = "X-Telegram-Bot-Api-Secret-Token"


class Webhook:
    """Registers itself with Telegram, and serves :attr:`route`. Use it as an async context manager.

    At the end it stays registered: Telegram keeps what comes meanwhile for the next start.
    """

    def __init__(self, bot: Bot, store: Store, *, public_url: str, secret: str = "", retry_seconds: float = 1) -> None:
        """
        Args:
            public_url: what the web server is reached by from outside, as ``https://chat.school.edu.pe``.
            secret: what Telegram has to show with each update; "" derives it from the token, for all processes alike.
            retry_seconds: pause after the first fault of registering; each is twice the last, up to 60 seconds.
        """
        self._bot = bot
        self._store = store
        self._secret = secret or hmac.new(bot.token.encode(), b"webhook secret", hashlib.sha256).hexdigest()
        self._retry_seconds = retry_seconds
        self._trouble = "not registered yet"
        self._registering: asyncio.Task[None] | None = None
        path = f"/telegram/{hashlib.sha256(bot.token.encode()).hexdigest()[:16]}"
        self._url = public_url.rstrip("/") + path
        self.route = Route(path, self._receive, methods=["POST"])

    async def __aenter__(self) -> Self:
        self._registering = asyncio.create_task(self._register())
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._registering:
            self._registering.cancel()
            await asyncio.wait([self._registering])

    def health(self) -> dict[str, object]:
        """For ``/healthz``: the trouble while it lasts, "" if there is none."""
        return {"mode": "webhook", "trouble": self._trouble}

    async def _register(self) -> None:
        failures = 0
        while True:
            try:
                await self._bot.set_webhook(self._url, secret_token=self._secret, allowed_updates=ALLOWED_UPDATES)
            except TelegramError as error:
                fault = understood(error)
                failures += 1
                self._trouble = fault.reason
                log.warning("Telegram does not take the webhook yet (%s); it is tried again", fault.reason)
                refused = fault.meaning == Meaning.TOKEN
                pause = LONGEST_SECONDS if refused else fault.seconds or backoff(failures, self._retry_seconds)
                await asyncio.sleep(pause)
            else:
                self._trouble = ""
                return

    async def _receive(self, request: Request) -> Response:
        given = request.headers.get(_HEADER, "")
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            return Response("Not Telegram.", 403)
        try:
            body = await _body(request)
        except ClientDisconnect:
            return Response()
        if body is None:
            return Response("An update has at most 1 MiB.", 413)
        update = _update(body)
        if update is None:
            return Response("An update is a JSON object with an update_id.", 400)
        try:
            await self._store(update)
        except Exception as error:
            # Any kind: only an update that is stored may be confirmed, whatever kept it from being stored. Telegram
            # delivers it again, and the log says which one it was and where it failed.
            trace = "".join(traceback.format_tb(error.__traceback__))  # not its text: that may quote the student
            log.error("update %d cannot be stored: %s\n%s", update["update_id"], type(error).__name__, trace)
            return Response("Not stored; deliver it again.", 503)
        return Response()


async def _body(request: Request) -> bytes | None:
    """The body; None if it is too long."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BYTES:
            return None
    return body


def _update(body: bytes) -> dict[str, Any] | None:
    try:
        update = json.loads(body)
    except ValueError:  # no UTF-8, or no JSON
        return None
    return update if isinstance(update, dict) and isinstance(update.get("update_id"), int) else None
