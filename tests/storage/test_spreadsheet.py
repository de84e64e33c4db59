"""What is exported for spreadsheets holds no formula, and overwrites nothing."""

import csv
from pathlib import Path

import pytest

from storage.spreadsheet import export_spreadsheet, guarded


@pytest.mark.parametrize("cell", ["=1+1", "+51 999", "-5 %", "@SUMA(A1)", "\t=1", "\r=1"])
def test_a_cell_that_a_spreadsheet_would_compute_is_guarded(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "S/ 280", "a=b", "¿=?", "'=ya", "2-1", "a@b.pe"])
def test_any_other_cell_stays_as_it_is(cell: str) -> None:
    assert guarded(cell) == cell


def test_an_export_is_read_back_row_by_row(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    export_spreadsheet(file, [("¿Qué; «ñ»?", 'Dijo "sí";\nluego no.'), ("=1+1", "-5")])
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream, delimiter=";"))
    assert rows == [["question", "answer"], ["¿Qué; «ñ»?", 'Dijo "sí";\nluego no.'], ["'=1+1", "'-5"]]
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")


def test_a_file_that_exists_is_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text("mine")
    with pytest.raises(FileExistsError):
        export_spreadsheet(file, [])
    assert file.read_text() == "mine"
