"""The home: the one directory that is written at run time, and how it begins.

A home begins whole or not at all: the CSV, the profile and the tables of words are checked first, then copied,
and the database, which is what makes a home a home, is moved into place last.
"""

import fcntl
import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.answering.abbreviations import ABBREVIATIONS, Abbreviations
from bot.errors import DataError, HomeAlreadyBegun, HomeError
from bot.profile import load_profile
from bot.retrieval.synonyms import Synonyms
from bot.settings import DATA, Settings
from storage import folds, pairs
from storage.database import Database
from storage.pairs_csv import CsvPair, group_rows, read_csv, write_csv

log = logging.getLogger("cenfobot")


@dataclass(frozen=True)
class Sources:
    """The files that make a bot somebody's."""

    csv: Path = DATA / "cenfobank.csv"
    profile: Path = DATA / "profile.toml"
    synonyms: Path = DATA / "synonyms.csv"
    abbreviations: Path = ABBREVIATIONS


@dataclass(frozen=True)
class Begun:
    """What a new home holds."""

    home: Path
    rows: int
    pairs: int


def is_home(settings: Settings) -> bool:
    """True when the home has begun: the database, or with a server's database the copied files, are in place."""
    if settings.database_url:
        return all(file.is_file() for file in _files(settings))
    return (settings.home / "cenfobot.db").is_file()


def _files(settings: Settings) -> tuple[Path, ...]:
    """Those that every home has; one of an earlier release has no abbreviations."""
    return settings.pairs_csv, settings.profile_file, settings.synonyms_file


def begin_home(settings: Settings, sources: Sources) -> Begun:
    """Makes a fresh home from a CSV in the seed's format, a profile and synonyms.

    Raises:
        HomeError: the home (or the database, where it is a server's) is in use.
        CsvError: names every bad row by line, rule and value; nothing has been written.
        DataError: the profile or a table of words cannot be used; nothing has been written.
    """
    for file in astuple(sources):
        if not file.is_file():
            raise DataError(f"There is no file at {file}. Nothing was written. Name a file that exists.")
    load_profile(sources.profile)
    Synonyms.read(sources.synonyms)
    Abbreviations.read(sources.abbreviations)
    rows = read_csv(sources.csv)
    if not rows:
        raise DataError(
            f"{sources.csv} holds no pairs: a header and no rows. Nothing was written. Add at least one row."
        )
    grouped = group_rows(rows)
    with _alone(settings):
        if is_home(settings):
            raise HomeAlreadyBegun(
                f"The home {settings.home} is in use: it has a database. Nothing was changed. "
                "Choose another with CENFOBOT_HOME, or move this one away first."
            )
        scratch = settings.home / ".beginning"
        shutil.rmtree(scratch, ignore_errors=True)  # of a beginning that was killed
        scratch.mkdir()
        # As every fold writes it, so that a later one changes only the rows that changed.
        sha256 = write_csv(scratch / settings.pairs_csv.name, [(row.question, row.answer) for row in rows])
        url = settings.database_url or f"sqlite:///{scratch / 'cenfobot.db'}"
        _fill_database(url, grouped, by=sources.csv.name, sha256=sha256)
        shutil.copyfile(sources.profile, scratch / settings.profile_file.name)
        shutil.copyfile(sources.synonyms, scratch / settings.synonyms_file.name)
        shutil.copyfile(sources.abbreviations, scratch / settings.abbreviations_file.name)
        for file in sorted(scratch.iterdir(), key=lambda file: file.suffix == ".db"):
            file.replace(settings.home / file.name)
        scratch.rmdir()
    return Begun(settings.home, len(rows), len(grouped))


def _fill_database(url: str, grouped: Sequence[CsvPair], *, by: str, sha256: str) -> None:
    database = Database(url)
    try:
        database.migrate()
        with database.writing() as session:
            if pairs.knowledge_version(session):
                raise HomeError(
                    f"The database {database.name} already holds approved pairs. Nothing was changed. "
                    "Choose an empty one with CENFOBOT_DATABASE_URL."
                )
            now = datetime.now(UTC)
            pairs.import_pairs(session, grouped, by=by, now=now)
            fold = folds.begin(session, before=sha256, after=sha256, by=by, now=now)  # what the first CSV holds
            folds.finish(session, fold.id)
    finally:
        database.close()


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Only one process at a time begins a home; the others wait, and then find it begun."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / "begin.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def open_home(settings: Settings) -> Database:
    """The home's database, migrated to this version; one not begun yet begins with the sample data, and says so."""
    if not is_home(settings):
        with suppress(HomeAlreadyBegun):  # another process was quicker
            begin_home(settings, Sources())
            log.warning(
                "the home %s was empty and begins with the sample data, which are invented; for your own, move it away "
                "and run: cenfobot init --csv FILE --profile FILE",
                settings.home,
            )
    missing = [file for file in _files(settings) if not file.is_file()]
    if missing:
        raise HomeError(
            f"The home {settings.home} has a database but no {', '.join(file.name for file in missing)}. "
            "Nothing was changed. Put the file back, or copy one from data/ and make it yours."
        )
    database = Database(settings.database)
    database.migrate()
    return database
