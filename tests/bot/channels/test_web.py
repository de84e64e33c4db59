"""The web chat over HTTP, on a real server."""

import asyncio
import json
import logging
import signal
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from bot.errors import SettingsError
from bot.messages import Kind
from tests.bot.channels.fake_bot import FakeBot, serving


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


async def test_the_page_says_who_answers_and_offers_the_suggested_questions() -> None:
    async with serving() as bot, student(bot) as client:
        page = (await client.get("/")).text
    for text in ("CENFOBANK", "asistente automático", "¡Hola!", "¿Cuánto cuesta la matrícula?", "son de ejemplo"):
        assert text in page


async def test_a_message_is_stored_before_it_is_acknowledged() -> None:
    async with serving() as bot, student(bot) as client:
        response = await ask(client, "¿Cuánto cuesta?")
        assert response.status_code == 202
        assert [message.text for message in bot.received] == ["¿Cuánto cuesta?"]


async def test_a_message_that_cannot_be_stored_is_not_acknowledged_and_the_student_sees_no_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving() as bot, student(bot) as client:
        bot.broken = True
        response = await ask(client, "mi secreto")
    assert response.status_code == 500
    assert "Inténtalo otra vez" in response.json()["error"]
    assert "OSError" in caplog.text
    assert "mi secreto" not in caplog.text


async def test_a_repeated_request_is_not_a_second_question() -> None:
    async with serving() as bot, student(bot) as client:
        client_id = str(uuid.uuid4())
        for _ in range(2):
            assert (await ask(client, "¿Dónde queda?", client_id)).status_code == 202
        assert len(bot.received) == 1


async def test_all_open_pages_of_a_student_hear_the_question_the_preview_and_the_answer() -> None:
    async with serving() as bot, student(bot) as client, listening(client) as one, listening(client) as other:
        client_id = str(uuid.uuid4())
        await ask(client, "¿Dónde queda?", client_id)
        await bot.web.preview(bot.received[0].chat_id, "Queda en")
        await bot.answer("Queda en Cusco.", verbatim=True)
        for events in (one, other):
            name, question = await anext(events)
            assert (name, question["client_id"], question["waiting"]) == ("question", client_id, True)
            assert await anext(events) == ("preview", {"text": "Queda en"})
            name, answer = await anext(events)
            assert (name, answer["text"], answer["kind"], answer["verbatim"]) == (
                "answer",
                "Queda en Cusco.",
                "answer",
                True,
            )


async def test_the_conversation_holds_what_was_said_and_what_still_waits() -> None:
    async with serving() as bot, student(bot) as client:
        client_id = str(uuid.uuid4())
        await ask(client, "hola")
        await bot.answer("¡Hola!", kind=Kind.SMALL_TALK)
        await ask(client, "¿Dónde queda?", client_id)
        shown = await conversation(client)
    assert [(m["role"], m["text"], m["waiting"]) for m in shown] == [
        ("student", "hola", False),
        ("bot", "¡Hola!", False),
        ("student", "¿Dónde queda?", True),
    ]
    assert shown[2]["client_id"] == client_id


