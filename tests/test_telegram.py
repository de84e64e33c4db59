"""Telegram from end to end: real `cenfobot serve` processes, with the real model, against the emulated Bot API.

The full lengths are in ``test_telegram_soak.py``.
"""

import hashlib
import socket
from pathlib import Path

import httpx
import pytest

from tests.served.bot import ServedBot, begin_small_home, wait_until
from tests.served.conversation import conversation
from tests.served.crowd import Accounts, accounts, p95, quiet, students, wait_for_answers
from tests.served.transcript import FILE, comparable, written
from tests.served.trials import at_once, flooded, killed_at_random
from tests.telegram.bot_api import BotApi

pytestmark = pytest.mark.slow
QUICK = {"CENFOBOT_MAX_NEW_TOKENS": "16", "CENFOBOT_MESSAGES_PER_MINUTE": "100"}
"""Settings of a bot whose answers are short, for students who ask much."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_a_whole_conversation_with_the_staff_goes_as_the_documentation_shows_it(home: Path) -> None:
    with BotApi() as api, ServedBot(home, api, {"CENFOBOT_LOG_LEVEL": "DEBUG"}) as bot:
        api.fault("500", "getUpdates")
        api.fault("drop_after", "setMyCommands")
        bot.start()
        chats = conversation(api, bot)
        status, said = bot.does("serve")
        assert (status, f"cenfobot: Otro proceso ya atiende con {home}. Detenlo primero" in said) == (1, True)
        assert bot.terminate() == 0
        assert comparable(written(api, chats)) == comparable(FILE.read_text(encoding="utf-8"))
        calls_back = sum("Ya tengo la respuesta" in message.text for message in chats[0].bot_messages)
        assert calls_back == 1  # the other question was answered by a person
        assert (api.violations, api.early_retries) == ([], [])
        assert [command["command"] for command in api.commands["default", ""]][:2] == ["start", "ayuda"]
    assert "Telegram's updates cannot be fetched" in bot.log
    assert api.token.partition(":")[2] not in bot.log


def test_killed_at_random_moments_it_loses_nothing_and_doubles_only_what_was_being_sent(home: Path) -> None:
    with BotApi() as api, ServedBot(home, api, QUICK) as bot:
        crowd = students(api, begin_small_home(bot), 8)
        result = killed_at_random(api, bot, crowd, kills=4, messages=40, longest=3, seed=5)
    print(f"\n4 kills: {result}")
    assert result.accounts == Accounts(asked=40, doubled=result.accounts.doubled)
    assert result.said == result.interrupted
    assert api.violations == []


def test_a_flood_wait_of_240_seconds_for_one_chat_delays_no_other(home: Path) -> None:
    with BotApi(time_scale=48) as api, ServedBot(home, api, QUICK) as bot:
        crowd = students(api, begin_small_home(bot), 5)
        bot.start()
        quiet(api, bot, 60)
        result = flooded(api, bot, crowd, seconds=240, real=240 / 48)
    print(f"\n{result}")
    assert 240 / 48 <= result.flooded < 240 / 48 + 4
    assert p95(result.others) < 4
    assert (api.violations, api.early_retries) == ([], [])


def test_thirty_students_at_once_are_all_answered_at_the_rates_that_telegram_allows(home: Path) -> None:
    with BotApi() as api, ServedBot(home, api, QUICK) as bot:
        crowd = students(api, begin_small_home(bot), 30)
        bot.start()
        quiet(api, bot, 60)
        print(f"\n{at_once(crowd)}")
        quiet(api, bot, 60)
        assert accounts(bot, crowd) == Accounts(asked=30)
    assert (api.violations, api.early_retries) == ([], [])


def test_by_webhook_it_hears_telegram_alone_and_ends_with_what_it_was_answering(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with (
        BotApi() as api,
        ServedBot(home, api, QUICK | {"CENFOBOT_PORT": str(port), "TELEGRAM_WEBHOOK_URL": url}) as bot,
    ):
        crowd = students(api, begin_small_home(bot), 6)
        bot.start()
        wait_until(lambda: api.webhook is not None, "the webhook is set")
        quiet(api, bot, 60)
        assert api.webhook
        assert api.webhook.url == f"{url}/telegram/{hashlib.sha256(api.token.encode()).hexdigest()[:16]}"
        for secret in ({}, {"X-Telegram-Bot-Api-Secret-Token": "made-up-by-somebody"}):
            assert httpx.post(api.webhook.url, json={"update_id": 1}, headers=secret).status_code == 403
        for student in crowd:
            student.asks()
        wait_until(lambda: not api.pending, "all is stored")
        assert bot.terminate() == 0
        wait_for_answers(crowd, 0.5)
        assert (accounts(bot, crowd), api.violations) == (Accounts(asked=6), [])
        assert api.webhook.secret_token
        assert api.webhook.secret_token not in bot.log
    assert api.token.partition(":")[2] not in bot.log
