"""Words that staff say are the same count as the same."""

from pathlib import Path

import pytest

from bot.errors import DataError
from bot.retrieval.synonyms import Synonyms


def table(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "synonyms.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_replaces_words_and_phrases_by_their_group_longest_first(tmp_path: Path) -> None:
    synonyms = Synonyms.read(
        table(tmp_path, "group;word", "precio;cuánto sale", "precio;cuánto sale al mes", "cursos;malla")
    )
    assert synonyms.canonical("¿CUANTO SALE al mes la Malla?") == "precio la cursos"


def test_replaces_whole_words_only(tmp_path: Path) -> None:
    synonyms = Synonyms.read(table(tmp_path, "group;word", "virtual;red"))
    assert synonyms.canonical("pared enredada") == "pared enredada"


def test_finds_a_phrase_whose_words_are_abbreviated(tmp_path: Path) -> None:
    synonyms = Synonyms.read(table(tmp_path, "group;word", "que;q", "horario;qué días"))
    assert synonyms.canonical("q días") == "horario"


def test_a_group_is_one_word_and_belongs_to_itself(tmp_path: Path) -> None:
    synonyms = Synonyms.read(table(tmp_path, "group;word", "aula virtual;intranet"))
    assert synonyms.canonical("aula virtual, intranet") == "aula_virtual aula_virtual"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["word;group"], r"line 1: the header must be 'group;word'; found 'word;group'"),
        (["group;word", "precio"], r"line 2: a row has a group and a word; found 'precio'"),
        (["group;word", "precio;?"], r"line 2: .*; found 'precio;\?'"),
        (["group;word", "a;costo", "b;Costó"], r"line 3: .*'costo' is in 'a' and in 'b'; found 'b;Costó'. Delete it"),
        (["group;word", "a;costo", "costo;b"], r"line 3: .*'costo' is in 'a' and in 'costo'"),
    ],
)
def test_refuses_a_broken_table_and_says_where(tmp_path: Path, rows: list[str], told: str) -> None:
    with pytest.raises(DataError, match=told):
        Synonyms.read(table(tmp_path, *rows))


def test_refuses_a_file_that_is_missing_or_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    with pytest.raises(DataError, match="cannot be read"):
        Synonyms.read(path)
    path.write_bytes("group;word\nprecio;pensión\n".encode("latin-1"))
    with pytest.raises(DataError, match="must be UTF-8"):
        Synonyms.read(path)


def test_a_keyboard_without_ñ_writes_the_same_words(tmp_path: Path) -> None:
    synonyms = Synonyms.read(table(tmp_path, "group;word", "clave;contraseña"))
    assert synonyms.canonical("mi contrasena del año") == "mi clave del ano"
