"""What every request of the web chat passes: the host's name, security headers, and a last net for faults."""

import logging
import traceback
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def error(status: int, text: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """A refusal that a student can read."""
    return JSONResponse({"error": text}, status, headers)


def is_same_origin(request: Request) -> bool:
    """True when the page that sends the request is the chat's own.

    Browsers send ``Origin`` with every POST. Its scheme is not compared: behind a proxy that ends TLS the
    server may not know its own, and the session's cookie is not sent across schemes anyway.
    """
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site") == "same-origin"
    return origin in {f"{scheme}://{request.headers.get('host')}" for scheme in ("http", "https")}


class Guard:
    """ASGI middleware around the whole web chat."""

    def __init__(self, app: ASGIApp, public_hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = _LOCAL | {host.lower() for host in public_hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def guarded_send(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                # Static files are asked for again each time (answered 304), the rest is nobody else's to keep.
                headers["Cache-Control"] = "no-cache" if scope["path"].startswith("/static/") else "no-store"
            await send(message)

        try:
            if self._knows(Headers(scope=scope).get("host", "")):
                await self._app(scope, receive, guarded_send)
            else:
                text = "Este chat no atiende con ese nombre. Quien lo administra lo agrega en CENFOBOT_PUBLIC_HOSTS."
                await error(421, text)(scope, receive, guarded_send)
        except ClientDisconnect:
            pass
        except Exception as fault:
            # Any kind: this is the outermost layer of the web, and what passes it reaches the student as a bare 500 and
            # the log with the error's own text, which may quote the student. Logged are the place and the kind.
            where = "".join(traceback.format_tb(fault.__traceback__))
            log.error("%s %s: %s\n%s", scope["method"], scope["path"], type(fault).__name__, where)
            if not started:
                await error(500, "Algo falló de nuestro lado. Inténtalo otra vez en un momento.")(
                    scope, receive, guarded_send
                )

    def _knows(self, host: str) -> bool:
        """Only known names are answered, so that no foreign page reaches the chat by DNS rebinding."""
        try:
            return urlsplit(f"//{host}").hostname in self._hosts
        except ValueError:
            return False
