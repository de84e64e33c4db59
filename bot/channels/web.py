"""The students' web chat: one page, a small JSON interface, and server-sent events for what arrives later.

A message is stored (``on_message``) before the browser hears 202. The page reads the whole conversation
whenever it connects, so an event that nobody heard is never missed. Safe to expose: see ``web_guard``.
"""

import json
import math
import secrets
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from jinja2 import Template
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.channels.base import OnMessage
from bot.channels.rate_limit import RateLimit
from bot.channels.web_guard import Guard, error, is_same_origin
from bot.channels.web_server import WebServer
from bot.channels.web_session import chat_of, keep_session
from bot.channels.web_streams import Streams
from bot.messages import IncomingMessage, Kind, Reply

_HERE = Path(__file__).parent
_BODY_LIMIT = 1024 * 1024
"""Bytes. A longer question than ``question_limit`` still gets through: it is logged, and answered with a request."""
_STUDENTS_PER_ADDRESS = 20
"""A classroom shares one address."""


@dataclass(frozen=True)
class PageTexts:
    """What the page says in the institution's words."""

    institution: str
    greeting: str
    suggested_questions: tuple[str, ...]
    sample_data_notice: str
    """Empty: the data is real, and there is no notice."""
    ai_notice: str
    question_limit: int
    """Characters; the page counts down to it."""
    rate_limited: str
    feedback_good: str
    feedback_bad: str


@dataclass(frozen=True)
class PastMessage:
    """One bubble of a conversation, as the page shows it when it opens."""

    role: str
    """``student``, ``bot`` or ``staff``."""
    text: str
    at: datetime
    answer_id: int | None = None
    """What feedback refers to."""
    kind: Kind | None = None
    verbatim: bool = False
    feedback: int = 0
    waiting: bool = False
    """A question that is stored and not answered yet."""
    external_id: str = ""
    """Of a waiting one: the id that it was received with, so that the page knows it again."""
    suggestions: tuple[str, ...] = ()
    """Approved questions, offered where there is no answer."""


