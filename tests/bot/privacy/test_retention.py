"""Forgetting: by age, by chat, from the command line, and while the bot serves."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.cli import main
from bot.home import open_home
from bot.privacy.retention import forget_daily, forget_old
from bot.settings import Settings
from storage import chat_states, conversations, outbox
from storage.database import Database


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("CENFOBOT_HOME", str(tmp_path / "home"))
    database = open_home(Settings())
    now = datetime.now(UTC)
    with database.writing() as session:
        for chat, age in (("ana", 400), ("luis", 1)):
            at = now - timedelta(days=age)
            conversation = conversations.open_conversation(session, "web", chat, now=at)
            conversations.log_question(session, conversation, f"soy {chat}", now=at)
    return database


def chats(database: Database) -> list[str]:
    with database.reading() as session:
        return [chat for chat in ("ana", "luis") if conversations.find_conversation(session, "web", chat)]


def test_zero_days_keep_everything_but_what_nobody_returned_for(database: Database) -> None:
    now = datetime.now(UTC)
    to_ana = {"channel": "telegram", "chat_id": "ana"}
    with database.writing() as session:
        outbox.put(session, **to_ana, method="sendMessage", payload={"text": "Hola"}, about="answer:1", now=now)
        chat_states.mark_unreachable(session, "telegram", "ana", "blocked", now)

    forget_old(database, 0, now + timedelta(days=8))

    with database.reading() as session:
        (row,) = outbox.history(session, **to_ana, abouts=["answer:1"])
    assert (row.status, row.payload) == ("failed", {})

    assert chats(database) == ["ana", "luis"]


def test_purge_deletes_what_is_older_than_the_setting(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CENFOBOT_RETENTION_DAYS", "30")

    assert main(["privacy", "purge"]) == 0

    assert "Borrados 1 mensajes" in capsys.readouterr().out
    assert chats(database) == ["luis"]


def test_a_chat_is_exported_and_deleted(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["privacy", "export", "web", "luis"]) == 0
    assert [message["text"] for message in json.loads(capsys.readouterr().out)] == ["soy luis"]

    assert main(["privacy", "delete", "web", "luis"]) == 0
    assert chats(database) == ["ana"]


def test_a_chat_that_is_not_there_is_named(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["privacy", "delete", "web", "nadie"]) == 1

    assert "No hay ninguna conversación 'nadie' en el canal 'web'" in capsys.readouterr().err


async def test_serving_forgets_at_once_and_then_daily(database: Database) -> None:
    task = asyncio.create_task(forget_daily(database, 30))
    async with asyncio.timeout(10):
        while chats(database) != ["luis"]:
            await asyncio.sleep(0.01)

    assert not task.done()
    task.cancel()
