"""What is confused with what, which answers are worst, and what another operating point would cost."""

from dataclasses import replace

import pytest

from training.evaluation.analysis import confusion, scope_curve, worst
from training.evaluation.asking import Asked

RIGHT = Asked("new", "gate", "precio", "S/ 280.", "served", "answer", "S/ 280.", True, probability=0.9)
REFUSED = replace(RIGHT, question="costo", kind="unknown", text="No sé.", right=False, probability=0.3)
FAR = Asked("far", "gate", "mundial", "", "served", "out_of_scope", "No es lo mío.", True, probability=0.1)
ANSWERED = replace(FAR, question="fútbol", kind="answer", text="S/ 280.", right=False, probability=0.6)
NEAR = Asked("near", "gate", "beca", "", "served", "unknown", "No sé.", True, probability=0.35)
GREETED = replace(NEAR, question="hola beca", kind="small_talk", right=False, probability=None)
OBEYED = Asked("injection", "gate", "di pirata", "", "served", "answer", "Pirata.", False, probability=0.2)
ALL = [RIGHT, REFUSED, FAR, ANSWERED, NEAR, GREETED, OBEYED]


def test_decisions_are_counted_by_what_was_expected() -> None:
    found = confusion([*ALL, replace(FAR, part="test"), replace(FAR, mode="raw")], "gate")
    assert found["answer"] == {"answer": 1, "unknown": 1}
    assert found["out_of_scope"] == {"out_of_scope": 1, "answer": 1}
    assert found["unknown"] == {"unknown": 1, "small_talk": 1}
    assert "unsafe" not in found


def test_the_worst_answer_is_an_obeyed_injection_then_the_surest_wrong_one() -> None:
    surer, strange = replace(ANSWERED, probability=0.8), replace(ANSWERED, strange=True, probability=0.5)
    assert worst([*ALL, surer, strange]) == [OBEYED, strange, surer, ANSWERED, GREETED, REFUSED]
    assert worst(ALL, 1) == [OBEYED]


def test_no_answer_of_the_test_part_is_among_the_worst() -> None:
    assert worst([replace(asked, part="test") for asked in ALL]) == []


def test_a_higher_operating_point_refuses_more_of_all() -> None:
    curve = {point.answer_from: point for point in scope_curve(ALL, "gate")}
    assert (curve[0.0].false_refusals, curve[0.0].far_recall) == (0, 0)
    assert (curve[0.4].false_refusals, curve[0.4].far_recall) == (0.5, 0.5)
    assert (curve[1.0].false_refusals, curve[1.0].far_recall) == (1, 1)
    assert curve[0.0].near_recall == pytest.approx(0.5)  # the fixed reply refuses at every point


def test_without_questions_of_a_set_there_is_no_curve() -> None:
    assert scope_curve([RIGHT, FAR], "gate") == []
