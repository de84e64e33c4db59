"""A question that names nothing of what a family of pairs is about means none of them more than the others."""

import pytest

from bot.retrieval.families import Families

FAMILIES = Families(
    [
        (1, "¿Cuánto dura el programa de Cajero Bancario?", "Dura 4 meses.", ("cuantos meses es lo de ventanilla",)),
        (2, "¿Cuánto dura el programa de Banca Digital?", "Dura 5 meses.", ("cuantos meses es banca digital",)),
        (3, "¿Cuánto dura el programa de Gestión de Cobranzas?", "Dura 3 meses.", ()),
        (4, "¿Cuánto cuesta la matrícula?", "Cuesta S/ 100.", ()),
    ]
)


@pytest.mark.parametrize("question", ["¿cuánto dura?", "cuantos meses dura el programa", ""])
def test_a_question_without_a_name_means_none(question: str) -> None:
    assert FAMILIES.is_unnamed(question, 1)


@pytest.mark.parametrize("question", ["cuanto dura cajero", "lo de los cajeros cuánto dura", "ventanilla, cuánto dura"])
def test_a_name_its_other_forms_or_a_word_of_one_pair_alone_mean_it(question: str) -> None:
    assert not FAMILIES.is_unnamed(question, 1)


def test_a_pair_of_no_family_needs_no_name() -> None:
    assert not FAMILIES.is_unnamed("cuánto cuesta", 4)


def test_two_pairs_are_no_family() -> None:
    two = Families([(1, "¿Qué es Yape?", "Una billetera.", ()), (2, "¿Qué es Plin?", "Otra.", ())])
    assert not two.is_unnamed("¿qué es?", 1)
