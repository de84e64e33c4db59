"""Names of other institutions are known word by word; the school's own are not others'."""

from pathlib import Path

import pytest

from bot.errors import DataError
from bot.retrieval.institutions import Institutions

NAMES = Institutions(["BCP", "Caja Arequipa", "Senati"])


def test_names_are_found_whole_whatever_their_case_and_accents() -> None:
    assert NAMES.said("la tcea del BCP o de caja arequipa") == {("bcp",), ("caja", "arequipa")}
    assert NAMES.said("una caja de senatis") == frozenset()


def test_the_school_s_own_name_is_left_out() -> None:
    assert Institutions.said(NAMES.besides(["Senati queda en Lima.", "Senati abre hoy."]), "senati o bcp") == {("bcp",)}


def test_the_shipped_names_can_be_read() -> None:
    assert Institutions.read().said("¿cuándo empiezan las clases en Senati?")


def test_a_broken_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_text('"nombre"\n"BCP"\n', encoding="utf-8")
    with pytest.raises(DataError, match="line 1"):
        Institutions.read(tmp_path / "names.csv")
