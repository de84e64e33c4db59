"""Telegram at full length: 50 kills over 500 messages, a flood wait of four minutes, 200 students at once.

Run it with ``-s`` to see the numbers; some fifteen minutes on two cores.
"""

from pathlib import Path

import pytest

from tests.served.bot import ServedBot, begin_small_home, sample
from tests.served.crowd import Accounts, accounts, quiet, students
from tests.served.trials import at_once, flooded, killed_at_random
from tests.telegram.bot_api import BotApi

pytestmark = pytest.mark.soak
KILLS, MESSAGES, STUDENTS = 50, 500, 25


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_50_kills_over_500_messages_lose_nothing_and_double_only_what_was_being_sent(home: Path) -> None:
    with BotApi() as api, ServedBot(home, api, {"CENFOBOT_MAX_NEW_TOKENS": "16"}) as bot:
        crowd = students(api, begin_small_home(bot), STUDENTS)
        result = killed_at_random(api, bot, crowd, kills=KILLS, messages=MESSAGES, longest=5, seed=5)
    print(f"\n{KILLS} kills: {result}")
    assert result.accounts == Accounts(asked=MESSAGES, doubled=result.accounts.doubled)
    assert result.said == result.interrupted
    assert api.violations == []


def test_a_flood_wait_of_240_seconds_for_one_chat_delays_no_other(home: Path) -> None:
    with BotApi() as api, ServedBot(home, api, {"CENFOBOT_MESSAGES_PER_MINUTE": "100"}) as bot:
        crowd = students(api, begin_small_home(bot), 11)
        bot.start()
        quiet(api, bot, 60)
        result = flooded(api, bot, crowd, seconds=240, real=240)
    print(f"\n{result}")
    assert 240 <= result.flooded < 245
    assert result.others[-1] < 60
    assert (api.violations, api.early_retries) == ([], [])


def test_200_students_at_once_are_all_answered_at_the_rates_that_telegram_allows(home: Path) -> None:
    with BotApi() as api, ServedBot(home, api) as bot:
        crowd = students(api, [questions[0] for questions in sample().values()], 200)
        bot.start()
        quiet(api, bot, 120)
        print(f"\n{at_once(crowd)}")
        quiet(api, bot, 60)
        result = accounts(bot, crowd)
    assert result == Accounts(asked=200)
    assert (api.violations, api.early_retries) == ([], [])
