"""Topics are found in the questions themselves."""

from datetime import UTC, datetime

from bot.channels.telegram.topics import MOST, topics
from bot.settings import DATA
from storage.pairs import PairRecord
from storage.pairs_csv import group_rows, read_csv


def pair(number: int, question: str) -> PairRecord:
    return PairRecord(number, question, "Sí.", (), "active", "csv", "Rosa", datetime(2026, 3, 2, tzinfo=UTC), 1)


def found(*questions: str) -> dict[str, list[str]]:
    pairs = [pair(number, question) for number, question in enumerate(questions)]
    return {topic.name: [one.question for one in topic.pairs] for topic in topics(pairs)}


def test_nouns_and_names_that_several_questions_share_and_the_rest() -> None:
    certificates = ["¿Cuánto cuesta el certificado?", "¿Dan los certificados gratis?", "¿Qué dice mi certificado?"]
    excel = ["¿Cuánto dura Excel?", "¿Quién enseña Excel?", "¿Es virtual Excel?"]
    assert found(*certificates, *excel, "¿Hay becas?") == {
        "Certificado": certificates,
        "Excel": excel,
        "Otras": ["¿Hay becas?"],
    }


def test_verbs_are_no_topics_and_nothing_is_made_of_nothing() -> None:
    assert list(found("¿Cuánto cuesta?", "¿Cuánto cuesta eso?", "¿Por qué cuesta?")) == ["Otras"]
    assert found() == {}


def test_the_shipped_pairs_have_topics_of_which_each_pair_is_in_one() -> None:
    questions = [pair.question for pair in group_rows(read_csv(DATA / "cenfobank.csv"))]
    named = found(*questions)
    assert {"Programa", "Mensualidad", "Certificado"} <= set(named)
    assert len(named) <= MOST + 1
    assert {question for shown in named.values() for question in shown} == set(questions)
