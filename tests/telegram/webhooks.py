"""Delivery of updates to a webhook: in order, one at a time, again and again until it answers 2xx."""

import time

import httpx

from tests.telegram.updates import Waiter, Webhook
from tests.telegram.values import Json
from tests.telegram.world import World

MAX_PAUSE = 60
"""The longest pause between two tries, in Telegram seconds; the first is one second, and each is twice the last."""


async def deliver(world: World) -> None:
    """Runs until it is cancelled."""
    waiter = Waiter()
    with world.lock:
        world.updates.delivery = waiter
    failures = 0
    async with httpx.AsyncClient(timeout=10, trust_env=False, verify=False) as client:
        while True:
            with world.lock:
                webhook, update = world.updates.webhook, world.updates.next_delivery()
            if webhook is None or update is None:
                await waiter.wait(None)
                continue
            error = await _post(client, webhook, update)
            with world.lock:
                if error is None:
                    world.updates.delivered(update)
                elif world.updates.webhook is webhook:
                    world.updates.last_error = (int(time.time()), error)
            failures = failures + 1 if error else 0
            if error:
                await _pause(world, waiter, webhook, min(2 ** (failures - 1), MAX_PAUSE))


async def _pause(world: World, waiter: Waiter, webhook: Webhook, seconds: float) -> None:
    """Returns when the Telegram seconds are over, or at once when another webhook is set."""
    deadline = time.monotonic() + world.clock.real(seconds)
    while world.updates.webhook is webhook and (left := deadline - time.monotonic()) > 0:
        await waiter.wait(left)


async def _post(client: httpx.AsyncClient, webhook: Webhook, update: Json) -> str | None:
    headers = {"X-Telegram-Bot-Api-Secret-Token": webhook.secret_token} if webhook.secret_token else {}
    try:
        response = await client.post(webhook.url, json=update, headers=headers)
    except httpx.TransportError as error:
        return f"Connection failed: {error}"
    if response.is_success:
        return None
    return f"Wrong response from the webhook: {response.status_code} {response.reason_phrase}"
