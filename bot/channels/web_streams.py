"""Server-sent events: what a student's open pages hear while they are open. Nothing is kept for closed ones."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator

_PER_CHAT = 8
_WAITING_EVENTS = 64


class Streams:
    """The open pages of all chats."""

    def __init__(self, *, total: int = 2000, heartbeat_seconds: float = 20) -> None:
        """``total`` bounds the pages heard at once; the heartbeat keeps proxies from closing quiet ones."""
        self._total = total
        self._heartbeat_seconds = heartbeat_seconds
        self._queues: dict[str, set[asyncio.Queue[str | None]]] = defaultdict(set)
        self._count = 0
        self._closed = False

    def is_full(self, chat_id: str) -> bool:
        """True when another page of the chat would be too many."""
        return self._closed or self._count >= self._total or len(self._queues.get(chat_id, ())) >= _PER_CHAT

    async def listen(self, chat_id: str) -> AsyncIterator[str]:
        """The chat's events from now on, as the lines of ``text/event-stream``; ends on ``close``."""
        queue: asyncio.Queue[str | None] = asyncio.Queue(_WAITING_EVENTS)
        self._queues[chat_id].add(queue)
        self._count += 1
        try:
            yield "retry: 2000\n\n"
            while True:
                try:
                    event = await asyncio.wait_for(queue.get(), self._heartbeat_seconds)
                except TimeoutError:
                    event = ": \n\n"
                if event is None:
                    return
                yield event
        finally:
            self._count -= 1
            self._queues[chat_id].discard(queue)
            if not self._queues[chat_id]:
                del self._queues[chat_id]

    def publish(self, chat_id: str, event: str, data: dict[str, object]) -> None:
        """Sends an event to all pages of a chat; never waits."""
        line = f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
        for queue in self._queues.get(chat_id, ()):
            _put(queue, line)

    def close(self) -> None:
        """Ends all streams, and lets no new one in."""
        self._closed = True
        for queues in self._queues.values():
            for queue in queues:
                _put(queue, None)


def _put(queue: asyncio.Queue[str | None], line: str | None) -> None:
    # A page that reads too slowly is cut off: it connects again and reads the whole conversation.
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        line = None
    queue.put_nowait(line)
