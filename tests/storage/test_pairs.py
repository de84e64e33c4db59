"""Approved pairs: who may be asked with which words, what changed since when, and who did it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from storage.database import Database
from storage.errors import BadText, UnknownId, WordingTaken
from storage.pairs import (
    PairRecord,
    add_pair,
    add_wording,
    changes_since,
    edit_pair,
    find_by_wording,
    get_pair,
    history,
    import_pairs,
    knowledge_version,
    list_pairs,
    retire_pair,
    set_wordings,
)
from storage.pairs_csv import CsvPair


def add(database: Database, now: datetime, question: str = "¿Qué es TCEA?", **more: object) -> PairRecord:
    values = {"answer": "La tasa de costo efectivo anual.", "origin": "staff", "by": "rosa", **more}
    with database.writing() as session:
        return add_pair(session, question=question, now=now, **values)  # type: ignore[arg-type]


def test_a_pair_comes_back_as_it_was_approved(database: Database, now: datetime) -> None:
    added = add(database, now, wordings=["que significa tcea", "q es la tcea"])
    assert added == PairRecord(
        id=added.id,
        question="¿Qué es TCEA?",
        answer="La tasa de costo efectivo anual.",
        wordings=("que significa tcea", "q es la tcea"),
        status="active",
        origin="staff",
        approved_by="rosa",
        approved_at=now,
        changed_seq=1,
    )
    with database.reading() as session:
        assert list_pairs(session) == [added]


@pytest.mark.parametrize("words", ["QUE ES TCEA", "¿Qué significa TCEA?!"])
def test_a_pair_is_found_by_each_wording_however_it_is_written(words: str, database: Database, now: datetime) -> None:
    added = add(database, now, wordings=["que significa tcea"])
    with database.reading() as session:
        assert find_by_wording(session, words) == added
        assert find_by_wording(session, "que es tea") is None


def test_one_wording_cannot_have_two_answers(database: Database, now: datetime) -> None:
    first = add(database, now)
    second = add(database, now, "¿Qué es TEA?")
    with pytest.raises(WordingTaken, match=r"'que es tcea' already belongs to pair \d+, '¿Qué es TCEA\?'") as taken:
        add(database, now, "¿Y la TCEA?", wordings=["que es tcea"])
    assert taken.value.pair_id == first.id
    with pytest.raises(WordingTaken), database.writing() as session:
        add_wording(session, second.id, "qué es tcea", by="rosa", now=now)
    with pytest.raises(WordingTaken), database.writing() as session:
        edit_pair(session, second.id, question="Que es TCEA", by="rosa", now=now)
    with database.reading() as session:
        assert [pair.question for pair in list_pairs(session)] == ["¿Qué es TCEA?", "¿Qué es TEA?"]


def test_a_retired_pair_frees_its_wordings(database: Database, now: datetime) -> None:
    first = add(database, now)
    with database.writing() as session:
        assert retire_pair(session, first.id, by="rosa", now=now).status == "retired"
    second = add(database, now, answer="Otra.")
    with database.reading() as session:
        assert find_by_wording(session, "que es tcea") == second
        assert list_pairs(session) == [second]
        assert [pair.id for pair in list_pairs(session, status="retired")] == [first.id]
        assert [pair.id for pair in list_pairs(session, status=None)] == [first.id, second.id]


def test_an_edit_replaces_the_question_and_names_who_approved_it(database: Database, now: datetime) -> None:
    pair = add(database, now, wordings=["¿Qué quiere decir TCEA?"])
    later = now + timedelta(hours=1)
    with database.writing() as session:
        edited = edit_pair(session, pair.id, question="¿Qué quiere decir TCEA?", answer="Otra.", by="luz", now=later)
    assert (edited.question, edited.answer, edited.wordings) == ("¿Qué quiere decir TCEA?", "Otra.", ())
    assert (edited.approved_by, edited.approved_at) == ("luz", later)
    with database.reading() as session:
        assert find_by_wording(session, "¿Qué es TCEA?") is None
        assert find_by_wording(session, "que quiere decir tcea") == edited


def test_a_wording_that_is_there_already_changes_nothing(database: Database, now: datetime) -> None:
    pair = add(database, now)
    with database.writing() as session:
        assert add_wording(session, pair.id, "q es tcea", by="luz", now=now).wordings == ("q es tcea",)
        assert add_wording(session, pair.id, " q es tcea ", by="luz", now=now).wordings == ("q es tcea",)
        assert [change.action for change in history(session, pair.id)] == ["add", "wording"]


def test_all_wordings_are_replaced_at_once(database: Database, now: datetime) -> None:
    pair = add(database, now, wordings=["q es tcea", "y la tcea"])
    with database.writing() as session:
        new = set_wordings(session, pair.id, ["y la tcea", "¿Qué es TCEA?", "tcea", "tcea "], by="luz", now=now)
        assert (new.question, new.wordings) == ("y la tcea", ("¿Qué es TCEA?", "tcea"))
        assert set_wordings(session, pair.id, ["y la tcea", "¿Qué es TCEA?", "tcea"], by="luz", now=now) == new
    with database.reading() as session:
        assert find_by_wording(session, "Y la TCEA") == get_pair(session, pair.id) == new
        assert find_by_wording(session, "q es tcea") is None
        assert [(c.action, c.by, c.after["wordings"]) for c in history(session, pair.id)[1:]] == [
            ("wordings", "luz", ["¿Qué es TCEA?", "tcea"])
        ]
        assert changes_since(session, pair.changed_seq).changed == [new]
    assert new.changed_seq > pair.changed_seq


def test_wordings_that_cannot_be_a_pair_s_are_refused_and_nothing_changes(database: Database, now: datetime) -> None:
    pair, other = add(database, now), add(database, now, "¿Qué es TEA?")
    with pytest.raises(WordingTaken, match="'que es tea' already belongs"), database.writing() as session:
        set_wordings(session, pair.id, ["tcea", "que es tea"], by="luz", now=now)
    with pytest.raises(BadText, match="must keep a question"), database.writing() as session:
        set_wordings(session, pair.id, [], by="luz", now=now)
    with pytest.raises(BadText, match="no letter"), database.writing() as session:
        set_wordings(session, pair.id, ["¿?"], by="luz", now=now)
    with pytest.raises(UnknownId, match="no pair 99"), database.writing() as session:
        set_wordings(session, 99, ["tcea"], by="luz", now=now)
    with database.reading() as session:
        assert list_pairs(session) == [pair, other]


def test_the_history_says_who_changed_what(database: Database, now: datetime) -> None:
    pair = add(database, now)
    with database.writing() as session:
        edit_pair(session, pair.id, answer="Otra.", by="luz", now=now)
        retire_pair(session, pair.id, by="ana", now=now)
        added, edited, retired = history(session, pair.id)
    assert (added.action, added.by, added.at, added.before) == ("add", "rosa", now, None)
    assert (
        edited.before
        == added.after
        == {
            "question": "¿Qué es TCEA?",
            "answer": "La tasa de costo efectivo anual.",
            "wordings": [],
            "status": "active",
        }
    )
    assert (edited.by, edited.after["answer"]) == ("luz", "Otra.")
    assert (retired.by, retired.after) == ("ana", {**edited.after, "status": "retired"})


def test_a_reader_follows_the_changes(database: Database, now: datetime) -> None:
    first, second = add(database, now), add(database, now, "¿Qué es TEA?")
    with database.reading() as session:
        everything = changes_since(session, 0)
        assert (everything.changed, everything.retired) == ([first, second], [])
        assert everything.version == knowledge_version(session)
        assert changes_since(session, everything.version).changed == []
    with database.writing() as session:
        edited = edit_pair(session, second.id, answer="Otra.", by="luz", now=now)
        retire_pair(session, first.id, by="luz", now=now)
    with database.reading() as session:
        news = changes_since(session, everything.version)
    assert (news.changed, news.retired) == ([edited], [first.id])
    assert news.version > everything.version


def test_versions_become_visible_in_order(database: Database, now: datetime) -> None:
    """A reader that follows while eight threads write misses no pair."""

    def write(number: int) -> None:
        add(database, now, f"pregunta número {number}")

    seen: set[str] = set()
    version = 0
    with ThreadPoolExecutor(8) as pool:
        writes = [pool.submit(write, number) for number in range(60)]
        while True:
            finished = all(future.done() for future in writes)
            with database.reading() as session:
                news = changes_since(session, version)
            version = news.version
            seen |= {pair.question for pair in news.changed}
            if finished:
                break
    assert [future.exception() for future in writes] == [None] * 60
    assert len(seen) == 60


def test_two_who_approve_the_same_wording_at_once_make_one_pair(database: Database, now: datetime) -> None:
    def approve(number: int) -> bool:
        try:
            add(database, now, answer=f"Respuesta {number}.")
        except WordingTaken:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(approve, range(16))) == 1
    with database.reading() as session:
        assert len(list_pairs(session)) == 1


@pytest.mark.parametrize(
    ("question", "answer", "message"),
    [
        (" ", "x", "question is empty"),
        ("¿?", "x", "no letter"),
        ("hola", "", "answer is empty"),
        ("hola", "x" * 2001, "2001 characters"),
        ("hola", "a\tb", r"U\+0009"),
        ("hola", "null", "missing value"),
    ],
)
def test_what_could_not_be_folded_into_the_csv_is_not_approved(
    question: str, answer: str, message: str, database: Database, now: datetime
) -> None:
    with pytest.raises(BadText, match=message):
        add(database, now, question, answer=answer)


def test_a_web_form_s_line_ends_are_made_line_feeds(database: Database, now: datetime) -> None:
    assert add(database, now, answer=" uno\r\ndos \r\n").answer == "uno\ndos"


@pytest.mark.parametrize("contains", ["SIGNIFICA", "costo efec", "qué es"])
def test_a_search_looks_in_wordings_and_answers(contains: str, database: Database, now: datetime) -> None:
    found = add(database, now, wordings=["¿Qué significa TCEA?"])
    other = add(database, now, "¿Es virtual?", answer="Sí, 100%.")
    with database.reading() as session:
        assert list_pairs(session, contains=contains) == [found]
        assert list_pairs(session, contains="%") == [other]
        assert list_pairs(session, contains="_") == []


def test_an_id_that_is_not_there_is_named(database: Database, now: datetime) -> None:
    with pytest.raises(UnknownId, match="no pair 7"), database.reading() as session:
        get_pair(session, 7)
    pair = add(database, now)
    with database.writing() as session:
        retire_pair(session, pair.id, by="rosa", now=now)
    with pytest.raises(UnknownId, match="is retired"), database.writing() as session:
        edit_pair(session, pair.id, answer="Otra.", by="rosa", now=now)


def test_an_import_keeps_the_order_and_is_all_or_nothing(database: Database, now: datetime) -> None:
    pairs = [CsvPair(f"pregunta {n}", f"Respuesta {n}.", (f"duda {n}",)) for n in range(1200)]
    with pytest.raises(WordingTaken, match="same import, 'pregunta 3'"), database.writing() as session:
        import_pairs(session, [*pairs, CsvPair("Pregunta 3", "Otra.")], by="csv", now=now)
    with database.writing() as session:
        assert import_pairs(session, pairs, by="csv", now=now) == 1200
        assert import_pairs(session, [], by="csv", now=now) == 0
    with pytest.raises(WordingTaken, match="'duda 3' already belongs"), database.writing() as session:
        import_pairs(session, [CsvPair("otra", "Otra.", ("duda 3",))], by="csv", now=now)
    with database.reading() as session:
        stored = list_pairs(session)
        assert [CsvPair(pair.question, pair.answer, pair.wordings) for pair in stored] == pairs
        assert history(session, stored[5].id)[0].after["wordings"] == ["duda 5"]


@pytest.mark.slow
@pytest.mark.soak
def test_a_hundred_thousand_pairs_are_imported(database: Database, now: datetime) -> None:
    pairs = (CsvPair(f"¿Cuánto cuesta el curso {n}?", f"Cuesta S/ {n}.", (f"precio {n}",)) for n in range(100_000))
    with database.writing() as session:
        assert import_pairs(session, pairs, by="csv", now=now) == 100_000
    with database.reading() as session:
        assert len(changes_since(session, 0).changed) == 100_000