async def test_sessions_are_isolated_and_the_cookie_is_not_the_chat() -> None:
    async with serving() as bot, student(bot) as ana, student(bot) as beto:
        await ask(ana, "soy Ana")
        assert await conversation(beto) == []
        await bot.answer("Hola, Ana")
        answer_id = (await conversation(ana))[1]["id"]
        assert (await beto.post("/api/feedback", json={"answer_id": answer_id, "value": -1})).status_code == 404
        assert ana.cookies["cenfobot_session"] not in bot.received[0].chat_id


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites() -> None:
    async with serving() as bot, httpx.AsyncClient(base_url=bot.web.address) as client:
        cookie = (await client.get("/")).headers["set-cookie"]
        behind_tls = (await client.get("/", headers={"X-Forwarded-Proto": "https"})).headers["set-cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert "Secure" in behind_tls
    assert cookie.split(";")[0] == behind_tls.split(";")[0]


async def test_feedback_is_noted_and_answered() -> None:
    async with serving() as bot, student(bot) as client:
        await ask(client, "¿Dónde queda?")
        await bot.answer("Queda en Cusco.")
        answer_id = (await conversation(client))[1]["id"]
        response = await client.post("/api/feedback", json={"answer_id": answer_id, "value": 1})
        assert response.json() == {"text": "¡Qué bueno que te sirvió!"}
        assert (await conversation(client))[1]["feedback"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"answer_id": 1, "value": 2},
        {"answer_id": 1, "value": True},
        {"answer_id": "1", "value": 1},
        {"answer_id": 2**70, "value": 1},
        {},
    ],
)
async def test_feedback_that_means_nothing_is_refused(body: dict[str, object]) -> None:
    async with serving() as bot, student(bot) as client:
        assert (await client.post("/api/feedback", json=body)).status_code in (400, 404)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[]", 400),
        (b"[" * 30_000, 400),
        (b'{"text": 5}', 400),
        (b'{"text": "   ", "client_id": "7b6b1f9e-31ac-4d5a-9b5e-111111111111"}', 400),
        (b'{"text": "hola", "client_id": "1"}', 400),
        (b'{"text": "' + b"a" * 1_100_000 + b'"}', 413),
    ],
)
async def test_a_body_that_is_no_message_is_refused_in_spanish(content: bytes, status: int) -> None:
    async with serving() as bot, student(bot) as client:
        response = await client.post("/api/messages", content=content, headers={"Content-Type": "application/json"})
        assert response.status_code == status
        assert set(response.json()) == {"error"}
        assert bot.received == []


async def test_half_a_character_does_not_break_the_conversation() -> None:
    async with serving() as bot, student(bot) as client:
        body = b'{"text": "hola \\ud83d", "client_id": "7b6b1f9e-31ac-4d5a-9b5e-111111111111"}'
        response = await client.post("/api/messages", content=body, headers={"Content-Type": "application/json"})
        assert response.status_code == 202
        assert (await conversation(client))[0]["text"] == "hola �"


async def test_a_question_over_the_limit_is_taken_so_that_it_is_logged() -> None:
    async with serving() as bot, student(bot) as client:
        assert (await ask(client, "a" * 20_000)).status_code == 202
        assert len(bot.received[0].text) == 20_000


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://example.org"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": None, "Sec-Fetch-Site": "cross-site"},
        {"Origin": None},
    ],
)
async def test_other_sites_cannot_write_in_a_students_name(headers: dict[str, str | None]) -> None:
    async with serving() as bot, student(bot) as client:
        del client.headers["Origin"]
        sent = {name: value for name, value in headers.items() if value is not None}
        body = {"text": "hola", "client_id": str(uuid.uuid4())}
        assert (await client.post("/api/messages", json=body, headers=sent)).status_code == 403
        assert bot.received == []


async def test_a_form_of_another_site_cannot_write_even_without_an_origin() -> None:
    async with serving() as bot, student(bot) as client:
        response = await client.post("/api/messages", content="{}", headers={"Content-Type": "text/plain"})
        assert response.status_code == 415


async def test_only_known_host_names_are_answered() -> None:
    async with (
        serving(public_hosts=("chat.school.edu.pe",)) as bot,
        httpx.AsyncClient(base_url=bot.web.address) as client,
    ):
        for host in ("chat.school.edu.pe", "CHAT.school.edu.pe:443", "localhost:1", "[::1]:80"):
            assert (await client.get("/", headers={"Host": host})).status_code == 200
        for host in ("evil.example", "chat.school.edu.pe.evil.example", "[", "localhost.evil.example"):
            response = await client.get("/", headers={"Host": host})
            assert response.status_code == 421
            assert "CENFOBOT_PUBLIC_HOSTS" in response.json()["error"]


