"""The composition root: builds everything from the settings, and serves. The only place that picks real things."""

import asyncio
import fcntl
import logging
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from bot import as_served
from bot.adapters import InService, adapter_in_service
from bot.answering.answerer import Answerer
from bot.answering.dialogue import Dialogue
from bot.card import Card, is_borrowed
from bot.channels.inbox import Inbox
from bot.channels.web import PageTexts, PastMessage, WebChannel
from bot.errors import AlreadyAnswered, HomeError
from bot.generation.base import Generator
from bot.generation.local import LocalGenerator
from bot.home import open_home
from bot.hot_swap import HotSwap
from bot.messages import IncomingMessage, Kind, Passage, suggested
from bot.on_telegram import OnTelegram, Services
from bot.privacy.retention import forget_daily
from bot.profile import Profile, load_profile
from bot.retrieval.live import LiveRetriever
from bot.retrieval.models import load_models
from bot.retrieval.synonyms import Synonyms
from bot.reviewing.callbacks import CallBacks
from bot.reviewing.desk import ReviewDesk
from bot.settings import Settings
from storage import conversations
from storage import inbox as stored_inbox
from storage.conversations import MessageRecord
from storage.database import Database
from storage.inbox import InboxItem

log = logging.getLogger("cenfobot")


@dataclass(frozen=True)
class Bot:
    """One bot, built and ready."""

    settings: Settings
    profile: Profile
    database: Database
    generator: Generator
    answerer: Answerer
    dialogue: Dialogue
    desk: ReviewDesk
    knowledge: LiveRetriever
    in_service: InService
    suspended: bool
    """True when the model's memory was lent to a training as the bot began."""


def _knowledge(settings: Settings, database: Database) -> LiveRetriever:
    models = load_models(Synonyms.read(settings.synonyms_file), settings.embeddings, settings.cache)
    return LiveRetriever(database, models)


@asynccontextmanager
async def running_bot(settings: Settings) -> AsyncIterator[Bot]:
    """Everything but the channels: opens the home, loads the model with its adapter, closes both at the end."""
    database = await asyncio.to_thread(open_home, settings)
    try:
        profile = load_profile(settings.profile_file)
        knowledge = await asyncio.to_thread(_knowledge, settings, database)
        in_service = await asyncio.to_thread(adapter_in_service, settings, database)
        generator = await LocalGenerator.load(
            settings.base_model,
            device=settings.device,
            adapter=in_service.adapter,
            kv_cache_mb=settings.kv_cache_mb,
            max_in_flight=settings.max_in_flight,
            max_waiting=settings.max_waiting,
            suspended=(suspended := is_borrowed(settings.home)),
        )
        if suspended:
            log.warning("the card is lent to a training: approved answers are given letter by letter")
        try:
            answerer = as_served.answerer(settings, profile, knowledge, generator)
            callbacks = CallBacks(profile.texts.callback, profile.name, ZoneInfo(settings.timezone))
            desk = ReviewDesk(database, callbacks)
            dialogue = Dialogue(database, answerer, desk, profile.texts.pause)
            yield Bot(
                settings, profile, database, generator, answerer, dialogue, desk, knowledge, in_service, suspended
            )
        finally:
            await generator.aclose()
    finally:
        database.close()