class WebChannel:
    """The web chat as a :class:`bot.channels.base.Channel`."""

    name = "web"

    def __init__(
        self,
        *,
        on_message: OnMessage,
        history: Callable[[str], Awaitable[list[PastMessage]]],
        feedback: Callable[[str, int, int], Awaitable[bool]],
        texts: PageTexts,
        ready: Callable[[], Mapping[str, object]],
        host: str = "127.0.0.1",
        port: int = 8000,
        public_hosts: Collection[str] = (),
        messages_per_minute: int = 20,
        routes: Sequence[BaseRoute] = (),
    ) -> None:
        """``history`` tells a chat's bubbles, oldest first. ``feedback`` takes chat, answer id and -1, 0 or 1; it
        says False where the chat has no such answer. ``ready`` is what ``/healthz`` shows. ``routes`` are others' that
        this server serves, too.
        """
        self._on_message = on_message
        self._history = history
        self._feedback = feedback
        self._texts = texts
        self._ready = ready
        self._streams = Streams()
        self._per_student = RateLimit(messages_per_minute)
        self._per_address = RateLimit(messages_per_minute * _STUDENTS_PER_ADDRESS)
        page = Template((_HERE / "page.html").read_text(encoding="utf-8"), autoescape=True)
        self._page = page.render(texts=texts)
        self._server = WebServer(self._application(public_hosts, routes), host, port)

    @property
    def address(self) -> str:
        """The page's URL on this machine; known exactly once the channel is entered."""
        return self._server.address

    async def __aenter__(self) -> Self:
        await self._server.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._streams.close()
        await self._server.stop()

    async def send(self, chat_id: str, reply: Reply) -> str:
        """Shows a reply in the student's open pages; those that open later read it from the history."""
        bubble = PastMessage(
            "bot",
            reply.text,
            datetime.now(UTC),
            reply.answer_id,
            reply.kind,
            reply.verbatim,
            suggestions=tuple(passage.title for passage in reply.suggestions),
        )
        self._streams.publish(chat_id, "answer", _bubble(bubble))
        return str(reply.answer_id or secrets.token_hex(8))

    async def preview(self, chat_id: str, text: str) -> None:
        """Shows what is checked so far of the answer to the chat's oldest unanswered question."""
        self._streams.publish(chat_id, "preview", {"text": text})

    def _application(self, public_hosts: Collection[str], routes: Sequence[BaseRoute]) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self._show_page),
                Route("/healthz", self._show_health),
                Route("/api/conversation", self._show_conversation),
                Route("/api/messages", self._take_message, methods=["POST"]),
                Route("/api/feedback", self._take_feedback, methods=["POST"]),
                Route("/api/events", self._show_events),
                Mount("/static", StaticFiles(directory=_HERE / "static")),
                *routes,
            ],
            middleware=[Middleware(Guard, public_hosts=public_hosts)],
            exception_handlers={HTTPException: _refuse},
        )

    async def _show_page(self, request: Request) -> Response:
        response = HTMLResponse(self._page)
        keep_session(request, response)
        return response

    async def _show_health(self, request: Request) -> Response:
        health = dict(self._ready())
        return JSONResponse(health, 200 if health.get("status") == "ok" else 503)

    async def _show_conversation(self, request: Request) -> Response:
        past = await self._history(_session(request))
        return JSONResponse({"messages": [_bubble(message) for message in past]})

    async def _show_events(self, request: Request) -> Response:
        chat_id = _session(request)
        if self._streams.is_full(chat_id):
            raise HTTPException(503, "Hay demasiadas ventanas abiertas con este chat.")
        headers = {"X-Accel-Buffering": "no"}  # or nginx would hold the events back
        return StreamingResponse(self._streams.listen(chat_id), media_type="text/event-stream", headers=headers)

    async def _take_message(self, request: Request) -> Response:
        chat_id, body = await self._posted(request)
        text = body.get("text")
        if not isinstance(text, str) or not text.strip():
            raise HTTPException(400, "Escribe tu pregunta en el campo «text».")
        try:
            client_id = str(uuid.UUID(str(body.get("client_id"))))
        except ValueError:
            raise HTTPException(400, "El campo «client_id» debe ser un UUID.") from None
        now = datetime.now(UTC)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # JSON may hold half a character
        message = IncomingMessage(self.name, f"{chat_id}:{client_id}", chat_id, text, now)
        await self._on_message(message)
        waiting = PastMessage("student", text, now, waiting=True, external_id=message.external_id)
        self._streams.publish(chat_id, "question", _bubble(waiting))  # for the student's other pages
        return JSONResponse({"client_id": client_id}, 202)

    async def _take_feedback(self, request: Request) -> Response:
        chat_id, body = await self._posted(request)
        answer_id, value = body.get("answer_id"), body.get("value")
        if type(answer_id) is not int or type(value) is not int or value not in (-1, 0, 1):
            raise HTTPException(400, "«answer_id» debe ser un número entero, y «value» debe ser 1, 0 o -1.")
        if not 0 < answer_id < 2**63 or not await self._feedback(chat_id, answer_id, value):
            raise HTTPException(404, "Esa respuesta no está en tu conversación.")
        thanks = {1: self._texts.feedback_good, -1: self._texts.feedback_bad, 0: ""}
        return JSONResponse({"text": thanks[value]})

    async def _posted(self, request: Request) -> tuple[str, dict[str, Any]]:
        """The chat and the JSON object that its own page sent, within the limits."""
        if not is_same_origin(request):
            raise HTTPException(403, "Este pedido no viene de la página del chat.")
        chat_id = _session(request)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise HTTPException(415, "El contenido debe ser application/json.")
        address = request.client.host if request.client else ""
        if seconds := self._per_student.wait(chat_id) or self._per_address.wait(address):
            raise HTTPException(429, self._texts.rate_limited, {"Retry-After": str(math.ceil(seconds))})
        raw = b""
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > _BODY_LIMIT:
                raise HTTPException(413, "Tu mensaje es demasiado largo. Acórtalo, por favor.")
        try:
            body = json.loads(raw.decode("utf-8"))
        except (ValueError, RecursionError):
            raise HTTPException(400, "El contenido no es JSON en UTF-8.") from None
        if not isinstance(body, dict):
            raise HTTPException(400, "El contenido debe ser un objeto JSON.")
        return chat_id, body


def _session(request: Request) -> str:
    if chat_id := chat_of(request):
        return chat_id
    raise HTTPException(401, "Tu sesión terminó. Recarga la página; el chat necesita cookies.")


def _bubble(message: PastMessage) -> dict[str, object]:
    return {
        "role": message.role,
        "text": message.text,
        "at": message.at.isoformat(),
        "id": message.answer_id,
        "kind": message.kind,
        "verbatim": message.verbatim,
        "feedback": message.feedback,
        "waiting": message.waiting,
        "client_id": message.external_id.rpartition(":")[2],
        "suggestions": message.suggestions,
    }


async def _refuse(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, HTTPException)
    translated = {"Not Found": "No existe esa página.", "Method Not Allowed": "Eso no se puede pedir así."}
    text = translated.get(refusal.detail, refusal.detail)
    return error(refusal.status_code, text, dict(refusal.headers or {}))
