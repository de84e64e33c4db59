"""The bot introduces itself once the network is there."""

import pytest
from telegram import Bot

from bot.channels.telegram.client import bot_id, introduced, open_bot
from bot.errors import SettingsError
from tests.telegram.bot_api import BotApi
from tests.telegram.faults import Kind


@pytest.mark.parametrize("kind", ["500", "502", "drop_before", "drop_after", "garbage"])
async def test_waits_for_the_network(api: BotApi, bot: Bot, kind: Kind) -> None:
    api.fault(kind, times=2)
    user = await introduced(bot, retry_seconds=0.01)
    assert (user.id, bot.username) == (bot_id(api.token), "cenfobot")


async def test_a_flood_wait_is_obeyed(api: BotApi, bot: Bot) -> None:
    api.flood(None, 30, "getMe")
    assert (await introduced(bot)).is_bot
    assert api.early_retries == []


async def test_a_token_that_telegram_does_not_know_is_said(api: BotApi) -> None:
    async with open_bot(api.token[:-1] + "x", api.url) as bot:
        with pytest.raises(
            SettingsError, match=r"Telegram does not know the bot of TELEGRAM_BOT_TOKEN.*not shown here"
        ):
            await introduced(bot)
