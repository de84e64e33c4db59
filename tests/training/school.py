"""A small school with a real home: its CSV as staff see it, its database as the review desk changes it."""

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from bot.home import Sources, begin_home
from bot.settings import Settings
from storage import pairs
from storage.database import Database
from storage.pairs import PairRecord
from storage.pairs_csv import read_csv, write_csv
from training.folding.fold import Folded, fold

NOW = datetime(2026, 3, 2, 15, 4, 5, tzinfo=UTC)
CAJA, PLAZO, SOL = "El curso de Caja cuesta S/ 280.", "El curso de Caja dura 3 meses.", "La escuela queda en Sol 12."
ROWS = [
    ("¿Cuánto cuesta Caja?", CAJA),
    ("precio de caja", CAJA),
    ("cuánto sale caja", CAJA),
    ("¿Cuánto dura Caja?", PLAZO),
    ("duración de caja", PLAZO),
    ("¿Dónde queda la escuela?", SOL),
    *((f"¿Qué es el tema {number}?", f"El tema {number} es largo.") for number in range(20)),
]


class School:
    """A home in ``folder`` that began with ``rows``."""

    def __init__(self, folder: Path, rows: Iterable[tuple[str, str]] = ROWS) -> None:
        self.settings = Settings(home=folder / "home")
        source = folder / "source.csv"
        write_csv(source, rows)
        begin_home(self.settings, Sources(csv=source))
        self.database = Database(self.settings.database)
        self.csv = self.settings.pairs_csv
        self.versions = self.settings.csv_versions

    def fold(self, *, allow_removals: bool = False) -> Folded:
        return fold(self.database, self.csv, self.versions, by="rosa", allow_removals=allow_removals)

    def rows(self) -> list[tuple[str, str]]:
        """The file's."""
        return [(row.question, row.answer) for row in read_csv(self.csv)]

    def approved(self) -> list[tuple[str, str]]:
        """The database's rows."""
        return [(text, pair.answer) for pair in self.active() for text in (pair.question, *pair.wordings)]

    def active(self) -> list[PairRecord]:
        with self.database.reading() as session:
            return pairs.list_pairs(session)

    def pair(self, wording: str) -> PairRecord:
        with self.database.reading() as session:
            found = pairs.find_by_wording(session, wording)
        assert found, f"nobody is asked {wording!r}"
        return found

    def history(self, pair_id: int) -> list[tuple[str, str]]:
        """(who, action) of each change."""
        with self.database.reading() as session:
            return [(change.by, change.action) for change in pairs.history(session, pair_id)]

    # --- what staff do on the review desk ---

    def approve(self, question: str, answer: str, *wordings: str) -> None:
        with self.database.writing() as session:
            pairs.add_pair(
                session, question=question, answer=answer, wordings=wordings, origin="staff", by="luis", now=NOW
            )

    def ask_also(self, wording: str, new: str) -> None:
        with self.database.writing() as session:
            pairs.add_wording(session, self.pair(wording).id, new, by="luis", now=NOW)

    def edit(self, wording: str, *, question: str | None = None, answer: str | None = None) -> None:
        with self.database.writing() as session:
            pairs.edit_pair(session, self.pair(wording).id, question=question, answer=answer, by="luis", now=NOW)

    def retire(self, wording: str) -> None:
        with self.database.writing() as session:
            pairs.retire_pair(session, self.pair(wording).id, by="luis", now=NOW)

    # --- what staff do to the file, and what a kill leaves behind ---

    def save(self, rows: Iterable[tuple[str, str]]) -> None:
        write_csv(self.csv, rows)

    def replace(self, old: str, new: str) -> None:
        """In every cell of the file."""
        self.save([(question.replace(old, new), answer.replace(old, new)) for question, answer in self.rows()])

    def unfinish(self) -> None:
        """The newest fold's record as it is until the file was checked."""
        connection = sqlite3.connect(self.settings.home / "cenfobot.db")
        with connection:
            connection.execute("UPDATE folds SET done = 0 WHERE id = (SELECT max(id) FROM folds)")
        connection.close()
