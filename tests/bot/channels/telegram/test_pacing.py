"""The pace is never faster than Telegram's limits, as Telegram sees them after a way of any length."""

from random import Random

import pytest

from bot.channels.telegram.pacing import Pace
from tests.telegram.rates import Rates
from tests.telegram.values import Clock, Refusal


class ByHand:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_chat_gets_three_at_once_then_one_a_second_after_the_last_has_ended() -> None:
    clock = ByHand()
    pace = Pace(clock)
    for _ in range(3):
        assert pace.until("7") == 0
        pace.take("7")
    clock.now += 0.5
    pace.settle("7")
    assert pace.until("7") == pytest.approx(1)
    assert pace.until("8") == 0
    assert pace.until("-7") == 0


class Server(Clock):
    """Telegram's clock, moved by hand."""

    def __init__(self, by_hand: ByHand) -> None:
        super().__init__(1)
        object.__setattr__(self, "by_hand", by_hand)

    def now(self) -> float:
        by_hand: ByHand = self.__dict__["by_hand"]
        return by_hand.now


@pytest.mark.parametrize("chat_id", ["7", "-7"])
@pytest.mark.parametrize("seed", range(5))
def test_telegram_refuses_nothing_however_uneven_the_way_is(chat_id: str, seed: int) -> None:
    clock, random = ByHand(), Random(seed)
    pace, rates = Pace(clock), Rates(Server(clock), enabled=True, scaled_retry_after=False)
    refused = []
    for _ in range(100):
        clock.now += max(pace.until(chat_id), pace.until_any())
        pace.take(chat_id)
        clock.now += random.choice([0.01, 0.3, 2])  # the way there
        try:
            rates.check("sendMessage", int(chat_id))
        except Refusal as refusal:
            refused.append(refusal)
        clock.now += random.choice([0.01, 0.3, 2])  # and back
        pace.settle(chat_id)
    assert not refused
