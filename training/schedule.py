"""Retraining at set times: a cron line queues it, and what is queued, by the clock or by staff, runs one at a time.

This process stays small: it never loads a model. What waits is worked off by a process of its own
(``cenfobot-train work``), whose memory is free again afterwards, and a crash in which ends nothing else.
"""

import logging
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import tzinfo
from types import FrameType

from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

from bot.errors import SettingsError

log = logging.getLogger("cenfobot")

QUEUE_SECONDS = 10
"""How often the queue is looked at."""
LATE_SECONDS = 3600
"""A retraining whose time came while the machine slept or worked is still queued within this time."""
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def cron_trigger(cron: str, zone: tzinfo) -> BaseTrigger:
    """The times of a crontab line of five fields (minute, hour, day, month, weekday), as ``man 5 crontab`` has them.

    Sunday is 0 or 7, and where both day and weekday are given, either is enough; APScheduler counts
    weekdays from Monday and wants both.

    Raises:
        SettingsError: the line is none.
    """
    fields = cron.split()
    if len(fields) != 5:
        raise SettingsError(
            f"--cron {cron!r} has {len(fields)} fields; a crontab line has five: minute hour day month weekday. "
            "For Sundays at 3: '0 3 * * 0'."
        )
    minute, hour, day, month, weekday = fields
    both = not day.startswith("*") and not weekday.startswith("*")
    try:
        days = [(day, "*"), ("*", _weekdays(weekday))] if both else [(day, _weekdays(weekday))]
        triggers = [
            CronTrigger(minute=minute, hour=hour, day=of_month, month=month.lower(), day_of_week=of_week, timezone=zone)
            for of_month, of_week in days
        ]
    except ValueError as error:
        raise SettingsError(f"--cron {cron!r} is no crontab line: {error}. For Sundays at 3: '0 3 * * 0'.") from error
    return OrTrigger(triggers) if both else triggers[0]


def _weekdays(field: str) -> str:
    """A crontab's weekdays as APScheduler's names: ``5-7`` becomes ``fri,sat,sun``."""
    chosen: list[str] = []
    for part in field.lower().split(","):
        span, _, step = part.partition("/")
        first, _, last = ("0", "", "6") if span == "*" else span.partition("-")
        begin, end = _weekday(first), _weekday(last or ("6" if step else first))
        if end < begin or (step and not step.isdecimal()) or step == "0":
            raise ValueError(f"{part!r} is no weekday, range or step")
        chosen += [_DAYS[number % 7] for number in range(begin, end + 1, int(step or 1))]
    return ",".join(chosen)


def _weekday(text: str) -> int:
    if text in _DAYS:
        return _DAYS.index(text)
    if text.isdecimal() and int(text) <= 7:
        return int(text)
    raise ValueError(f"{text!r} is no weekday (0 to 7, sun to sat)")


def keep_schedule(
    trigger: BaseTrigger | None,
    zone: tzinfo,
    *,
    queue: Callable[[], None],
    is_waiting: Callable[[], bool],
    work: Sequence[str],
) -> None:
    """Calls ``queue`` at the trigger's times, if there is one, and works off what waits; SIGTERM or SIGINT ends it.

    ``work`` are the arguments of ``cenfobot-train`` that work it off.

    A retraining that is under way is ended with it, and goes on from its last checkpoint next time.
    """
    scheduler = BlockingScheduler(timezone=zone)
    worker = _Worker(is_waiting, work)
    if trigger:
        scheduler.add_job(queue, trigger, misfire_grace_time=LATE_SECONDS, coalesce=True)
    scheduler.add_job(worker.work, "interval", seconds=QUEUE_SECONDS, max_instances=1, coalesce=True)

    def stop(number: int, frame: FrameType | None) -> None:
        worker.stop()
        scheduler.shutdown(wait=False)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    logging.getLogger("apscheduler.scheduler").addFilter(_is_news)
    scheduler.start()


class _Worker:
    """Runs ``cenfobot-train work`` while something waits; at most one at a time."""

    def __init__(self, is_waiting: Callable[[], bool], work: Sequence[str]) -> None:
        self._is_waiting = is_waiting
        self._command = [sys.executable, "-m", "training.cli", *work]
        self._process: subprocess.Popen[bytes] | None = None

    def work(self) -> None:
        if self._is_waiting():
            self._process = subprocess.Popen(self._command)
            if status := self._process.wait():
                log.error("the retraining ended with status %d; its lines above say why", status)

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()


def _is_news(record: logging.LogRecord) -> bool:
    """A retraining takes longer than the queue's interval; that the next look is skipped is no news."""
    return "maximum number of running instances" not in record.getMessage()
