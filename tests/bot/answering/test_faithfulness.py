"""No figure, address or name that staff did not approve reaches a student."""

import pytest

from bot.answering.faithfulness import check_sentence, figures, sentences, slip_of

PASSAGES = [
    ("¿Cuánto cuesta Cajero Bancario?", "La mensualidad de Cajero Bancario es S/ 1,250.00 y dura seis meses."),
    ("¿Cuál es el horario?", "Las clases son de 7:00 p. m. a 9:30 p. m. en la sede central."),
]


@pytest.mark.parametrize(
    "sentence",
    [
        "Cajero Bancario cuesta S/ 1250 al mes.",
        "Dura 6 meses.",
        "Es de 7:00 p. m. a 9:30 p. m.",
        "La mensualidad de Cajero Bancario es S/ 1,250.00 y dura seis meses.",
    ],
)
def test_passes_what_a_passage_holds(sentence: str) -> None:
    assert check_sentence(sentence, PASSAGES, "cuanto cuesta").faithful


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Cuesta S/ 1,350.", "figures"),
        ("Dura siete meses.", "figures"),
        ("Es de 7:00 p. m. a 9:00 p. m.", "figures"),
        ("Escribe a otro@banco.pe.", "addresses"),
        ("Mira en www.banco.pe hoy.", "addresses"),
        ("La carrera de Administración dura seis meses.", "names"),
    ],
)
def test_stops_what_no_passage_holds(sentence: str, reason: str) -> None:
    verdict = check_sentence(sentence, PASSAGES, "cuanto cuesta")
    assert not verdict.faithful
    assert reason in verdict.reason


def test_a_figure_of_the_question_is_not_approved_by_being_asked() -> None:
    assert not check_sentence("Sí, cuesta 100.", PASSAGES, "¿cuesta 100?").faithful


def test_figures_are_the_same_however_they_are_written() -> None:
    assert figures("S/ 1,200.00") == figures("1200") == {"1200"}
    assert figures("seis meses") == {"6"}
    assert figures("veintiocho semanas") == {"28"}
    assert figures("dos mil soles") == {"2", "1000"}


@pytest.mark.parametrize(
    "text",
    [
        "CENFOBANK recibe pagos con Yappe y Plin.",
        "CENFOBANK recibe pagos Yape y Plin.",
        "CENFOBAN K recibe pagos con Yape.",
    ],
)
def test_a_slip_of_copying_is_seen(text: str) -> None:
    approved = "CENFOBANK recibe pagos con Yape y Plin."
    assert slip_of(text, ["Otra cosa.", approved]) == approved


@pytest.mark.parametrize("text", ["CENFOBANK recibe pagos con Yape y Plin.", "Puedes pagar con Yape o con Plin."])
def test_an_exact_copy_and_a_rephrasing_are_no_slips(text: str) -> None:
    assert slip_of(text, ["CENFOBANK recibe pagos con Yape y Plin."]) is None


def test_hours_and_prices_do_not_end_a_sentence() -> None:
    text = "Es de 7:00 p. m. a 9:30 p. m. en sede. Cuesta S/ 1,200.50 al mes. ¿Algo más?"
    assert sentences(text) == [
        "Es de 7:00 p. m. a 9:30 p. m. en sede.", "Cuesta S/ 1,200.50 al mes.", "¿Algo más?",
    ]  # fmt: skip
