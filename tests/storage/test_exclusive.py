"""One holder at a time, over processes and their crashes."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from storage.database import Database
from storage.errors import DatabaseError, Locked
from storage.exclusive import exclusive

PROJECT = Path(__file__).resolve().parents[2]
HOLD = """
import sys, time
from storage.exclusive import exclusive
with exclusive(sys.argv[1], "training"):
    print("held", flush=True)
    time.sleep(600)
"""


def test_the_second_is_refused_until_the_first_has_finished(database: Database, url: str) -> None:
    with exclusive(url, "training"):
        with pytest.raises(Locked, match="holds 'training'"), exclusive(url, "training"):
            pass
        with exclusive(url, "something else"):
            pass
    with exclusive(url, "training"):
        pass


def test_an_exception_frees_the_place(database: Database, url: str) -> None:
    with pytest.raises(ZeroDivisionError), exclusive(url, "training"):
        _ = 1 / 0
    with exclusive(url, "training"):
        pass


def test_a_killed_process_frees_the_place(database: Database, url: str) -> None:
    command = [sys.executable, "-c", HOLD, url]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Locked), exclusive(url, "training"):
            pass
        holder.kill()
    for attempt in range(100):  # a server needs a moment to see that its client is gone
        try:
            with exclusive(url, "training"):
                return
        except Locked:
            assert attempt < 99
            time.sleep(0.1)


def test_a_server_that_is_away_is_named_without_its_password() -> None:
    away = "postgresql+psycopg://user:hunter2@127.0.0.1:1/name"
    with pytest.raises(DatabaseError, match="cannot be reached") as failure, exclusive(away, "training"):
        pass
    assert "hunter2" not in str(failure.value)
