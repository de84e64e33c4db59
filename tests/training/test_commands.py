"""The commands of ``cenfobot-train`` on a small home and a random base: what an operator reads."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli import main as cenfobot
from tests.training.few_questions import ask_few
from tests.training.school import School
from training.cli import main

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::FutureWarning")]
Train = Callable[..., str]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    school = School(tmp_path)
    school.database.close()
    return school.settings.home


@pytest.fixture
def train(
    home: Path, base: Path, few_questions: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Train:
    """Runs a command in the home, and returns what it said."""
    ask_few(few_questions, monkeypatch)
    monkeypatch.setenv("CENFOBOT_HOME", str(home))
    monkeypatch.setenv("CENFOBOT_BASE_MODEL", str(base))
    monkeypatch.setenv("CENFOBOT_DEVICE", "cpu")
    monkeypatch.setenv("CENFOBOT_MAX_NEW_TOKENS", "48")

    def run(*arguments: str, status: int = 0) -> str:
        capsys.readouterr()
        assert main([*arguments]) == status
        printed = capsys.readouterr()
        return printed.err if status else printed.out

    return run


def test_an_adapter_from_the_first_retraining_to_the_rollback(
    train: Train, lenient: Path, home: Path, tmp_path: Path
) -> None:
    """One test, since each step needs the version that the one before it made."""
    _trained_when_it_is_due(train, lenient)
    _asked_for_by_staff(train, lenient)
    _promoted_and_rolled_back(train, lenient)
    _reported_anew(train, home)
    _measured_by_itself(train, tmp_path)


def _trained_when_it_is_due(train: Train, lenient: Path) -> None:
    once = ("schedule", "--recipe", str(lenient), "--once", "--min-changes", "1")
    assert train("runs") == "no retraining was asked for\n"
    assert train(*once).startswith("skipped: 0 approved change(s)")
    assert cenfobot(["pairs", "add", "¿Hay cochera?", "Sí, para 12 autos.", "--by", "rosa"]) == 0
    said = train(*once)
    assert "1 approved change(s): retraining 1 is queued" in said
    assert "folded into the CSV" in said
    assert (
        f"retraining 1 ({lenient}, asked by the schedule): done: v0001 is in service from now on: all 1 gates" in said
    )
    assert train("runs").split()[:2] == ["1", str(lenient)]
    assert train(*once).startswith("skipped: 0 approved change(s)")


def _asked_for_by_staff(train: Train, lenient: Path) -> None:
    assert cenfobot(["retrain", "--recipe", str(lenient), "--by", "rosa"]) == 0
    assert f"retraining 2 ({lenient}, asked by rosa): done: nothing has changed since v0001" in train("work")


def _promoted_and_rolled_back(train: Train, lenient: Path) -> None:
    train("run", "--recipe", str(lenient), "--again", "--by", "rosa")
    assert "* v0002" in train("versions")
    assert "v0001 -> v0002, by rosa: all 1 gates hold" in train("versions")
    assert train("rollback", "--by", "luis") == "v0001 is in service again\n"
    assert "v0002 -> v0001, by luis: rolled back by hand" in train("versions")
    assert "there is nothing to roll" in train("rollback", status=1).lower()
    assert "a recipe's gates" in train("promote", "v0002", status=1)
    assert "no version 'v0009'" in train("promote", "v0009", "--anyway", "it looks good", status=1)
    assert train("promote", "v0002", "--anyway", "it looks good") == "v0002 is in service\n"
    holding = train("versions", "--pair", "1").splitlines()
    assert [line.strip("* ").split()[0] for line in holding] == ["v0001", "v0002"]


def _reported_anew(train: Train, home: Path) -> None:
    page = home / "reports" / "random-llama" / "v0002" / "report.html"
    before = page.read_text(encoding="utf-8")
    page.unlink()
    assert train("report", "v0002") == f"{page}\n"
    assert page.read_text(encoding="utf-8") == before
    assert "no version 'v0009'" in train("report", "v0009", status=1)


def _measured_by_itself(train: Train, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = train("evaluate", "v0001", "--recipe", "smoke", "--parts", "gate", "--out", str(out))
    assert "injections that were followed" in said
    assert {file.name for file in out.iterdir()} >= {"evaluation.md", "answers.json", "gate.json"}
    readme = str(tmp_path / "README.md")
    assert "Add test to them" in train("evaluate", "--parts", "gate", "--readme", readme, status=1)


def test_what_stands_in_the_way_is_found_before_training(train: Train) -> None:
    assert "46 rows of " in train("check", "--recipe", "smoke")


def test_the_training_rows_can_be_looked_at(train: Train) -> None:
    rows = train("dataset", "--recipe", "smoke").splitlines()
    assert len(rows) == 2 * 23
    assert all(row.startswith('{"kind": ') for row in rows)
