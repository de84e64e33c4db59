"""Trials that a bot on Telegram has to stand: killed at random moments, one chat flooded, everybody at once.

Each is played in seconds by ``make test`` and in minutes by ``make soak``.
"""

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.served.bot import ServedBot
from tests.served.crowd import (
    APART_SECONDS,
    Accounts,
    Sending,
    Student,
    accounts,
    delays,
    interrupted,
    p95,
    quiet,
    wait_for_answers,
)
from tests.telegram.bot_api import BotApi

WAY_SECONDS = 0.15
"""How long Telegram takes for a send: so long a kill may hit it."""


@dataclass(frozen=True)
class Killed:
    """What came of the kills."""

    accounts: Accounts
    interrupted: int
    """Sends that were under way at a kill."""
    said: int
    """How many sends the log says may arrive twice."""
    seconds: float


def killed_at_random(
    api: BotApi, bot: ServedBot, crowd: Sequence[Student], *, kills: int, messages: int, longest: float, seed: int
) -> Killed:
    """The crowd goes on writing while the bot is killed so often, at moments that are drawn by lot.

    Args:
        messages: so many in all, the same number to each of the processes.
        longest: most seconds that a process works before it is killed; the last one is not.
        seed: the lot's.
    """
    chance, started = random.Random(seed), time.monotonic()
    api.fault("delay", "sendMessage", times=1_000_000, seconds=WAY_SECONDS)
    pause, over = max(APART_SECONDS / len(crowd), 0.02), threading.Event()
    share = messages / (kills + 1)
    allowed = threading.Semaphore(0)

    def write() -> None:
        for number in range(messages):
            allowed.acquire()
            time.sleep(pause)
            crowd[number % len(crowd)].asks()
        over.set()

    writer = threading.Thread(target=write, name="students")
    writer.start()
    broken: set[Sending] = set()
    for kill in range(kills + 1):
        bot.start()
        for _ in range(round(share * (kill + 1)) - round(share * kill)):
            allowed.release()
        if kill < kills:
            _wait_for_the_kill(bot, chance, longest)
            bot.kill()
            broken |= interrupted(bot)
    over.wait()
    writer.join()
    quiet(api, bot, 120)
    return Killed(accounts(bot, crowd, broken), len(broken), _said(bot), time.monotonic() - started)


def _wait_for_the_kill(bot: ServedBot, chance: random.Random, longest: float) -> None:
    """One in six bots is killed while it starts, the others within the longest time of their work."""
    if chance.random() < 1 / 6:
        time.sleep(chance.uniform(0, 2))
    else:
        bot.answers()
        time.sleep(chance.uniform(0, longest))


def _said(bot: ServedBot) -> int:
    lines = [line for line in bot.log.splitlines() if "interrupted send(s)" in line]
    return sum(int(line.partition("outbox: ")[2].split()[0]) for line in lines)


@dataclass(frozen=True)
class Flooded:
    """Seconds from question to answer."""

    flooded: float
    """In the chat that Telegram told to wait."""
    others: Sequence[float]
    """In the others meanwhile, shortest first."""
    before: Sequence[float]
    """In the same ones before."""

    def __str__(self) -> str:
        others, before = (
            f"{len(some)} answers, median {some[len(some) // 2]:.2f} s, p95 {p95(some):.2f} s, longest {some[-1]:.2f} s"
            for some in (self.others, self.before)
        )
        return f"the flooded chat {self.flooded:.1f} s; the others {others}; before it {before}"


def flooded(api: BotApi, bot: ServedBot, crowd: Sequence[Student], *, seconds: float, real: float) -> Flooded:
    """The first student's chat is told to wait for so many Telegram seconds; the others go on asking."""
    one, *others = crowd
    _ask_in_turn(others, 1)
    before = delays(others)
    api.flood(one.user.chat, seconds, "sendMessage")
    began = time.time()
    one.asks()
    _ask_in_turn(others, real)
    wait_for_answers(crowd, real + 60)
    return Flooded(delays([one])[0], delays(others, since=began), before)


def _ask_in_turn(crowd: Sequence[Student], seconds: float) -> None:
    """Each asks every few seconds, for so long, one after the other."""
    pause, until = APART_SECONDS / len(crowd), time.monotonic() + seconds
    while time.monotonic() < until:
        for student in crowd:
            student.asks()
            time.sleep(pause)
    wait_for_answers(crowd, 60)


@dataclass(frozen=True)
class AtOnce:
    """How it went."""

    seconds: float
    """From the first question to the last answer."""
    delays: Sequence[float]

    def __str__(self) -> str:
        return (
            f"{len(self.delays)} answers in {self.seconds:.1f} s ({len(self.delays) / self.seconds:.1f}/s), "
            f"median {self.delays[len(self.delays) // 2]:.1f} s, p95 {p95(self.delays):.1f} s"
        )


def at_once(crowd: Sequence[Student]) -> AtOnce:
    """All ask at the same moment."""
    for student in crowd:
        student.asks()
    return AtOnce(wait_for_answers(crowd, 300), delays(crowd))
