"""A text is right when it gives the approved answer's facts, all of them, no others, in their order."""

import pytest

from training.evaluation.scoring import all_right, chrf, is_right, share_interval, token_f1

FEES = "En el curso de Caja la matrícula cuesta S/ 50 y la mensualidad cuesta S/ 280."


@pytest.mark.parametrize(
    "text",
    [
        FEES,
        "en el curso de caja la matricula cuesta s/ 50 y la mensualidad cuesta s/ 280",
        "En el curso de Caja la matrícula cuesta S/ 50.00 y la mensualidad sale S/ 280.",
        "En el curso de Caja cuesta la matrícula S/ cincuenta y la mensualidad cuesta S/ 280.",
    ],
)
def test_the_same_facts_in_other_words_are_right(text: str) -> None:
    assert is_right(text, FEES)


@pytest.mark.parametrize(
    "text",
    [
        "",
        FEES.replace("280", "290"),
        FEES.replace("280", "50").replace("S/ 50", "S/ 280", 1),
        FEES.replace("Caja", "Crédito"),
        FEES.replace("cuesta S/ 50", "no cuesta S/ 50"),
        FEES.replace(" y la mensualidad cuesta S/ 280", ""),
        f"{FEES} Escribe a caja@otra.pe.",
        "S/ 50 y S/ 280 en Caja.",
        f"{FEES} Y muchas otras cosas que nadie preguntó, y que siguen y siguen sin decir nada más.",
    ],
)
def test_another_fact_or_too_little_in_common_is_wrong(text: str) -> None:
    assert not is_right(text, FEES)


def test_a_name_is_a_fact_at_the_start_of_a_sentence_too() -> None:
    assert not is_right("Yape se acepta en secretaría.", "Plin se acepta en secretaría, no Yape.")
    assert is_right("Caja dura 3 meses.", "caja dura 3 meses")


def test_two_questions_want_both_answers_and_no_third() -> None:
    duration = "El curso de Caja dura 3 meses."
    both = f"{FEES}\n\n{duration}"
    assert all_right(both, both)
    assert all_right(f"{duration}\n\n{FEES}", both)
    assert not all_right(FEES, both)
    assert not all_right(f"{both}\n\nLa escuela queda en Sol 12.", both)
    assert not all_right(both, FEES)


def test_token_f1_counts_each_word_as_often_as_it_occurs() -> None:
    assert token_f1("a b c", "A, b, c") == 1
    assert token_f1("", "a") == 0
    assert token_f1("a a b", "a b c") == pytest.approx(2 / 3)


def test_chrf_is_100_for_the_same_texts_and_0_for_strangers() -> None:
    assert chrf(["hola mundo"], ["hola mundo"]) == pytest.approx(100)
    assert chrf(["xyz"], ["abc"]) == 0


def test_an_interval_holds_the_share_stays_within_0_and_1_and_narrows_with_the_count() -> None:
    assert share_interval(0.9, 50) == pytest.approx((0.786, 0.957), abs=0.001)  # Wilson's, as in tables
    wide = share_interval(1.0, 5)
    assert wide[1] == 1
    assert wide[0] < share_interval(1.0, 500)[0]
    assert share_interval(0.0, 5)[0] == 0
