"""A crontab line means what cron means by it, and the schedule runs what waits, in processes of its own."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.errors import SettingsError
from storage import training_runs
from storage.database import Database
from training.schedule import cron_trigger

LIMA = ZoneInfo("America/Lima")
SUNDAY_EVENING = datetime(2026, 11, 22, 17, 0, tzinfo=LIMA)
PROJECT = Path(__file__).parents[2]


def times(cron: str, count: int = 3) -> list[str]:
    """The next times after Sunday 22 November 2026, 17:00."""
    trigger, after, found = cron_trigger(cron, LIMA), SUNDAY_EVENING, []
    for _ in range(count):
        at = trigger.get_next_fire_time(None, after)
        found.append(f"{at:%a %d %b %H:%M}")
        after = at + timedelta(seconds=1)
    return found


@pytest.mark.parametrize("sunday", ["0", "7", "sun", "SUN"])
def test_sunday_is_zero_and_seven_as_in_cron(sunday: str) -> None:
    assert times(f"0 3 * * {sunday}") == ["Sun 29 Nov 03:00", "Sun 06 Dec 03:00", "Sun 13 Dec 03:00"]


def test_ranges_lists_and_steps_of_weekdays_are_crons() -> None:
    assert times("0 3 * * 1-5")[0] == "Mon 23 Nov 03:00"
    assert times("0 3 * * 5-7") == ["Fri 27 Nov 03:00", "Sat 28 Nov 03:00", "Sun 29 Nov 03:00"]
    assert times("0 3 * * */2") == ["Tue 24 Nov 03:00", "Thu 26 Nov 03:00", "Sat 28 Nov 03:00"]
    assert times("0 3 * * mon,3") == ["Mon 23 Nov 03:00", "Wed 25 Nov 03:00", "Mon 30 Nov 03:00"]


def test_a_day_of_the_month_or_a_weekday_is_enough_where_both_are_given() -> None:
    assert times("0 3 1 * 0") == ["Sun 29 Nov 03:00", "Tue 01 Dec 03:00", "Sun 06 Dec 03:00"]


def test_minutes_days_and_months_are_crons() -> None:
    assert times("*/5 * * * *")[:2] == ["Sun 22 Nov 17:00", "Sun 22 Nov 17:05"]
    assert times("30 2 1,15 jan-jun *") == ["Fri 01 Jan 02:30", "Fri 15 Jan 02:30", "Mon 01 Feb 02:30"]


@pytest.mark.parametrize("cron", ["", "0 3 * *", "61 3 * * 0", "0 3 * * 8", "0 3 * * 5-2", "0 3 * * */0", "a b c d e"])
def test_what_is_no_crontab_line_is_refused_with_an_example(cron: str) -> None:
    with pytest.raises(SettingsError, match="For Sundays at 3: '0 3"):
        cron_trigger(cron, LIMA)


@pytest.mark.slow
def test_the_schedule_works_off_what_staff_asked_for_and_ends_at_a_signal(tmp_path: Path) -> None:
    """The recipe does not exist: the run fails, which is recorded, and the schedule goes on."""
    environment = {**os.environ, "CENFOBOT_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "training.cli", "schedule", "--recipe", "smoke"]
    database = Database(f"sqlite:///{tmp_path / 'cenfobot.db'}")
    subprocess.run(
        [sys.executable, "-m", "bot.cli", "init"], cwd=PROJECT, env=environment, check=True, stdout=subprocess.DEVNULL
    )
    with database.writing() as session:
        run_id = training_runs.request(session, recipe="missing", by="rosa", now=datetime.now(UTC))
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True) as schedule:
        assert schedule.stdout
        line = next(line for line in schedule.stdout if line.startswith(f"retraining {run_id} "))
        schedule.send_signal(signal.SIGTERM)
        assert schedule.wait(60) == 0
    assert line.startswith(f"retraining {run_id} (missing, asked by rosa): failed: There is no recipe 'missing'")
    with database.reading() as session:
        (run,) = training_runs.list_runs(session)
    database.close()
    assert (run.status, str(run.report)[:40]) == ("failed", "{'outcome': \"There is no recipe 'missing'"[:40])