async def serve(settings: Settings, ready: Callable[[Bot, str], None]) -> None:
    """Serves the channels until a signal ends it; ``ready`` is told the bot and the web chat's address."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with only_server(settings), Card(settings.home) as card:
        async with running_bot(settings) as bot, AsyncExitStack() as stack:
            telegram = await stack.enter_async_context(_on_telegram(bot)) if settings.on_telegram else None
            swap = _hot_swap(bot, card)
            web, inbox = _web(bot, swap, telegram)
            for part in (web, inbox, swap):
                await stack.enter_async_context(part)
            if telegram:
                telegram.start()
            forgetting = asyncio.create_task(forget_daily(bot.database, settings.retention_days))
            ready(bot, web.address)
            await stop.wait()
            forgetting.cancel()


def _web(bot: Bot, swap: HotSwap, telegram: OnTelegram | None) -> tuple[WebChannel, Inbox]:
    """The web chat, and the inbox of its messages."""
    settings = bot.settings
    hosts = [host.strip() for host in settings.public_hosts.split(",") if host.strip()]

    async def on_message(message: IncomingMessage) -> None:
        await inbox.receive(message)

    def health() -> dict[str, object]:
        known = {"status": "ok", "model": str(bot.generator.model), **swap.health()}
        return known | ({"telegram": telegram.health()} if telegram else {})

    web = WebChannel(
        on_message=on_message,
        history=partial(_history, bot.database),
        feedback=partial(bot.dialogue.feedback, WebChannel.name),
        texts=_page_texts(bot),
        ready=health,
        host=settings.host,
        port=settings.port,
        public_hosts=[*hosts, *telegram.hosts] if telegram else hosts,
        messages_per_minute=settings.messages_per_minute,
        routes=telegram.routes if telegram else (),
    )
    mine = (WebChannel.name,)
    # On the home's SQLite this process is the only one, so what a crash interrupted is taken up at once.
    inbox = Inbox(
        bot.database,
        partial(_handle, bot, web),
        last_word=partial(_apologise, bot, web),
        workers=settings.max_in_flight,
        channels=mine,
        release=() if settings.database_url else mine,
    )
    return web, inbox


def _on_telegram(bot: Bot) -> OnTelegram:
    model = bot.generator
    services = Services(
        bot.database, bot.dialogue, bot.desk, bot.knowledge, bot.profile, model=lambda: str(model.model)
    )
    return OnTelegram(bot.settings, services)


def _hot_swap(bot: Bot, card: Card) -> HotSwap:
    known = bot.in_service.registered
    return HotSwap(bot.generator, champion=known.champion, adapter=known.adapter, card=card, suspended=bot.suspended)


@contextmanager
def only_server(settings: Settings) -> Iterator[None]:
    """Holds the home's lock, so that one process at a time serves it; a crash frees it.

    Raises:
        HomeError: another process serves this home.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / "serve.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HomeError(
                f"Otro proceso ya atiende con {settings.home}. Detenlo primero, o usa otra carpeta con CENFOBOT_HOME."
            ) from error
        yield


async def _handle(bot: Bot, web: WebChannel, item: InboxItem) -> None:
    """Answers one stored message and sends the answer where it came from."""
    message = _message(item)
    try:
        reply, answer = await bot.dialogue.turn(
            message, inbox_id=item.id, preview=lambda text: web.preview(item.chat_id, text)
        )
    except AlreadyAnswered:
        return
    log.info("inbox %s: %s by %s in %s ms", item.id, answer.kind, answer.model, answer.milliseconds.get("total"))
    await web.send(item.chat_id, reply)


async def _apologise(bot: Bot, web: WebChannel, item: InboxItem, reason: str) -> None:
    """Says that a message could not be answered, instead of falling silent."""
    await web.send(item.chat_id, await bot.dialogue.apologise(_message(item), bot.profile.texts.error, reason))


def _message(item: InboxItem) -> IncomingMessage:
    return IncomingMessage(item.channel, item.external_id, item.chat_id, item.text, item.received_at)


async def _history(database: Database, chat_id: str) -> list[PastMessage]:
    return await asyncio.to_thread(_read_history, database, chat_id)


def _read_history(database: Database, chat_id: str) -> list[PastMessage]:
    """What the page shows on load: what was said, then the questions that still wait."""
    with database.reading() as session:
        conversation = conversations.find_conversation(session, WebChannel.name, chat_id)
        said = conversations.transcript(session, conversation) if conversation else []
        waiting = stored_inbox.waiting(session, WebChannel.name, chat_id)
    past = [
        PastMessage(
            role=message.role,
            text=message.text,
            at=message.created_at,
            answer_id=message.id if message.role == "bot" else None,
            kind=Kind(message.kind) if message.kind else None,
            verbatim=bool(message.verbatim),
            feedback=message.feedback,
            suggestions=_suggestions(message),
        )
        for message in said
    ]
    return past + [
        PastMessage("student", item.text, item.received_at, waiting=True, external_id=item.external_id)
        for item in waiting
    ]


def _suggestions(message: MessageRecord) -> tuple[str, ...]:
    """The approved questions that an unanswered one may have meant."""
    passages = [Passage(**passage) for passage in message.passages or ()] if message.kind == Kind.UNKNOWN else []
    return tuple(passage.title or passage.question for passage in suggested(passages))


def _page_texts(bot: Bot) -> PageTexts:
    texts = bot.profile.texts
    return PageTexts(
        institution=bot.profile.name,
        greeting=texts.greeting,
        suggested_questions=bot.profile.suggested_questions,
        sample_data_notice=texts.sample_data_notice if bot.profile.sample_data else "",
        ai_notice=texts.ai_notice,
        question_limit=bot.settings.question_limit,
        rate_limited=texts.rate_limited,
        feedback_good=texts.feedback_good,
        feedback_bad=texts.feedback_bad,
    )
