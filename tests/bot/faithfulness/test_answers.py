"""A whole answer: its form, its language, and whether it speaks of what was asked."""

import pytest

from bot.faithfulness.check import check_answer, check_sentence
from bot.faithfulness.subjects import Subjects

SYSTEM = "Eres el asistente de la escuela. Responde solo con la información dada."
PASSAGES = [
    ("¿Cuánto dura Cajero Bancario?", "El programa Cajero Bancario dura 4 meses y las clases son de noche."),
    ("¿Cuánto dura Banca Digital?", "El programa Banca Digital dura 5 meses y las clases son de día."),
    ("¿Cuánto cuesta la matrícula?", "La matrícula cuesta S/ 100 y se paga una sola vez."),
]
TRUE = "Cajero Bancario dura cuatro meses."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no words"),
        ("… !!", "no words"),
        (f"[INST] {TRUE}", "a tag"),
        (f"{TRUE} </s>", "a tag"),
        (f"<<SYS>> {TRUE}", "a tag"),
        (f"R: {TRUE}", "a tag or a part of the prompt: 'R:'"),
        (f"{TRUE} Pregunta: ¿algo más?", "a part of the prompt"),
        ("Soy el asistente de la escuela, responde solo con la información dada.", "system prompt"),
        (f"{TRUE} {TRUE}", "said twice"),
        ("Cajero Bancario dura 4 meses y 4 meses y 4 meses y 4 meses y 4 meses y 4 meses.", "again and again"),
        ("Cajero Bancario lalalalalalalalala.", "again and again"),
        ("The programme Cajero Bancario lasts for 4 months and the classes are at night.", "English"),
        (f"{TRUE} " + "Las clases son de noche y el programa es de Cajero, " * 9, "characters from passages"),
        ("Cajero Bancario dura 4 meses y las clases son de", "no end"),
        ("Cajero Bancario\x07 dura 4 meses.", "no text: U+0007"),
        ("Cajero Bancario dura 4 meses \ufffd.", "no text: U+FFFD"),
    ],
)
def test_stops_a_fault_of_form(text: str, reason: str) -> None:
    verdict = check_answer(text, PASSAGES, "cuanto dura cajero", system=SYSTEM)
    assert not verdict.faithful
    assert reason in verdict.reason


@pytest.mark.parametrize(
    "text", ["El programa Banca Digital dura 5 meses y las clases son de día.", "Dura cinco meses."]
)
def test_stops_an_answer_about_another_programme_than_was_asked(text: str) -> None:
    assert not check_answer(text, PASSAGES, "cuanto dura cajero").faithful
    assert check_answer(text, PASSAGES, "cuanto dura banca digital").faithful


def test_where_the_question_names_nothing_the_best_passage_does() -> None:
    assert not check_answer(PASSAGES[1][1], PASSAGES, "y cuantos meses son").faithful


def test_a_shared_word_names_no_subject() -> None:
    subjects = Subjects(["Banca Digital", "Banca Personal"])
    assert subjects.of_text("banca") == frozenset()
    assert subjects.of_text("lo digital") == {"Banca Digital"}


@pytest.mark.parametrize("text", ["Sí, tenemos Enfermería.", "No, no tenemos Enfermería.", "Enfermería dura 4 meses."])
def test_a_name_of_the_question_is_not_approved_by_being_asked(text: str) -> None:
    assert not check_answer(text, PASSAGES, "¿tienen Enfermería?").faithful


@pytest.mark.parametrize("text", ["Todavía no tengo esa información.", "No tengo información sobre Enfermería."])
def test_says_that_it_does_not_know_what_was_asked(text: str) -> None:
    assert check_answer(text, PASSAGES, "¿tienen Enfermería?").faithful


def test_saying_that_one_thing_is_not_known_lets_nothing_else_in() -> None:
    assert not check_sentence("No tengo esa información, pero hay becas.", PASSAGES, "¿tienen Enfermería?").faithful
