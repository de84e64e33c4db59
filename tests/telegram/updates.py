"""The queue of updates: what getUpdates answers and what is delivered to a webhook."""

import asyncio
from dataclasses import dataclass, field

from telegram.constants import UpdateType

from tests.telegram.values import Json, Refusal

UPDATE_TYPES = frozenset(str(kind.value) for kind in UpdateType)
_NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_OTHER_POLLER = "terminated by other getUpdates request; make sure that only one bot instance is running"


@dataclass(frozen=True)
class Webhook:
    """Where updates are delivered to."""

    url: str
    secret_token: str | None = None
    max_connections: int = 40


class Waiter:
    """Something on an event loop that waits until there may be updates. Any thread may wake it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self.refusal: Refusal | None = None

    def wake(self, refusal: Refusal | None = None) -> None:
        """Ends the wait; with a refusal, for good."""
        self.refusal = self.refusal or refusal
        self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self, seconds: float | None) -> None:
        """Returns when woken or when the real seconds are over."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return
        self._event.clear()


@dataclass
class Updates:
    """What users did that the bot has not confirmed yet. Guarded by the world's lock."""

    history: list[Json] = field(default_factory=list)
    pending: list[Json] = field(default_factory=list)
    repeats: list[Json] = field(default_factory=list)
    allowed: frozenset[str] = UPDATE_TYPES - _NOT_BY_DEFAULT
    webhook: Webhook | None = None
    last_error: tuple[int, str] | None = None
    poll: Waiter | None = None
    delivery: Waiter | None = None
    _next_id: int = 700_000_001

    def add(self, kind: str, body: Json) -> None:
        """Queues an update, if the bot wants such."""
        if kind not in self.allowed:
            return
        update = {"update_id": self._next_id, kind: body}
        self._next_id += 1
        self.history.append(update)
        self.pending.append(update)
        self._wake()

    def repeat(self, update: Json) -> None:
        """Queues an update for the second time, with its old id: it is given out once more, whatever the offset."""
        self.repeats.append(update)
        self._wake()

    def allow(self, kinds: list[str] | None) -> None:
        """Which updates are queued from now on: [] is the default set, None leaves it as it was."""
        if kinds is not None:
            self.allowed = frozenset(kinds) or UPDATE_TYPES - _NOT_BY_DEFAULT

    def confirm(self, offset: int) -> None:
        """Forgets what comes before the offset; a negative one counts from the end."""
        if offset < 0:
            self.pending = self.pending[offset:]
        elif offset > 0:
            self.pending = [update for update in self.pending if update["update_id"] >= offset]

    def take(self, limit: int) -> list[Json]:
        """The next answer of getUpdates. The repeated updates are gone with it, the others stay until confirmed."""
        repeats, self.repeats = self.repeats[:limit], self.repeats[limit:]
        return repeats + self.pending[: limit - len(repeats)]

    def begin_poll(self) -> Waiter:
        """The new poller; one that waits already ends with 409."""
        self.end_poll(Refusal(409, f"Conflict: {_OTHER_POLLER}"))
        self.poll = Waiter()
        return self.poll

    def end_poll(self, refusal: Refusal) -> None:
        """Answers the poller that waits, if one does."""
        if self.poll is not None:
            self.poll.wake(refusal)
            self.poll = None

    def next_delivery(self) -> Json | None:
        """What the webhook gets next; None while there is no webhook or nothing for it."""
        queue = self.repeats + self.pending
        return queue[0] if self.webhook and queue else None

    def delivered(self, update: Json) -> None:
        """Takes it from the queue."""
        for queue in (self.repeats, self.pending):
            if any(update is waiting for waiting in queue):
                queue[:] = [waiting for waiting in queue if waiting is not update]
                return

    def set_webhook(self, webhook: Webhook | None, drop_pending: bool) -> None:
        """Begins or ends delivery."""
        self.webhook, self.last_error = webhook, None
        if drop_pending:
            self.pending, self.repeats = [], []
        if webhook:
            self.end_poll(Refusal(409, "Conflict: terminated by setWebhook request"))
        self._wake()

    def _wake(self) -> None:
        for waiter in (self.poll, self.delivery):
            if waiter is not None:
                waiter.wake()
