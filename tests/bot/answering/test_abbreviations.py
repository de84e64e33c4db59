"""Short forms are written out where they are short forms, and nowhere else."""

from pathlib import Path

import pytest

from bot.answering.abbreviations import Abbreviations
from bot.answering.understanding import normalised
from bot.errors import DataError

SHIPPED = Abbreviations.read(Path(__file__).resolve().parents[3] / "data" / "abbreviations.csv")


def table(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "abbreviations.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("xfa cto está el curso d ventas", "por favor cuánto está el curso de ventas"),
        ("Q dias abren x la mñn?", "que dias abren por la mañana?"),
        ("x q no contestan, tmb escribi al wsp", "por qué no contestan, también escribi al whatsapp"),
        ("NO SE Q LLEVAR", "NO SE que LLEVAR"),
        ("how much do u charge pls", "how much do you charge please"),
        ("r u open on saturdays?", "are you open on saturdays?"),
    ],
)
def test_chat_is_written_out(typed: str, meant: str) -> None:
    assert SHIPPED.expanded(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "what is the difference between grade d and grade c?",
        "is there a course on r programming",
        "what do I need for plan x?",
        "vitamin d deficiency symptoms",
        "tienen convenio con la UNI?",
        "cuánto es 2 x 15",
        "escriban a d.q@pa.pe o a www.info.pe",
        "atienden hasta las 7:30 p.m.?",
        "llevan el plan D",
    ],
)
def test_what_is_meant_as_it_stands_stays(text: str) -> None:
    assert SHIPPED.expanded(text) == text


def test_the_same_form_stands_for_another_word_in_another_language(tmp_path: Path) -> None:
    forms = Abbreviations.read(table(tmp_path, "language;short;long", "es;pls;por favor", "en;pls;please"))
    assert forms.expanded("el horario pls") == "el horario por favor"
    assert forms.expanded("when do you open pls") == "when do you open please"


def test_an_empty_table_changes_nothing(tmp_path: Path) -> None:
    assert Abbreviations.read(table(tmp_path, "language;short;long")).expanded("q tal") == "q tal"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["short;long"], r"line 1: the header must be 'language;short;long'; found 'short;long'"),
        (["language;short;long", "es;q"], r"line 2: a row has a language, a short form and .*; found 'es;q'"),
        (["language;short;long", "es;q; "], r"line 2: a row has .*; found 'es;q; '"),
        (["language;short;long", "qu;q;que"], r"line 2: the language is 'es' or 'en'; found 'qu;q;que'. Write one"),
        (["language;short;long", "es;tb;también", "es;TB;tablero"], r"line 3: .*'tb' also for 'también'; found"),
    ],
)
def test_refuses_a_broken_table_and_says_where(tmp_path: Path, rows: list[str], told: str) -> None:
    with pytest.raises(DataError, match=told):
        Abbreviations.read(table(tmp_path, *rows))


@pytest.mark.parametrize(
    ("typed", "looked_up"),
    [
        ("Holaaaa!! cuaaaanto está la matri 😊💰", "cuanto está la matrícula"),
        ("allillanchu wayqey, dnd quedan", "dónde quedan"),
        (
            "atienden a María Quispe, DNI 40112233, en el ciclo iii?",
            "atienden a María Quispe, DNI 40112233, en el ciclo iii?",
        ),
        ("hola", "hola"),
        ("😀", "😀"),
    ],
)
def test_a_question_is_looked_up_without_what_is_no_part_of_it(typed: str, looked_up: str) -> None:
    assert normalised(typed, SHIPPED) == looked_up
