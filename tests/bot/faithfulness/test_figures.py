"""Figures are compared as values with their unit, however they are written."""

import pytest

from bot.faithfulness.check import check_sentence, figures
from bot.faithfulness.figures import figures_of
from bot.faithfulness.number_words import in_digits, plain


def _values(text: str) -> list[tuple[str, str]]:
    return [(figure.value, figure.unit) for figure in figures_of(plain(in_digits(text)))]


@pytest.mark.parametrize(
    ("texts", "value"),
    [
        (["S/ 250", "250 soles", "S/250.00", "doscientos cincuenta soles", "250 nuevos soles"], ("250", "sol")),
        (["7:00 p. m.", "19:00", "7 pm", "siete de la noche", "7.00 p.m.", "seven pm"], ("19:00", "clock")),
        (["7:00 a. m.", "7 am", "7 de la mañana"], ("7:00", "clock")),
        (["1,200 soles", "1200 soles", "1 200 soles", "1.200,00 soles", "mil doscientos soles"], ("1200", "sol")),
        (["0.005 %", "0,005%", "0.005 por ciento"], ("0.005", "%")),
        (["15 de mayo", "15/05", "May 15th", "2025-05-15", "15 de mayo del"], ("15/5", "date")),
        (["tercer ciclo", "3.er ciclo", "ciclo III", "3° ciclo", "third level"], ("3", "ordinal")),
        (["6 meses", "seis meses", "six months", "6 mensualidades"], ("6", "mes")),
        (["un mes", "1 mes", "one month", "una mensualidad"][:3], ("1", "mes")),
        (["084 000 111", "084-000-111", "084000111"], ("084000111", "phone")),
        (["media beca"], ("0.5", "bec")),
        (["a hundred and twenty dollars", "$120", "120 dólares", "US$ 120.00"], ("120", "dollar")),
    ],
)
def test_reads_the_same_value_in(texts: list[str], value: tuple[str, str]) -> None:
    assert {text: _values(text) for text in texts} == {text: [value] for text in texts}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("de 7 a 9:30 p. m.", [("19:00", "clock"), ("21:30", "clock")]),
        ("de 10 a 1 p. m.", [("10:00", "clock"), ("13:00", "clock")]),
        ("de 9 a 30 días", [("9", "dia"), ("30", "dia")]),
        ("seis y siete", [("6", ""), ("7", "")]),
        ("treinta y cinco alumnas", [("35", "alumn")]),
        ("las dos primeras semanas", [("2", "semana"), ("1", "ordinal")]),
        ("de 2024-2025", [("2024", "year"), ("2025", "year")]),
        ("en www.x.pe/2024 o a1@b.pe", []),
        ("VIX, XXXX", []),
        ("por medio de una solicitud", []),
    ],
)
def test_reads_ranges_and_lists(text: str, values: list[tuple[str, str]]) -> None:
    assert _values(text) == values


def test_the_plain_values_are_those_that_an_evaluation_counts() -> None:
    assert figures("S/ 1,200.00") == figures("1200") == {"1200"}
    assert figures("dos mil soles") == {"2000"}
    assert figures("Son veintiocho semanas, de 7 a 9 p. m.") == {"28", "19:00", "21:00"}


PASSAGES = [
    (
        "¿Cuánto cuesta Cajero Bancario?",
        "Cajero Bancario cuesta S/ 980: 4 mensualidades de S/ 220 y la matrícula de S/ 100.",
    ),
    (
        "¿Cuánto cuesta Banca Digital?",
        "Banca Digital cuesta S/ 1,020: 4 mensualidades de S/ 230 y la matrícula de S/ 100.",
    ),
    (
        "¿Cuándo atienden?",
        "Atienden de lunes a viernes de 8:00 a. m. a 8:00 p. m. y los sábados de 8:00 a. m. a 6:00 p. m.",
    ),
]


@pytest.mark.parametrize(
    "sentence",
    [
        "En Cajero Bancario pagas cuatro mensualidades de 220 soles.",
        "Banca Digital cuesta 1020 soles.",
        "Los sábados atienden de 8 a. m. a 6 p. m.",
    ],
)
def test_passes_a_figure_beside_what_it_is_of(sentence: str) -> None:
    assert check_sentence(sentence, PASSAGES, "").faithful


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("En Cajero Bancario pagas cuatro mensualidades de 230 soles.", "another subject"),
        ("La matrícula de Cajero Bancario es S/ 220.", "another thing"),
        ("Los sábados atienden de 8 a. m. a 8 p. m.", "another thing"),
        ("Cajero Bancario tiene 4 cursos.", "no passage holds"),
        ("Cajero Bancario cuesta S/ 980 por semana.", "a rate"),
        ("Atienden los domingos.", "no passage holds: domingos"),
    ],
)
def test_stops_a_figure_beside_something_else(sentence: str, reason: str) -> None:
    verdict = check_sentence(sentence, PASSAGES, "")
    assert not verdict.faithful
    assert reason in verdict.reason
