"""A follow-up is read in every way that it may be meant, the likeliest first."""

import pytest

from bot.answering.understanding import EarlierTurn, FollowUp, follow_up, subject

PRICE = EarlierTurn(
    "cto sale reposteria", "¿Cuánto cuesta Repostería Fina?", "Repostería Fina cuesta S/ 150 al mes en Casa Miel."
)
WORKSHOPS = EarlierTurn("q talleres hay", "¿Qué talleres hay?", "Los talleres son Barismo, Panes del Valle y Helados.")
REFUND = EarlierTurn("i want my money back", "How do I get a refund?", "Write to billing within 30 days.")
GREETING = EarlierTurn("hola")


def read(question: str, *turns: EarlierTurn) -> FollowUp:
    found = follow_up(question, turns, "Casa Miel")
    assert found is not None
    return found


def test_the_name_in_the_question_is_the_subject_even_where_the_answer_has_a_longer_one() -> None:
    turn = EarlierTurn("barismo?", "cuanto dura barismo", "El taller de Barismo dura lo que Panes del Valle.")
    assert subject(turn, "Casa Miel") == "Barismo"


def test_of_a_list_none_is_the_subject() -> None:
    assert subject(WORKSHOPS, "Casa Miel") == ""


@pytest.mark.parametrize(
    ("question", "likeliest"),
    [
        ("¿y cuánto dura?", "¿y cuánto dura Repostería Fina?"),
        ("a que hora?", "a que hora Repostería Fina?"),
        ("vos sabés cuánto dura?", "vos sabés cuánto dura Repostería Fina?"),
        ("how long is it?", "how long is Repostería Fina?"),
    ],
)
def test_a_question_of_its_own_gets_the_subject_and_no_other_reading(question: str, likeliest: str) -> None:
    found = read(question, PRICE)
    assert (found.question, found.others) == (likeliest, ())


def test_another_subject_takes_the_place_of_the_earlier_one() -> None:
    assert read("y el de barismo?", PRICE).others == ("cuanto cuesta barismo",)


def test_new_words_may_replace_the_subject_or_come_besides() -> None:
    assert read("y los sabados?", PRICE).others == (
        "cuanto cuesta los sabados",
        "¿Cuánto cuesta Repostería Fina? los sabados",
    )


def test_where_nothing_was_named_it_is_asked_in_the_students_own_words_about_the_new_one() -> None:
    turn = EarlierTurn("cuanto cuesta", "¿Cuáles son los precios?", "Van de S/ 80 a S/ 150. Dime cuál te interesa.")
    assert "cuanto cuesta barismo" in read("el de barismo", turn).others


@pytest.mark.parametrize("question", ["no entendí", "más info", "explícame mejor pe", "tell me more"])
def test_asking_again_means_the_earlier_question(question: str) -> None:
    assert read(question, PRICE) == FollowUp("¿Cuánto cuesta Repostería Fina?", definite=True)


def test_a_turn_without_a_name_is_about_what_the_student_asked_for() -> None:
    assert read("cuando son?", WORKSHOPS).question == "cuando son talleres?"
    assert read("how long does that take?", REFUND).question == "how long does refund take?"


def test_small_talk_in_between_does_not_make_the_subject_forgotten() -> None:
    assert read("y cuanto dura?", PRICE, GREETING).question == "y cuanto dura Repostería Fina?"


@pytest.mark.parametrize(
    "question",
    ["cuanto dura reposteria", "quisiera saber si puedo pagar la inscripción en dos partes con tarjeta de débito"],
)
def test_a_question_that_names_the_subject_or_is_long_stands_alone(question: str) -> None:
    assert follow_up(question, [PRICE], "Casa Miel") is None


@pytest.mark.parametrize("question", ["y cuanto dura?", "no entendi"])
def test_nothing_is_followed_up_where_nothing_was_answered(question: str) -> None:
    assert follow_up(question, [GREETING], "Casa Miel") is None
