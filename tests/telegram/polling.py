"""getUpdates: long polling in real seconds, one poller at a time."""

import asyncio
import time

from starlette.requests import Request
from telegram.constants import PollingLimit

from tests.telegram.methods import known_updates
from tests.telegram.parameters import checked
from tests.telegram.updates import Waiter
from tests.telegram.values import Json, Refusal, Violation
from tests.telegram.world import World

MAX_SECONDS = 50
_WEBHOOK = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"


class ClientGone(Exception):
    """Nobody is left to read the answer."""


async def get_updates(world: World, request: Request, sent: Json) -> list[Json]:
    """The next updates, as soon as there are any, or none once the time is over.

    Raises:
        Refusal: 409, a webhook is set or another poller came.
        ClientGone: the poller has hung up.
    """
    p = checked("getUpdates", sent, "offset:int limit:int timeout:int allowed_updates:list", "")
    sent.update(p)
    limit = p.get("limit", 100)
    if not PollingLimit.MIN_LIMIT <= limit <= PollingLimit.MAX_LIMIT:
        raise Violation(f"limit must be 1-100, not {limit}")
    deadline = time.monotonic() + min(max(p.get("timeout", 0), 0), MAX_SECONDS)
    with world.lock:
        world.rates.check("getUpdates", None)
        if world.updates.webhook:
            raise Refusal(409, f"Conflict: {_WEBHOOK}")
        world.updates.allow(known_updates(p))
        world.updates.confirm(p.get("offset", 0))
        poll = world.updates.begin_poll()
    watch = asyncio.create_task(_watch(request, poll))
    try:
        return await _wait(world, poll, limit, deadline, watch)
    finally:
        watch.cancel()
        with world.lock:
            if world.updates.poll is poll:
                world.updates.poll = None


async def _wait(world: World, poll: Waiter, limit: int, deadline: float, watch: "asyncio.Task[None]") -> list[Json]:
    while True:
        if watch.done():
            raise ClientGone
        with world.lock:
            if poll.refusal:
                raise poll.refusal
            updates = world.updates.take(limit)
        left = deadline - time.monotonic()
        if updates or left <= 0:
            return updates
        await poll.wait(left)


async def _watch(request: Request, poll: Waiter) -> None:
    await disconnected(request)
    poll.wake()


async def disconnected(request: Request) -> None:
    """Returns when the client has hung up. The request's body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
