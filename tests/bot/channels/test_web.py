"""The web chat's interface, on a real server."""

import asyncio
import signal
import socket
import uuid
from typing import Any

import httpx
import pytest

from bot.errors import SettingsError
from bot.messages import Kind
from tests.bot.channels.fake_bot import serving
from tests.bot.channels.web_client import ask, conversation, listening, student


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