async def test_without_a_session_nothing_is_read_or_written() -> None:
    async with serving() as bot, httpx.AsyncClient(base_url=bot.web.address) as client:
        for path in ("/api/conversation", "/api/events"):
            assert (await client.get(path)).status_code == 401
        client.headers["Origin"] = bot.web.address
        client.cookies["cenfobot_session"] = "guess"
        assert (await ask(client, "hola")).status_code == 401


async def test_who_writes_too_fast_is_asked_to_wait_and_the_others_are_not() -> None:
    async with serving(messages_per_minute=2) as bot, student(bot) as ana, student(bot) as beto:
        statuses = [(await ask(ana, "hola")).status_code for _ in range(2)]
        refused = await ask(ana, "hola")
        assert statuses == [202, 202]
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) in range(1, 31)
        assert refused.json()["error"] == "Vas muy rápido. Espera un minuto, por favor."
        assert (await ask(beto, "hola")).status_code == 202


async def test_one_address_cannot_write_without_end_under_ever_new_sessions() -> None:
    async with serving(messages_per_minute=1) as bot, httpx.AsyncClient(base_url=bot.web.address) as client:
        client.headers["Origin"] = bot.web.address
        statuses = []
        for _ in range(25):
            client.cookies.clear()
            await client.get("/")
            statuses.append((await ask(client, "hola")).status_code)
    assert statuses == [202] * 20 + [429] * 5


async def test_a_student_cannot_hold_connections_without_bound() -> None:
    async with serving() as bot, student(bot) as client:
        streams = [listening(client) for _ in range(8)]
        for stream in streams:
            await stream.__aenter__()
        assert (await client.get("/api/events")).status_code == 503
        for stream in streams:
            await stream.__aexit__(None, None, None)


@pytest.mark.parametrize("path", ["/", "/static/chat.js", "/api/conversation", "/nowhere", "/healthz"])
async def test_every_response_carries_the_security_headers(path: str) -> None:
    async with serving() as bot, student(bot) as client:
        headers = (await client.get(path)).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe-inline" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/nowhere", "/static/", "/static/..%2fweb.py", "/static/nothing.js"])
async def test_what_does_not_exist_is_said_in_spanish(path: str) -> None:
    async with serving() as bot, student(bot) as client:
        response = await client.get(path)
    assert response.status_code == 404
    assert response.json() == {"error": "No existe esa página."}


async def test_health_tells_status_and_model() -> None:
    async with serving() as bot, httpx.AsyncClient(base_url=bot.web.address) as client:
        healthy = await client.get("/healthz")
        assert (healthy.status_code, healthy.json()) == (200, {"status": "ok", "model": "tiny+v1"})
        bot.status = "loading"
        assert (await client.get("/healthz")).status_code == 503


async def test_stopping_ends_the_open_pages_streams() -> None:
    async with serving() as bot, student(bot) as client, listening(client) as events:
        await bot.web.__aexit__(None, None, None)
        assert [event async for event in events] == []


async def test_the_applications_signal_handlers_stay() -> None:
    before = signal.getsignal(signal.SIGTERM)
    async with serving():
        assert signal.getsignal(signal.SIGTERM) is before


async def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"CENFOBOT_PORT={port}"):
            async with serving(port=port):
                pass


async def test_a_students_text_is_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with serving() as bot, student(bot) as client:
        await ask(client, "mi secreto")
        await bot.answer("otro secreto")
    assert "secreto" not in caplog.text


async def test_many_students_are_served_at_once() -> None:
    async with serving() as bot:

        async def one(i: int) -> list[dict[str, Any]]:
            async with student(bot) as client, listening(client) as events:
                await ask(client, f"pregunta {i}")
                assert (await anext(events))[0] == "question"
                mine = next(message for message in bot.received if message.text == f"pregunta {i}")
                await bot.answer(f"respuesta {i}", question=mine)
                assert (await anext(events))[1]["text"] == f"respuesta {i}"
                return await conversation(client)

        chats = await asyncio.gather(*(one(i) for i in range(30)))
    assert [[m["text"] for m in chat] for chat in chats] == [[f"pregunta {i}", f"respuesta {i}"] for i in range(30)]
