"""A home begins whole or not at all."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.errors import DataError, HomeError
from bot.home import Sources, begin_home, is_home, open_home
from bot.settings import Settings
from storage import folds, pairs
from storage.errors import CsvError
from storage.pairs_csv import csv_sha256


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", database_url="")


def csv(tmp_path: Path, text: str) -> Sources:
    file = tmp_path / "pairs.csv"
    file.write_text(text, encoding="utf-8")
    return Sources(csv=file)


def test_a_new_home_holds_the_pairs_and_its_own_copies(settings: Settings, tmp_path: Path) -> None:
    sources = csv(tmp_path, "question;answer\n¿Dónde?;En Lima.\ndonde es;En Lima.\n¿Cuánto?;S/ 10.\n")
    begun = begin_home(settings, sources)
    assert (begun.rows, begun.pairs) == (3, 2)
    assert settings.pairs_csv.read_text(encoding="utf-8") == (
        '"question";"answer"\n"¿Dónde?";"En Lima."\n"donde es";"En Lima."\n"¿Cuánto?";"S/ 10."\n'
    )
    assert sorted(p.name for p in settings.home.iterdir()) == [
        "abbreviations.csv",
        "begin.lock",
        "cenfobot.db",
        "pairs.csv",
        "profile.toml",
        "synonyms.csv",
    ]
    database = open_home(settings)
    with database.reading() as session:
        assert [pair.answer for pair in pairs.list_pairs(session)] == ["En Lima.", "S/ 10."]
    database.close()


def test_a_new_home_knows_what_its_csv_holds(settings: Settings, tmp_path: Path) -> None:
    begin_home(settings, csv(tmp_path, "question;answer\n¿Dónde?;En Lima.\n"))
    database = open_home(settings)
    with database.reading() as session:
        fold = folds.find(session, csv_sha256(settings.pairs_csv))
        assert fold is not None
        assert (fold.before, fold.knowledge_version, fold.by) == (fold.after, 1, "pairs.csv")
        assert folds.latest(session, done=False) is None
    database.close()


def test_the_sample_data_keep_the_hash_that_the_shipped_adapter_was_trained_on(settings: Settings) -> None:
    begin_home(settings, Sources())
    assert csv_sha256(settings.pairs_csv) == csv_sha256(Sources().csv)


def test_a_home_in_use_is_refused_and_unchanged(settings: Settings, tmp_path: Path) -> None:
    begin_home(settings, csv(tmp_path, "question;answer\n¿Dónde?;En Lima.\n"))
    with pytest.raises(HomeError, match="in use"):
        begin_home(settings, csv(tmp_path, "question;answer\n¿Dónde?;En Cusco.\n"))
    assert "Lima" in settings.pairs_csv.read_text(encoding="utf-8")


def test_bad_rows_are_all_named_and_nothing_is_written(settings: Settings, tmp_path: Path) -> None:
    sources = csv(tmp_path, "question;answer\n¿Dónde?;\n;En Lima.\n¿Cuánto?;S/ 10.\ncuanto;S/ 12.\n")
    with pytest.raises(CsvError) as caught:
        begin_home(settings, sources)
    assert [fault.line for fault in caught.value.faults] == [2, 3, 5]
    assert not settings.home.exists()


def test_a_file_that_is_not_there_is_named(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no file at .*nada\.toml"):
        begin_home(settings, Sources(profile=tmp_path / "nada.toml"))
    assert not settings.home.exists()


def test_the_first_opening_begins_with_the_sample_data(settings: Settings) -> None:
    open_home(settings).close()
    assert is_home(settings)


def test_a_school_whose_beginning_failed_is_told_whose_data_it_gets_then(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(CsvError):
        begin_home(settings, csv(tmp_path, "question;answer\n¿Dónde?;\n"))
    open_home(settings).close()
    assert f"{settings.home} was empty and begins with the sample data" in caplog.text


def test_a_school_with_its_own_data_is_told_nothing(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    begin_home(settings, csv(tmp_path, "question;answer\n¿Dónde?;En Lima.\n"))
    open_home(settings).close()
    assert caplog.text == ""


def test_a_home_that_was_killed_while_beginning_begins_again(settings: Settings, tmp_path: Path) -> None:
    rows = "".join(f"¿Pregunta {n}?;Respuesta {n}.\n" for n in range(60_000))
    sources = csv(tmp_path, "question;answer\n" + rows)
    command = [sys.executable, "-m", "bot.cli", "init", "--csv", str(sources.csv)]
    environment = os.environ | {"CENFOBOT_HOME": str(settings.home)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    while not settings.home.exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not is_home(settings)
    assert begin_home(settings, sources).pairs == 60_000
    assert not (settings.home / ".beginning").exists()


def test_processes_that_begin_at_once_share_one_home(settings: Settings) -> None:
    command = [sys.executable, "-m", "bot.cli", "pairs", "add", "¿Dictan zumba?"]
    environment = os.environ | {"CENFOBOT_HOME": str(settings.home)}
    processes = [
        subprocess.Popen([*command, f"Sí, nivel {n}.", "--wording", f"zumba {n}", "--yes"], env=environment)
        for n in range(3)
    ]
    assert [process.wait() for process in processes] == [0, 0, 0]
    database = open_home(settings)
    with database.reading() as session:
        assert len(pairs.list_pairs(session, contains="zumba")) == 1
    database.close()


@pytest.mark.parametrize("name", ["pairs.csv", "profile.toml", "synonyms.csv"])
def test_a_home_that_lost_a_file_says_so_and_keeps_its_database(settings: Settings, name: str) -> None:
    open_home(settings).close()
    before = (settings.home / "cenfobot.db").read_bytes()
    (settings.home / name).unlink()
    with pytest.raises(HomeError, match=name):
        open_home(settings)
    assert (settings.home / "cenfobot.db").read_bytes() == before


def test_a_csv_without_rows_is_refused(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no pairs"):
        begin_home(settings, csv(tmp_path, "question;answer\n"))
