"""The web chat is safe to expose: sessions, origins, hosts, limits, headers, logs."""

import logging
import uuid

import httpx
import pytest

from tests.bot.channels.fake_bot import serving
from tests.bot.channels.web_client import ask, conversation, listening, student


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


async def test_a_students_text_is_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with serving() as bot, student(bot) as client:
        await ask(client, "mi secreto")
        await bot.answer("otro secreto")
    assert "secreto" not in caplog.text
