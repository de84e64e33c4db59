"""Telegram, built from the settings: what receives, handles, answers, decides and sends, as one context manager.

Telegram may be out of reach when the bot starts: the web chat serves all the same, and this begins as soon as it can.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import telegram
from starlette.routing import BaseRoute

from bot.answering.dialogue import Dialogue
from bot.channels.inbox import Inbox
from bot.channels.telegram import wording
from bot.channels.telegram.client import bot_id, introduced, open_bot
from bot.channels.telegram.cosmetics import Cosmetics
from bot.channels.telegram.floods import Floods
from bot.channels.telegram.gestures import Gestures
from bot.channels.telegram.outbox import Sender
from bot.channels.telegram.receiving import Polling, incoming, only_one
from bot.channels.telegram.students import Students
from bot.channels.telegram.talk import CHANNEL
from bot.channels.telegram.webhook import Webhook
from bot.console.telegram.staff import TelegramStaff
from bot.errors import SettingsError
from bot.profile import Profile
from bot.retrieval.base import Retriever
from bot.reviewing.desk import ReviewDesk
from bot.settings import DATA, Settings
from bot.telegram.updates import Event, pressed, read
from storage.database import Database
from storage.inbox import InboxItem

log = logging.getLogger("cenfobot")

_LEAST_WORKERS = 64
"""A worker is held while a student is still writing, and while the answer is generated."""
_CARDS_SHOW = 3
"""Approved pairs near to a question that a review card shows."""


@dataclass(frozen=True)
class Services:
    """What Telegram needs of the bot."""

    database: Database
    dialogue: Dialogue
    desk: ReviewDesk
    knowledge: Retriever
    profile: Profile
    model: Callable[[], str]
    """Names the model in service."""


class OnTelegram:
    """The bot on Telegram. Use it as an async context manager; nothing in it ends what is outside."""

    def __init__(self, settings: Settings, services: Services) -> None:
        """``settings`` hold a token."""
        self._settings = settings
        self._services = services
        self._token = settings.telegram_bot_token.get_secret_value()
        self._id = bot_id(self._token)
        self._floods = Floods()
        workers = max(_LEAST_WORKERS, settings.max_in_flight)
        # No other process serves these: see only_one. So what a crash interrupted is taken up at once.
        self._inbox = Inbox(
            services.database,
            self._handle,
            last_word=self._apologise,
            workers=workers,
            channels=(CHANNEL,),
            release=(CHANNEL,),
        )
        self._stop = asyncio.Event()
        self._trouble = "not connected yet"
        self._health: list[Callable[[], Mapping[str, object]]] = []
        self._outer = AsyncExitStack()
        self._presses: set[asyncio.Task[None]] = set()
        """Nobody awaits these; the event loop alone would let them go."""
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Takes the bot's place and begins to connect.

        Raises:
            HomeError: another process has the place.
        """
        async with AsyncExitStack() as stack:
            stack.enter_context(only_one(self._settings.database, self._id))
            url = self._settings.telegram_api_url
            self._bot: telegram.Bot = await stack.enter_async_context(open_bot(self._token, url))
            self._gestures = Gestures(self._bot, Cosmetics(self._floods))
            self._receiver = self._receiving()
            self._outer = stack.pop_all()
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Receives nothing more, finishes what is being handled and sent."""
        self._stop.set()
        if self._running:
            await self._running
        await self._outer.aclose()

    def start(self) -> None:
        """Begins to connect; the web server, where a webhook is received, must be there by now."""
        self._running = asyncio.create_task(self._run())

    @property
    def routes(self) -> list[BaseRoute]:
        """What the web server has to serve."""
        return [self._receiver.route] if isinstance(self._receiver, Webhook) else []

    @property
    def hosts(self) -> list[str]:
        """The names that Telegram reaches the web server by."""
        name = urlsplit(self._settings.telegram_webhook_url).hostname
        return [name] if name else []

    def health(self) -> dict[str, object]:
        """What ``/healthz`` shows."""
        parts = {key: value for health in self._health for key, value in health().items() if value}
        return {"trouble": self._trouble} if self._trouble else parts or {"trouble": ""}

    async def _run(self) -> None:
        connecting = asyncio.create_task(introduced(self._bot))
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait({connecting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        try:
            if self._stop.is_set():
                return
            await self._serve(connecting.result())
        except SettingsError as error:
            self._trouble = str(error)
            log.error("Telegram: %s", error)
        except Exception:  # the web chat goes on; what went wrong is in the log and in /healthz
            self._trouble = "it broke down; see the log, and start anew"
            log.exception("Telegram broke down; the web chat goes on")
        finally:
            for task in (connecting, stopping):
                task.cancel()

    async def _serve(self, me: telegram.User) -> None:
        self._build(me)
        async with AsyncExitStack() as stack:
            for part in (self._sender, self._inbox, self._students, self._receiver):
                await stack.enter_async_context(part)
            self._health = [self._sender.health, self._receiver.health]
            self._trouble = ""
            log.info("Telegram: @%s answers", me.username)
            tasks = [asyncio.create_task(self._staff.watch()), asyncio.create_task(self._show_menu())]
            stack.callback(lambda: [task.cancel() for task in tasks])
            await self._stop.wait()

    def _build(self, me: telegram.User) -> None:
        services, settings = self._services, self._settings
        self._username = str(me.username)
        self._staff = TelegramStaff(
            services.database,
            services.desk,
            nearest=lambda question: services.knowledge.retrieve(question, _CARDS_SHOW),
            model=services.model,
            recipe="tiny" if Path(settings.base_model) == DATA / "models" / "tiny-llama" else "production",
            zone=ZoneInfo(settings.timezone),
            wake=lambda: self._sender.wake(),
        )
        self._students = Students(
            services.database,
            services.dialogue,
            reviews=services.desk,
            people=self._staff.people,
            cosmetics=self._gestures,
            nearest=services.knowledge.retrieve,
            wake=lambda: self._sender.wake(),
            profile=services.profile,
            bot_username=self._username,
            bot_id=self._id,
            timezone=settings.timezone,
            messages_per_minute=settings.messages_per_minute,
            retention_days=settings.retention_days,
        )
        self._sender = Sender(self._bot, services.database, floods=self._floods, on_sent=self._students.sent)

    def _receiving(self) -> Polling | Webhook:
        if url := self._settings.telegram_webhook_url:
            secret = self._settings.telegram_webhook_secret.get_secret_value()
            return Webhook(self._bot, self._store, public_url=url, secret=secret)
        return Polling(self._bot, self._store)

    async def _store(self, update: Mapping[str, Any]) -> None:
        """Returns once the update is safe; a press is told so at once, since Telegram waits for it but seconds."""
        await self._inbox.receive(incoming(update, self._id, datetime.now(UTC)))
        if query_id := pressed(update):
            task = asyncio.create_task(self._gestures.press_heard(query_id))
            self._presses.add(task)
            task.add_done_callback(self._presses.discard)

    async def _handle(self, item: InboxItem) -> None:
        """Staff first: what is not theirs is a student's."""
        if not await self._staff.handle(self._event(item), item):
            await self._students.handle(item)

    async def _apologise(self, item: InboxItem, reason: str) -> None:
        """Says that it failed for good, to whoever did it."""
        if not await self._staff.apologise(self._event(item), item):
            await self._students.apologise(item, reason)

    def _event(self, item: InboxItem) -> Event:
        return read(item.text, item.received_at, bot_username=self._username, bot_id=self._id)

    async def _show_menu(self) -> None:
        """The command menu, cosmetic: set once Telegram takes it."""
        menu = [telegram.BotCommand(name, description) for name, description in wording.MENU]
        with suppress(asyncio.CancelledError):
            await self._gestures.menu(menu)
