"""A message is cut into questions that stand alone, and only where a new question begins."""

import pytest

from bot.answering.parts import questions_in


@pytest.mark.parametrize(
    ("message", "questions"),
    [
        ("cuanto cuesta y donde queda", ("cuanto cuesta", "donde queda")),
        ("¿Dónde quedan? ¿Tienen parqueo?", ("¿Dónde quedan?", "¿Tienen parqueo?")),
        (
            "hola, quiero saber el horario de pastelería. y también si dan certificado",
            ("quiero saber el horario de pastelería", "si dan certificado"),
        ),
        (
            "que es un silabo, cuando empiezan y tienen becas?",
            ("que es un silabo", "cuando empiezan", "tienen becas?"),
        ),
        ("how much is the course and where are you located?", ("how much is the course", "where are you located?")),
        ("what's the refund policy? can i cancel online?", ("what's the refund policy?", "can i cancel online?")),
    ],
)
def test_several_questions_are_told_apart(message: str, questions: tuple[str, ...]) -> None:
    assert questions_in(message) == questions


@pytest.mark.parametrize(
    "message",
    [
        "cuanto dura el curso de barismo",
        "qué diferencia hay entre el plan básico y el plan completo",
        "que llevo en diseño de modas y confecciones",
        "si pago al contado, hay descuento?",
        "cuando termine el colegio, puedo matricularme?",
        "me llegó un sobre del instituto, que es eso?",
        "y cuanto cuesta?",
        "el certificado es físico o digital",
        "atienden en S/ 1,500.50 o a las 7:30 p. m.",
        "???",
    ],
)
def test_one_question_stays_one_part(message: str) -> None:
    assert questions_in(message) == (message,)


@pytest.mark.parametrize(
    ("message", "question"),
    [
        ("soy de Sicuani, terminé el cole el año pasado, y quería saber si dan becas", "quería saber si dan becas"),
        (
            "hola soy Rosa de Juliaca y queria saber cuanto cuesta la inscripcion",
            "queria saber cuanto cuesta la inscripcion",
        ),
        ("llamé dos veces y nadie contesta, a que hora atienden?", "a que hora atienden?"),
        ("gracias! y donde presento mis papeles?", "donde presento mis papeles?"),
    ],
)
def test_what_does_not_ask_is_no_question(message: str, question: str) -> None:
    assert questions_in(message) == (question,)


@pytest.mark.parametrize(
    ("message", "second"),
    [
        ("cuanto cuesta el curso de barismo y cuanto dura", "cuanto dura el curso de barismo"),
        ("me interesa soldadura básica. cuánto dura? y es virtual?", "es virtual soldadura básica?"),
        ("quiero saber el horario y el costo de repostería", "quiero saber el costo de repostería"),
        ("horario y precio de repostería", "precio de repostería"),
        ("cuanto cuesta repostería? y que dias son las clases", "que dias son las clases repostería"),
        ("hay wifi y cafetería?", "hay cafetería?"),
        ("what is the price of the welding course and how long is it", "how long is it of the welding course"),
    ],
)
def test_a_part_that_names_nothing_is_about_what_its_neighbour_names(message: str, second: str) -> None:
    assert questions_in(message)[1] == second


def test_where_the_school_is_has_nothing_to_do_with_the_course() -> None:
    assert questions_in("cuanto cuesta el curso de barismo y donde queda")[1] == "donde queda"


def test_both_of_two_things_asked_for_get_what_they_share() -> None:
    assert questions_in("el horario y el costo de repostería") == ("el horario de repostería", "el costo de repostería")


def test_a_bare_question_is_about_what_comes_after_it() -> None:
    assert questions_in("que dias y a que hora es repostería")[0] == "que dias es repostería"
