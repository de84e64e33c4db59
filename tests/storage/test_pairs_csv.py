"""The CSV of pairs: every bad row is named, what passes loads in `datasets`, writing is all or nothing."""

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import CsvError, StorageError
from storage.pairs_csv import CsvPair, CsvRow, csv_sha256, group_rows, read_csv, read_rows, write_csv

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pairs.csv"


def faults(file: Path, content: str | bytes) -> list[tuple[int, str]]:
    """(line, rule) of each fault in a file with this content."""
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(CsvError) as error:
        read_csv(file)
    return [(fault.line, fault.rule) for fault in error.value.faults]


def rows_of(file: Path, content: str | bytes) -> list[tuple[int, str, str]]:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return [(row.line, row.question, row.answer) for row in read_csv(file)]


def test_the_shipped_csv_is_read_and_grouped_by_answer() -> None:
    rows = read_csv(PROJECT / "data" / "cenfobank.csv")
    pairs = group_rows(rows)
    assert len(pairs) == len({row.answer for row in rows})
    assert sum(1 + len(pair.wordings) for pair in pairs) == len(rows)


def test_cells_hold_separators_quotes_and_line_feeds(file: Path) -> None:
    content = 'question;answer\n"¿Qué; cómo?";"Dijo ""sí"";\nluego no."\n\nhola;chau\n'
    assert rows_of(file, content) == [(2, "¿Qué; cómo?", 'Dijo "sí";\nluego no.'), (5, "hola", "chau")]


@pytest.mark.parametrize("change", [lambda b: b"\xef\xbb\xbf" + b, lambda b: b.replace(b"\n", b"\r\n"), bytes.rstrip])
def test_excel_s_byte_order_mark_and_line_ends_change_nothing(change: object, file: Path) -> None:
    content = 'question;answer\n"uno\nmás";dos\ntres;cuatro\n'.encode()
    assert callable(change)
    assert rows_of(file, change(content)) == [(2, "uno\nmás", "dos"), (4, "tres", "cuatro")]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("", "the columns must be question;answer"),
        ("pregunta;respuesta\na;b\n", "the columns must be question;answer"),
        ("answer;question\na;b\n", "the columns must be question;answer"),
        ("question\na\n", "the columns must be question;answer"),
        ("question,answer\na,b\n", "the cells are separated by a comma"),
        ("question\tanswer\na\tb\n", "the cells are separated by a tab"),
    ],
)
def test_a_wrong_first_line_is_the_only_fault(content: str, rule: str, file: Path) -> None:
    assert faults(file, content) == [(1, rule)]


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (";respuesta", "the question is empty"),
        ('pregunta;"  "', "the answer is empty"),
        ("pregunta", "the row has 1 cell(s), not 2"),
        ("pregunta;respuesta;", "the row has 3 cell(s), not 2"),
        ("pregunta;a\0b", "the answer holds the control character U+0000"),
        ("a\tb;respuesta", "the question holds the control character U+0009"),
        ('pregunta;"a\rb"', "the answer holds the control character U+000D"),
        (f"pregunta;{'x' * 2001}", "the answer has 2001 characters, more than 2000"),
        ("pregunta;N/A", "the answer is a word that training reads as a missing value"),
        ("¿?;respuesta", "the question has no letter and no figure"),
        ('pregunta;"a"b"', "the row is not CSV: a quotation mark is opened and not closed"),
        ('pregunta;"a" b', "the row is not CSV: ';' expected after '\"'"),
        ("Qué hay;otra", "the question of line 2 again, with another answer"),
        ("¿Qué hay?;Esto.", "the same row twice"),
    ],
)
def test_a_bad_row_is_named_by_its_line_and_the_rule(row: str, rule: str, file: Path) -> None:
    good = '"¿Qué hay?";Esto.\n"más\nlíneas";"de una\nvez"\n'
    assert faults(file, f"question;answer\n{good}{row}\núltima;fila\n") == [(6, rule)]


def test_an_unclosed_quote_hides_no_other_bad_row(file: Path) -> None:
    content = 'question;answer\n"uno;1\ndos;\n"tres";"3"\ncuatro\n"cinco;5\n' + "x;y\n" * 3000
    found = faults(file, content)
    quote = "the row is not CSV: a quotation mark is opened and not closed"
    assert [line for line, rule in found if "CSV" in rule] == [2, 6]
    assert found[1:3] == [(3, "the answer is empty"), (5, "the row has 1 cell(s), not 2")]
    assert (6, quote) in found


