"""``cenfobot-train`` says in words what is wrong, before it loads a model."""

from pathlib import Path

import pytest

from bot.settings import DATA
from training.cli import main


def finetune(tmp_path: Path, **changes: str | Path) -> list[str]:
    options = {
        "recipe": "smoke", "csv": DATA / "cenfobank.csv", "profile": DATA / "profile.toml",
        "synonyms": DATA / "synonyms.csv", "out": tmp_path / "out", "base": tmp_path / "base",
    } | changes  # fmt: skip
    return ["finetune", *(str(part) for name, value in options.items() for part in (f"--{name}", value))]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"recipe": "huge"}, "There is no recipe 'huge'"),
        ({"profile": "nowhere.toml"}, "There is no profile at nowhere.toml"),
        ({"synonyms": "nowhere.csv"}, "nowhere.csv cannot be read"),
        ({"csv": "nowhere.csv"}, "'nowhere.csv'"),
        ({"csv": DATA / "synonyms.csv"}, "the columns must be question;answer"),
        ({"base": "/nowhere"}, "There is no folder /nowhere"),
        ({"out": DATA}, "never overwritten"),
    ],
)
def test_a_mistake_is_one_clear_message_and_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, str | Path], message: str
) -> None:
    assert main(finetune(tmp_path, **changes)) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("cenfobot-train: ")
    assert message in printed.err
    assert "Traceback" not in printed.err
    assert not (tmp_path / "out").exists()
