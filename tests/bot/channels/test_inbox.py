"""The inbox's workers on a real SQLite database."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.channels.inbox import MAX_DEATHS, MAX_FAILURES, Inbox
from bot.messages import IncomingMessage
from storage import inbox as stored
from storage.database import Database
from storage.inbox import InboxItem


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'inbox.db'}")
    database.migrate()
    yield database
    database.close()


class Recorder:
    """Handles messages by writing them down; ``handle`` may be told to do more."""

    def __init__(self, then: Callable[[InboxItem], Awaitable[None]] | None = None) -> None:
        self.handled: list[tuple[str, str]] = []
        self._then = then
        self._changed = asyncio.Condition()

    async def handle(self, item: InboxItem) -> None:
        if self._then:
            await self._then(item)
        async with self._changed:
            self.handled.append((item.chat_id, item.text))
            self._changed.notify_all()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: len(self.handled) >= count)


def message(text: str, *, chat: str = "ana", external_id: str | None = None) -> IncomingMessage:
    return IncomingMessage("web", external_id or f"{chat}:{text}", chat, text, datetime.now(UTC))


def waiting(database: Database, chat: str = "ana") -> list[str]:
    with database.reading() as session:
        return [item.text for item in stored.waiting(session, "web", chat)]


async def test_handles_what_is_received_and_forgets_it(database: Database) -> None:
    recorder = Recorder()
    async with Inbox(database, recorder.handle) as inbox:
        assert await inbox.receive(message("hola"))
        await recorder.until(1)
    assert waiting(database) == []


async def test_a_message_delivered_twice_is_handled_once(database: Database) -> None:
    recorder = Recorder()
    async with Inbox(database, recorder.handle) as inbox:
        received = await asyncio.gather(*(inbox.receive(message("hola", external_id="7")) for _ in range(10)))
        await inbox.receive(message("fin"))
        await recorder.until(2)
        assert not await inbox.receive(message("hola", external_id="7"))
    assert sorted(received) == [False] * 9 + [True]
    assert recorder.handled == [("ana", "hola"), ("ana", "fin")]


async def test_a_message_is_stored_even_where_nobody_handles_it_yet(database: Database) -> None:
    recorder = Recorder()
    inbox = Inbox(database, recorder.handle)
    await inbox.receive(message("hola"))
    assert waiting(database) == ["hola"]
    async with inbox:
        await recorder.until(1)


async def test_a_chat_is_handled_in_its_order_and_the_others_beside_it(database: Database) -> None:
    at_once = 0
    most = 0
    per_chat: dict[str, int] = {}

    async def work(item: InboxItem) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        per_chat[item.chat_id] = per_chat.get(item.chat_id, 0) + 1
        assert per_chat[item.chat_id] == 1
        await asyncio.sleep(0.02)
        per_chat[item.chat_id] -= 1
        at_once -= 1

    recorder = Recorder(work)
    async with Inbox(database, recorder.handle, workers=4) as inbox:
        for number in range(5):
            for chat in ("ana", "beto", "carla"):
                await inbox.receive(message(str(number), chat=chat))
        await recorder.until(15)
    for chat in ("ana", "beto", "carla"):
        assert [text for who, text in recorder.handled if who == chat] == ["0", "1", "2", "3", "4"]
    assert most > 1


async def test_a_student_who_waits_does_not_hold_up_the_others(database: Database) -> None:
    released = asyncio.Event()

    async def work(item: InboxItem) -> None:
        if item.chat_id == "ana":
            await released.wait()

    recorder = Recorder(work)
    async with Inbox(database, recorder.handle, workers=2) as inbox:
        await inbox.receive(message("lenta"))
        for number in range(3):
            await inbox.receive(message(str(number), chat="beto"))
        await recorder.until(3)
        released.set()
    assert recorder.handled == [("beto", "0"), ("beto", "1"), ("beto", "2"), ("ana", "lenta")]


async def test_what_a_crash_left_is_taken_up_again_at_the_start(database: Database) -> None:
    recorder = Recorder()
    await Inbox(database, recorder.handle).receive(message("hola"))
    with database.writing() as session:
        assert stored.claim(session, now=datetime.now(UTC), lease_seconds=3600)  # and the process is gone
    async with Inbox(database, recorder.handle, release=("web",)):
        await recorder.until(1)


async def test_what_another_process_left_is_taken_up_when_its_lease_ends(database: Database) -> None:
    recorder = Recorder()
    await Inbox(database, recorder.handle).receive(message("hola"))
    with database.writing() as session:
        assert stored.claim(session, now=datetime.now(UTC) - timedelta(seconds=10), lease_seconds=5)
        assert stored.claim(session, now=datetime.now(UTC) - timedelta(seconds=6), lease_seconds=5) is None
    async with Inbox(database, recorder.handle, poll_seconds=0.01):
        await recorder.until(1)


async def test_what_fails_three_times_is_parked_and_blocks_nobody(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    failures: list[int] = []
    told: list[tuple[str, str]] = []

    async def work(item: InboxItem) -> None:
        if item.text == "veneno":
            failures.append(item.failures)
            raise ValueError(f"cannot answer {item.text}")

    async def last_word(item: InboxItem, reason: str) -> None:
        told.append((item.text, reason))
        raise OSError("nobody hears it")

    recorder = Recorder(work)
    async with Inbox(
        database, recorder.handle, last_word=last_word, workers=1, retry_seconds=0, poll_seconds=0.01
    ) as inbox:
        await inbox.receive(message("veneno"))
        await inbox.receive(message("después"))
        await inbox.receive(message("hola", chat="beto"))
        await recorder.until(2)
    assert failures == [0, 1, 2]
    assert told == [("veneno", "ValueError")]
    assert sorted(recorder.handled) == [("ana", "después"), ("beto", "hola")]
    assert waiting(database) == []
    assert "ValueError" in caplog.text
    assert "is parked" in caplog.text
    assert "veneno" not in caplog.text


async def test_a_message_that_ended_the_process_time_and_again_is_parked_unhandled_and_its_sender_is_told(
    database: Database,
) -> None:
    told: list[str] = []

    async def last_word(item: InboxItem, reason: str) -> None:
        told.append(f"{item.text}: {reason}")

    recorder = Recorder()
    await interrupted(database, MAX_DEATHS)
    async with Inbox(database, recorder.handle, last_word=last_word) as inbox:
        await inbox.receive(message("hola"))
        await recorder.until(1)
    assert recorder.handled == [("ana", "hola")]
    assert told == ["veneno: the process ended each time that it was handled"]


async def test_the_ends_of_its_process_use_up_none_of_a_message_s_tries(database: Database) -> None:
    async def work(item: InboxItem) -> None:
        if item.failures < MAX_FAILURES - 1:
            raise ValueError

    recorder = Recorder(work)
    await interrupted(database, MAX_DEATHS - 1)
    async with Inbox(database, recorder.handle, retry_seconds=0, poll_seconds=0.01):
        await recorder.until(1)
    assert recorder.handled == [("ana", "veneno")]


async def interrupted(database: Database, times: int) -> None:
    """A message that was being handled whenever the process ended."""
    await Inbox(database, Recorder().handle).receive(message("veneno"))
    for minute in range(times):
        with database.writing() as session:
            now = datetime.now(UTC) - timedelta(minutes=30 - minute)
            assert stored.claim(session, now=now, lease_seconds=30)


async def test_what_takes_too_long_is_cancelled_and_tried_again(database: Database) -> None:
    async def work(item: InboxItem) -> None:
        if item.attempts == 1:
            await asyncio.Event().wait()

    recorder = Recorder(work)
    async with Inbox(database, recorder.handle, handling_seconds=0.2, retry_seconds=0, poll_seconds=0.01) as inbox:
        await inbox.receive(message("hola"))
        await recorder.until(1)
    assert recorder.handled == [("ana", "hola")]


async def test_stopping_waits_for_what_is_being_handled_and_takes_up_nothing_more(database: Database) -> None:
    begun = asyncio.Event()
    released = asyncio.Event()

    async def work(item: InboxItem) -> None:
        begun.set()
        await released.wait()

    recorder = Recorder(work)
    async with Inbox(database, recorder.handle, workers=1) as inbox:
        await inbox.receive(message("una"))
        await inbox.receive(message("otra"))
        await begun.wait()
        asyncio.get_running_loop().call_later(0.05, released.set)
    assert recorder.handled == [("ana", "una")]
    assert waiting(database) == ["otra"]


async def test_stopping_does_not_wait_for_ever(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    begun = asyncio.Event()

    async def work(item: InboxItem) -> None:
        begun.set()
        await asyncio.Event().wait()

    async with Inbox(database, Recorder(work).handle, drain_seconds=0.01) as inbox:
        await inbox.receive(message("hola"))
        await begun.wait()
    assert waiting(database) == ["hola"]
    assert "what was interrupted is taken up again" in caplog.text


async def test_two_inboxes_on_one_database_handle_each_message_once(database: Database) -> None:
    recorder = Recorder()
    async with (
        Inbox(database, recorder.handle, poll_seconds=0.01) as one,
        Inbox(database, recorder.handle, poll_seconds=0.01),
    ):
        for number in range(20):
            await one.receive(message(str(number), chat=f"chat {number % 5}"))
        await recorder.until(20)
    assert len(recorder.handled) == len(set(recorder.handled)) == 20


async def test_an_unreadable_database_does_not_end_the_workers(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder()
    empty = Database(f"sqlite:///{tmp_path / 'later.db'}")
    async with Inbox(empty, recorder.handle, poll_seconds=0.01) as inbox:
        async with asyncio.timeout(20):
            while "the inbox cannot be read" not in caplog.text:
                await asyncio.sleep(0.01)
        await asyncio.to_thread(empty.migrate)
        await inbox.receive(message("hola"))
        await recorder.until(1)
    empty.close()
