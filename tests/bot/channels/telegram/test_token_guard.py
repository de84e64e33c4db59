"""The token is in the address of every call, and in no record of any logger, whatever goes wrong."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import suppress

import pytest
from telegram import Bot
from telegram.error import InvalidToken

from bot.channels.telegram.client import introduced, open_bot
from bot.channels.telegram.outbox import Sender
from bot.channels.telegram.receiving import Polling
from bot.channels.telegram.token_guard import guard_logs, without_token
from bot.channels.telegram.webhook import Webhook
from bot.errors import SettingsError
from tests.bot.channels.telegram.outbox_side import OutboxSide, until
from tests.telegram.bot_api import BotApi
from tests.telegram.faults import Kind
from tests.telegram.users import User

KINDS: tuple[Kind, ...] = ("500", "502", "drop_before", "drop_after", "garbage", "delay")


@pytest.fixture(autouse=True)
def everything_is_logged() -> Iterator[None]:
    """Guarded logs, of all loggers at DEBUG; as they were before at the end."""
    made_by = logging.getLogRecordFactory()
    loud = [logging.getLogger(name) for name in ("", "httpx", "httpcore", "telegram")]
    levels = [logger.level for logger in loud]
    guard_logs()
    for logger in loud:
        logger.setLevel(logging.DEBUG)
    yield
    logging.setLogRecordFactory(made_by)
    for logger, level in zip(loud, levels, strict=True):
        logger.setLevel(level)


def told(caplog: pytest.LogCaptureFixture) -> str:
    """All that any handler could write of the records."""
    shown = logging.Formatter()
    return "\n".join(f"{shown.format(record)} {record.__dict__}" for record in caplog.records)


async def test_the_token_is_in_no_record_of_a_bot_that_fails_in_every_way(
    api: BotApi, outbox: OutboxSide, ana: User, caplog: pytest.LogCaptureFixture
) -> None:
    for kind in KINDS:
        for method in ("sendMessage", "getUpdates", "setWebhook", "getMe"):
            api.fault(kind, method, seconds=0.05)
    for text in ("hola", "x" * 5000):
        outbox.put(ana.id, text)
    outbox.put(4_242, "a nadie")
    stored: list[object] = []

    async def store(update: object) -> None:
        stored.append(update)
        raise OSError(f"{api.token} is in the error's text")

    async with open_bot(api.token, api.url) as bot:
        await introduced(bot, retry_seconds=0.01)
        async with Polling(bot, store, retry_seconds=0.01), Sender(bot, outbox.database, retry_seconds=0.01):
            await until(lambda: outbox.statuses()[:2] == ["sent", "failed"] and outbox.row(3).reason)
            await until(lambda: stored)
        async with Webhook(bot, store, public_url=api.url, retry_seconds=0.01) as webhook:
            await until(lambda: not webhook.health()["trouble"])
    assert "Set Bot API URL: http://127.0.0.1" in told(caplog), "the libraries do log their calls here"
    assert "HTTP Request: POST" in told(caplog)
    assert api.token.partition(":")[2] not in told(caplog)


async def test_nor_of_one_whose_token_is_refused(api: BotApi, caplog: pytest.LogCaptureFixture) -> None:
    wrong = api.token[:-1] + "x"
    async with open_bot(wrong, api.url) as bot:
        with pytest.raises(SettingsError, match="TELEGRAM_BOT_TOKEN") as refused:
            await introduced(bot)
        with suppress(InvalidToken):
            await bot.initialize()  # python-telegram-bot's own way puts the token into the error
    log = logging.getLogger("test")
    try:
        raise ValueError(wrong)
    except ValueError:
        log.exception("failed with %s", bot, stack_info=True)
    log.warning("%s %s " + wrong, "one argument too few")
    log.warning("%(token)s", {"token": wrong})
    asyncio.get_running_loop().call_exception_handler({"message": "lost", "exception": ValueError(wrong)})
    assert "failed with Bot[token=[token]]" in told(caplog)
    assert wrong.partition(":")[2] not in told(caplog) + str(refused.value) + repr(refused.value.__context__)


def test_what_is_no_token_stays() -> None:
    text = "a las 10:30 horas, chat 5000000001, http://127.0.0.1:8081/, 2026-11-28T10:20:30"
    assert without_token(text) == text


def test_a_handler_that_comes_later_and_a_second_guard_change_nothing(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    guarding = logging.getLogRecordFactory()
    guard_logs()
    assert logging.getLogRecordFactory() is guarding
    logging.getLogger("plain").warning("%d of %s", 3, "four")
    assert caplog.records[-1].args == (3, "four"), "a record without a token is left as it is"