def test_text_that_is_not_utf_8_is_named_by_line_and_byte(file: Path) -> None:
    content = "question;answer\nuno;matrícula\ndos;año\n".encode("latin-1")
    assert faults(file, content) == [
        (2, f"the text is not UTF-8 at byte {content.index(0xED)} of the file"),
        (3, f"the text is not UTF-8 at byte {content.index(0xF1)} of the file"),
    ]


def test_the_error_shows_twenty_faults_and_counts_the_rest(file: Path) -> None:
    file.write_text("question;answer\n" + "".join(f"q{number};\n" for number in range(25)))
    with pytest.raises(CsvError, match=r"25 fault\(s\)") as error:
        read_csv(file)
    assert len(error.value.faults) == 25
    *_, twentieth, rest = str(error.value).splitlines()
    assert twentieth == "  line 21: the answer is empty; found ''. Write the answer, or delete the row."
    assert rest == "  and 5 more."


def test_rows_with_one_answer_are_one_pair(file: Path) -> None:
    rows = [CsvRow(2, "a", "1"), CsvRow(3, "b", "2"), CsvRow(4, "c", "1"), CsvRow(5, "d", "1 ")]
    assert group_rows(rows) == [CsvPair("a", "1", ("c",)), CsvPair("b", "2"), CsvPair("d", "1 ")]


def test_what_is_written_is_read_back_and_has_the_returned_hash(file: Path) -> None:
    rows = [('¿Qué; "cómo"?', "Sí;\nno."), ("ñandú 😀", "= 1 + 1")]
    digest = write_csv(file, iter(rows))
    assert [(row.question, row.answer) for row in read_csv(file)] == rows
    assert digest == csv_sha256(file) == hashlib.sha256(file.read_bytes()).hexdigest()
    assert file.read_bytes().startswith(b'"question";"answer"\n"\xc2\xbfQu')


@pytest.mark.parametrize(
    ("rows", "error"), [([("a", "1"), ("A", "2")], CsvError), ([("a", "uno\r\ndos")], StorageError)]
)
def test_a_refused_write_leaves_the_old_file_and_nothing_else(
    rows: list[tuple[str, str]], error: type[Exception], file: Path
) -> None:
    write_csv(file, [("a", "b")])
    before = file.read_bytes()
    with pytest.raises(error):
        write_csv(file, rows)
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_datasets_reads_the_same_rows(file: Path, tmp_path: Path) -> None:
    rows = [
        ('¿Qué; "cómo"?', "Sí;\nno."),
        ("123", "4.50"),
        ("true", "  con espacios  "),
        ("a", '"\u2028x'),
        ('b"', "#"),
    ]
    write_csv(file, rows)
    code = (
        "import sys, json; from datasets import load_dataset\n"
        "data = load_dataset('csv', data_files=sys.argv[1], sep=';')['train']\n"
        "print(json.dumps([[row['question'], row['answer']] for row in data]))"
    )
    # In a process of its own: datasets reads HF_HOME once, when it is imported.
    environment = {**os.environ, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", code, str(file)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert [tuple(row) for row in json.loads(result.stdout)] == rows


@given(st.lists(st.text(st.sampled_from('aé;"\n\r ,'), max_size=12), min_size=1, max_size=4))
def test_what_passes_is_what_pandas_reads(lines: list[str]) -> None:
    """pandas is what `datasets` reads with; it forgives much, but must never read other cells than were checked."""
    content = "question;answer\n" + "\n".join(lines)
    try:
        rows = read_rows(io.BytesIO(content.encode()), "test")
    except CsvError:
        return
    frame = pandas.read_csv(io.StringIO(content), sep=";", dtype=str)
    assert [(row.question, row.answer) for row in rows] == list(frame.itertuples(index=False, name=None))


@given(st.lists(st.tuples(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20)), max_size=5))
def test_what_is_written_is_what_was_given_or_nothing(rows: list[tuple[str, str]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pairs.csv"
        try:
            write_csv(path, rows)
        except StorageError:
            assert not path.exists()
        else:
            assert [(row.question, row.answer) for row in read_csv(path)] == rows


def test_two_hundred_thousand_rows_are_checked(file: Path) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\n")
        writer.writerow(["question", "answer"])
        writer.writerows((f"¿Cuánto cuesta el curso {n}?", f"Cuesta S/ {n % 500}.") for n in range(200_000))
    rows = read_csv(file)
    assert len(rows) == 200_000
    assert rows[-1] == CsvRow(200_001, "¿Cuánto cuesta el curso 199999?", "Cuesta S/ 499.")
