"""Rules about concepts: in order, near one another, and silent where harm is only spoken of."""

from bot.moderation.rules import broken_rule

RULES = [("violence", ("threat", "kill")), ("self_harm", ("no_life",)), ("abused", ("kin", "hurt_by"))]


def test_the_concepts_of_a_rule_must_come_in_its_order() -> None:
    assert broken_rule([["threat"], [], ["kill"]], RULES) == "violence"
    assert broken_rule([["kill"], [], ["threat"]], RULES) is None


def test_concepts_that_lie_far_apart_break_no_rule() -> None:
    assert broken_rule([["threat"], *[[]] * 7, ["kill"]], RULES) is None


def test_the_first_rule_counts() -> None:
    assert broken_rule([["no_life"], ["threat"], ["kill"]], RULES) == "violence"


def test_a_word_that_shows_no_harm_is_meant_switches_the_rules_off() -> None:
    assert broken_rule([["figurative"], ["no_life"]], RULES) is None


def test_a_rule_of_a_concept_that_is_not_there_is_not_broken() -> None:
    assert broken_rule([], RULES) is None


def test_who_tells_of_abuse_is_heard_though_they_ask_where_to_report_it() -> None:
    assert broken_rule([["kin"], ["hurt_by", "victim"], ["report"], ["study"]], RULES) == "abused"
    assert broken_rule([["kin"], ["hurt_by"], ["figurative"]], RULES) is None


def test_the_classifier_decides_between_abuse_and_the_wish_to_die() -> None:
    assert broken_rule([["kin"], ["hurt_by", "victim"], ["no_life"]], RULES) is None
