"""Who a browser is: a random cookie, and the chat that belongs to it. No account, no name."""

import hashlib
import re
import secrets

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "cenfobot_session"
_DAYS = 180
_WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{43}")


def chat_of(request: Request) -> str | None:
    """The chat of the browser's session, or None where it has none.

    The chat's id is the cookie's hash, so that nobody who reads the database can pose as a student.
    """
    cookie = request.cookies.get(COOKIE, "")
    return hashlib.sha256(cookie.encode()).hexdigest() if _WELL_FORMED.fullmatch(cookie) else None


def keep_session(request: Request, response: Response) -> None:
    """Gives the browser a session, or prolongs the one that it has."""
    response.set_cookie(
        COOKIE,
        request.cookies[COOKIE] if chat_of(request) else secrets.token_urlsafe(32),
        max_age=_DAYS * 24 * 3600,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
