"""A fold that is killed anywhere and run again ends with the file that it would have ended with."""

import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.errors import DataError
from storage import folds
from tests.training.school import CAJA, ROWS, SOL, School

PROJECT = Path(__file__).resolve().parents[3]
NEW = "El curso de Caja cuesta S/ 300."


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    school = School(tmp_path)
    yield school
    school.database.close()


def on_the_desk(school: School) -> None:
    school.approve("¿Hay becas?", "Hay becas.")
    school.edit("precio de caja", answer=NEW)
    school.retire("¿Qué es el tema 3?")


def by_hand(school: School) -> None:
    school.replace(CAJA, NEW)
    school.save([row for row in school.rows() if "tema 3" not in row[0]] + [("¿Hay becas?", "Hay becas.")])
    school.approve("¿Dan constancia?", "Sí.")


def kill(school: School, before: bytes, after: str) -> None:
    """Leaves what a fold leaves that was killed after one of its steps; it was run to its end before."""
    school.unfinish()
    if after == "renamed":
        return
    content = school.csv.read_bytes()
    school.csv.write_bytes(before)
    if after == "begun":
        shutil.rmtree(school.versions)
    if after == "drafted":
        school.csv.with_name(".pairs.csv.0123abcd").write_bytes(content[:100])
        (school.versions / ".0123456789abcdef.csv.0123abcd").write_bytes(content[:100])


STEPS = pytest.mark.parametrize("step", ["begun", "kept", "drafted", "renamed"])


@STEPS
@pytest.mark.parametrize("change", [on_the_desk, by_hand])
def test_after_a_kill_at_each_step_the_file_is_the_same(
    change: Callable[[School], None], step: str, school: School
) -> None:
    change(school)
    before = school.csv.read_bytes()
    whole = school.fold()
    expected, approved = school.csv.read_bytes(), school.approved()
    versions = sorted(school.versions.iterdir())
    kill(school, before, step)
    again = school.fold()
    assert (school.csv.read_bytes(), school.approved()) == (expected, approved)
    assert again.record == whole.record
    assert sorted(school.versions.iterdir()) == versions
    assert (step == "renamed") or not list(school.csv.parent.glob(".pairs.csv.*"))
    assert not school.fold().changed


@STEPS
def test_what_staff_save_and_approve_after_a_kill_is_merged_with_the_rest(step: str, school: School) -> None:
    on_the_desk(school)
    before = school.csv.read_bytes()
    school.fold()
    kill(school, before, step)
    school.replace(SOL, "En Sol 15.")  # in the file as the kill left it: old answers are no decision
    school.ask_also("precio de caja", "a cómo caja")
    assert school.fold().merged == 1
    assert school.rows() == [
        *((q, NEW) for q, _ in ROWS[:3]),
        ("a cómo caja", NEW),
        *ROWS[3:5],
        ("¿Dónde queda la escuela?", "En Sol 15."),
        *(row for row in ROWS[6:] if "tema 3" not in row[0]),
        ("¿Hay becas?", "Hay becas."),
    ]
    assert school.rows() == [row for row in school.rows() if row in school.approved()]


def test_a_kill_after_a_kill_forgets_neither(school: School) -> None:
    before = school.csv.read_bytes()
    school.edit("precio de caja", answer=NEW)
    school.fold()
    kill(school, before, "begun")
    school.edit("precio de caja", answer="Es gratis.")
    school.fold()
    kill(school, before, "kept")
    school.replace(SOL, "En Sol 15.")
    school.fold()
    assert school.pair("precio de caja").answer == "Es gratis."
    assert school.pair("donde queda la escuela").answer == "En Sol 15."
    assert sorted(school.rows()) == sorted(school.approved())


def test_a_conflict_after_a_kill_is_still_one(school: School) -> None:
    before = school.csv.read_bytes()
    school.edit("precio de caja", answer=NEW)
    school.fold()
    kill(school, before, "begun")
    school.replace(CAJA, "Es gratis.")
    with pytest.raises(DataError, match=r"it was .*280.* the file: .*Es gratis.* the database: .*300"):
        school.fold()
    assert school.pair("precio de caja").answer == NEW


FOLDER = """
import os, signal, sys, time
from datetime import UTC, datetime
from pathlib import Path
from storage import pairs
from storage.database import Database
from training.folding.fold import fold

def approve_and_fold_for_ever(number, folded):
    home = Path(sys.argv[2])
    database = Database(sys.argv[1])
    while True:
        with database.writing() as session:
            pairs.add_pair(session, question=f"¿Y el {number}?", answer=f"Es {number}.", origin="staff", by="luis",
                           now=datetime.now(UTC))
        fold(database, home / "pairs.csv", home / "csv-versions", by="rosa")
        os.write(folded, b".")
        number += 1

for line in sys.stdin:
    number, seconds = line.split()
    seen, folded = os.pipe()
    child = os.fork()
    if child == 0:
        approve_and_fold_for_ever(int(number), folded)
    os.read(seen, 1)
    time.sleep(float(seconds))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    print("killed", flush=True)
"""
"""Folds until it is killed, again for each line (number of the next pair, seconds to live) on standard input."""


@pytest.mark.slow
def test_kill_9_at_any_moment_loses_nothing_and_doubles_nothing(school: School) -> None:
    moments = random.Random(7)
    command = [sys.executable, "-c", FOLDER, school.settings.database, str(school.settings.home)]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as folder:
        assert folder.stdin
        assert folder.stdout
        for _ in range(20):
            print(len(school.approved()), moments.uniform(0, 0.15), file=folder.stdin, flush=True)
            assert folder.stdout.readline() == "killed\n"
            school.fold()
            approved = school.approved()
            new = [(f"¿Y el {number}?", f"Es {number}.") for number in range(len(ROWS), len(approved))]
            assert school.rows() == approved == [*ROWS, *new]
            assert not school.fold().changed
            with school.database.reading() as session:
                assert folds.latest(session) == folds.latest(session, done=True)
        assert len(approved) >= len(ROWS) + 20
        folder.stdin.close()
