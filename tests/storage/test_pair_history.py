"""The active pairs of an earlier moment are read from their history, letter by letter."""

from datetime import datetime

from sqlalchemy import func, select

from storage.database import Database, Session
from storage.models import PairChange
from storage.pair_history import PairState, last_import, pairs_at, state_of
from storage.pairs import add_pair, add_wording, edit_pair, import_pairs, list_pairs, retire_pair, set_wordings
from storage.pairs_csv import CsvPair


def newest_change(session: Session) -> int:
    return session.scalar(select(func.max(PairChange.id))) or 0


def test_each_moment_comes_back_as_it_was(database: Database, now: datetime) -> None:
    moments: list[tuple[int, list[PairState]]] = []

    def seen(session: Session) -> None:
        moments.append((newest_change(session), [state_of(pair) for pair in list_pairs(session)]))

    with database.writing() as session:
        assert (last_import(session), pairs_at(session, 0)) == (0, [])
        import_pairs(session, [CsvPair("uno", "1", ("un",)), CsvPair("dos", "2;\n«ñ»")], by="f.csv", now=now)
        seen(session)
        assert last_import(session) == moments[0][0]
        first, second = (pair.id for pair in list_pairs(session))
        add_wording(session, second, "¿dos?", by="rosa", now=now)
        seen(session)
        edit_pair(session, first, question="¿Uno?", answer="1.", by="rosa", now=now)
        add_pair(session, question="tres", answer="3", origin="staff", by="rosa", now=now)
        seen(session)
        set_wordings(session, second, ["2", "dos"], by="rosa", now=now)
        retire_pair(session, first, by="rosa", now=now)
        seen(session)
    with database.reading() as session:
        assert [(change_id, pairs_at(session, change_id)) for change_id, _ in moments] == moments
        assert last_import(session) == moments[0][0]
    assert moments[1][1] == [PairState(first, "1", ("uno", "un")), PairState(second, "2;\n«ñ»", ("dos", "¿dos?"))]
    assert len({len(state) for _, state in moments}) > 1
