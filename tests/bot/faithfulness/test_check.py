"""No figure, address or name that staff did not approve reaches a student."""

import pytest

from bot.faithfulness.check import check_sentence, sentences, slip_of

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


POLARITY = [
    ("¿Hay examen?", "No, en la escuela no hay examen de admisión. Puedes pagar en dos partes."),
    ("¿Qué necesito para el certificado?", "Debes aprobar los cursos antes de diciembre. La constancia es gratuita."),
]


@pytest.mark.parametrize(
    "sentence",
    [
        "No se da examen de admisión.",
        "Puedes pagar en 2 partes.",
        "Para el certificado hay que aprobar los cursos antes de diciembre.",
        "La constancia no tiene costo.",
    ],
)
def test_passes_what_keeps_to_yes_and_no(sentence: str) -> None:
    assert check_sentence(sentence, POLARITY, "").faithful


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("En la escuela hay examen de admisión.", "affirms what a passage denies"),
        ("Sí, hay examen de admisión.", "affirms what a passage denies"),
        ("No puedes pagar en dos partes.", "denies what no passage denies"),
        ("Sí, no hay examen.", "begins with"),
        ("Debes aprobar los cursos después de diciembre.", "the opposite"),
        ("El examen está incluido y es obligatorio.", "affirms"),
        ("Te garantizamos el certificado.", "promises"),
        ("Los cursos son gratis y todos aprueban siempre.", "promises"),
    ],
)
def test_stops_what_turns_a_statement_round(sentence: str, reason: str) -> None:
    verdict = check_sentence(sentence, POLARITY, "")
    assert not verdict.faithful
    assert reason in verdict.reason


def test_must_for_may_is_a_fault() -> None:
    assert "obliges" in check_sentence("Debes pagar en dos partes.", POLARITY[:1], "").reason


def test_a_name_in_lower_case_passages_is_known() -> None:
    passages = [("cuánto cuesta barbería", "el curso de barbería cuesta 350 soles")]
    assert check_sentence("Barbería cuesta S/ 350.", passages, "").faithful
    assert not check_sentence("El curso de Manicura cuesta S/ 350.", passages, "").faithful


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


def test_the_nearest_of_many_approved_texts_is_meant() -> None:
    approved = [
        f"El taller número {number} cuesta S/ {number}0 y se paga antes de empezar." for number in range(1, 400)
    ]
    assert slip_of("El taller número 37 cuesta S/ 370 y se pagga antes de empezar.", approved) == approved[36]
