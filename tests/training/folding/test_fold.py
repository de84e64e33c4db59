"""What the desk approved, edited and retired reaches the CSV, whole, in order, and only that."""

import difflib
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from bot.errors import DataError
from storage import folds
from storage.errors import CsvError, StorageError
from tests.training.school import CAJA, NOW, PLAZO, ROWS, SOL, School
from training.folding.fold import fold


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    school = School(tmp_path)
    yield school
    school.database.close()


def diff(before: str, after: str) -> list[str]:
    """The lines that a unified diff shows as gone (-) and come (+)."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")]


def identity(file: Path) -> tuple[int, int]:
    """Changes when the file is written or replaced."""
    stat = file.stat()
    return stat.st_ino, stat.st_mtime_ns


def test_a_fold_with_nothing_to_write_touches_nothing(school: School) -> None:
    before = identity(school.csv)
    folded = school.fold()
    assert (folded.changed, folded.added, folded.edited, folded.removed, folded.merged) == (False, 0, 0, 0, 0)
    assert identity(school.csv) == before
    assert folded.sha256 == hashlib.sha256(school.csv.read_bytes()).hexdigest()
    with school.database.reading() as session:
        assert [record.id for record in folds.list_folds(session)] == [folded.record.id if folded.record else None]


def test_each_change_is_in_its_place_and_a_diff_shows_nothing_else(school: School) -> None:
    before = school.csv.read_text()
    school.approve("¿Hay becas?", "Hay becas; pregunta\npor ellas.", "becas")
    school.ask_also("precio de caja", "a cómo Caja")
    school.edit("¿Cuánto dura Caja?", answer="El curso de Caja dura 4 meses.")
    school.edit("¿Dónde queda la escuela?", question="¿Dónde están?")
    school.retire("¿Qué es el tema 3?")
    folded = school.fold()
    assert diff(before, school.csv.read_text()) == [
        f'-"¿Cuánto dura Caja?";"{PLAZO}"',
        f'-"duración de caja";"{PLAZO}"',
        f'-"¿Dónde queda la escuela?";"{SOL}"',
        f'+"a cómo Caja";"{CAJA}"',
        '+"¿Cuánto dura Caja?";"El curso de Caja dura 4 meses."',
        '+"duración de caja";"El curso de Caja dura 4 meses."',
        f'+"¿Dónde están?";"{SOL}"',
        '-"¿Qué es el tema 3?";"El tema 3 es largo."',
        '+"¿Hay becas?";"Hay becas; pregunta',
        '+por ellas."',
        '+"becas";"Hay becas; pregunta',
        '+por ellas."',
    ]
    assert (folded.changed, folded.added, folded.edited, folded.removed, folded.merged) == (True, 4, 2, 2, 0)
    assert folded.record
    assert (folded.record.by, folded.record.done, folded.record.after) == ("rosa", True, folded.sha256)
    assert school.fold() == school.fold()
    assert not school.fold().changed


def test_a_wording_that_moved_to_another_pair_keeps_its_row(school: School) -> None:
    school.retire("¿Cuánto dura Caja?")
    school.ask_also("precio de caja", "duración de caja")
    before = school.csv.read_text()
    school.fold()
    assert diff(before, school.csv.read_text()) == [
        f'-"¿Cuánto dura Caja?";"{PLAZO}"',
        f'-"duración de caja";"{PLAZO}"',
        f'+"duración de caja";"{CAJA}"',
    ]


def test_what_was_changed_and_changed_back_leaves_the_file_alone(school: School) -> None:
    before = identity(school.csv)
    school.edit("precio de caja", answer="Otra.")
    school.edit("precio de caja", answer=CAJA)
    folded = school.fold()
    assert not folded.changed
    assert identity(school.csv) == before
    assert folded.record
    with school.database.reading() as session:
        assert folds.changes_after(session, folded.record.last_change_id) == 0


def test_a_home_that_was_never_folded_is_folded_from_its_import(school: School, tmp_path: Path) -> None:
    with school.database.writing() as session:
        session.connection().exec_driver_sql("DELETE FROM folds")
    school.csv.write_text(school.csv.read_text().replace('"', "").replace("Sol 12", "Sol 15"))  # as the seed wrote it
    school.edit("precio de caja", answer="S/ 300.")
    folded = school.fold()
    assert (folded.changed, folded.merged) == (True, 1)
    assert school.rows()[:3] == [(question, "S/ 300.") for question, _ in ROWS[:3]]
    assert school.pair("donde queda la escuela").answer == "La escuela queda en Sol 15."
    assert school.rows() == school.approved()


def test_cells_keep_every_letter_for_the_training_s_loader(school: School, tmp_path: Path) -> None:
    nasty = [
        ('¿Y "eso"; qué?', 'Dijo "sí";\n\nluego, no.'),
        ("=1+1", "=HYPERLINK(1)"),
        ("+51 999", "-5 %"),
        ("@todos", "'=ya"),
        ("123", "1,200.50"),
        ("¿ñandú 😀?", "#,\\n \u2028 fin"),
    ]
    for question, answer in nasty:
        school.approve(question, answer)
    school.fold()
    code = (
        "import sys, json; from datasets import load_dataset\n"
        "data = load_dataset('csv', data_files=sys.argv[1], sep=';')['train']\n"
        "print(json.dumps([[row['question'], row['answer']] for row in data]))"
    )
    # In a process of its own: datasets reads HF_HOME once, when it is imported.
    environment = {**os.environ, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", code, str(school.csv)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert [tuple(row) for row in json.loads(result.stdout)] == school.rows() == ROWS + nasty


def test_more_than_a_tenth_of_the_rows_gone_stops_the_fold_and_names_them(school: School) -> None:
    for question in ("¿Qué es el tema 1?", "¿Qué es el tema 2?"):
        school.retire(question)
    school.fold()  # 2 of 26
    school.retire("precio de caja")
    with pytest.raises(DataError, match=r"(?s)3 of the 24 rows .*¿Cuánto cuesta Caja\?.*--allow-removals") as stopped:
        school.fold()
    assert "cuánto sale caja" in str(stopped.value)
    assert CAJA in school.csv.read_text()
    folded = school.fold(allow_removals=True)
    assert folded.removed == 3
    assert CAJA not in school.csv.read_text()


def test_half_a_file_is_not_taken_for_a_decision_to_retire(school: School) -> None:
    school.save(school.rows()[:13])
    with pytest.raises(DataError, match="13 of the 26 rows"):
        school.fold()
    assert len(school.approved()) == 26


def test_a_missing_or_broken_file_is_named_and_no_pair_changes(school: School) -> None:
    school.csv.write_text(school.csv.read_text() + "tres;celdas;aquí\n")
    with pytest.raises(CsvError, match=r"line 28: the row has 3 cell\(s\)"):
        school.fold()
    school.csv.unlink()
    with pytest.raises(DataError, match=r"There is no file at .*pairs\.csv\. Put it back; its last versions"):
        school.fold()
    assert school.approved() == ROWS


def test_the_last_ten_versions_are_kept_in_the_order_of_the_folds(school: School) -> None:
    contents = [school.csv.read_bytes()]
    for number in range(12):
        school.edit("precio de caja", answer=f"Cuesta S/ {number % 11}.")  # the last is like the first
        school.fold()
        contents.append(school.csv.read_bytes())
    newest = list(dict.fromkeys(reversed(contents)))[:10]
    kept = {file.name: file.read_bytes() for file in school.versions.iterdir()}
    assert kept == {f"{hashlib.sha256(content).hexdigest()[:16]}.csv": content for content in newest}


def test_a_file_that_is_saved_while_it_is_folded_is_left_as_saved_and_folded_next_time(school: School) -> None:
    school.edit("precio de caja", answer="Es gratis.")
    saved = school.csv.read_text().replace("Sol 12", "Sol 15")

    def clock() -> datetime:  # asked when the file was read, before it is replaced
        school.csv.write_text(saved)
        return NOW

    with pytest.raises(StorageError, match=r"saved by somebody else meanwhile.*Try again"):
        fold(school.database, school.csv, school.versions, by="rosa", clock=clock)
    assert school.csv.read_text() == saved
    assert not list(school.csv.parent.glob(".pairs.csv.*"))
    school.fold()
    assert school.csv.read_text() == saved.replace(CAJA, "Es gratis.")
    assert school.rows() == school.approved()
