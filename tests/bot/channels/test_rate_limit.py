"""A student may send so many messages a minute, and no more."""

import pytest

from bot.channels.rate_limit import RateLimit


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_lets_a_burst_through_and_then_one_per_share_of_the_minute() -> None:
    clock = Clock()
    limit = RateLimit(4, clock)
    assert [limit.wait("ana") for _ in range(5)] == [0, 0, 0, 0, 15]
    clock.now += 14
    assert limit.wait("ana") == pytest.approx(1)
    clock.now += 1
    assert limit.wait("ana") == 0


def test_one_student_does_not_use_up_the_others_share() -> None:
    limit = RateLimit(1, Clock())
    assert limit.wait("ana") == 0
    assert limit.wait("ana") > 0
    assert limit.wait("beto") == 0


def test_forgets_who_has_not_written_for_a_minute() -> None:
    clock = Clock()
    limit = RateLimit(2, clock)
    for i in range(1000):
        limit.wait(f"student {i}")
    clock.now += 60
    limit.wait("ana")
    assert len(limit._buckets) == 1
