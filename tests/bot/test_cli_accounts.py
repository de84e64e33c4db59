"""``cenfobot staff`` as an operator uses it."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.cli import main
from bot.home import open_home
from bot.settings import Settings
from storage import staff
from storage.staff import StaffRecord


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CENFOBOT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["staff", *arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


def link(code: str, account: str) -> object:
    database = open_home(Settings())
    with database.writing() as session:
        linked = staff.link(session, code, account, datetime.now(UTC))
    database.close()
    return linked


def test_the_printed_code_links_an_account(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "add", " Rosa  Quispe ", "--role", "admin")
    assert status == 0, err
    assert out.startswith("Rosa Quispe (administra). Código: ")
    assert "en un chat privado con el bot; vale 15 minutos" in out
    (code,) = re.findall(r"/vincular (\w{8}) ", out)
    assert "sin vincular; su código vale hasta" in run(capsys, "list")[1]

    assert isinstance(link(code, "77"), StaffRecord)

    assert run(capsys, "list")[1] == "Rosa Quispe (administra): cuenta vinculada\n"
    member = json.loads(run(capsys, "list", "--json")[1])
    assert (member["name"], member["role"], member["account"]) == ("Rosa Quispe", "admin", "77")


def test_who_is_removed_is_gone(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "add", "Rosa", "--role", "reviewer")
    assert run(capsys, "remove", "Rosa")[0] == 0
    assert "agrega a alguien" in run(capsys, "list")[2]
    status, _, err = run(capsys, "remove", "Rosa")
    assert (status, err) == (
        1,
        "cenfobot: No hay ninguna persona 'Rosa'. Mira los nombres con: cenfobot staff list.\n",
    )


def test_a_name_with_an_account_is_not_given_twice_and_an_empty_one_never(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "add", "Rosa", "--role", "reviewer")[1]
    link(out.splitlines()[0].rpartition(" ")[2], "77")
    status, _, err = run(capsys, "add", "Rosa", "--role", "admin")
    assert status == 1
    assert "'Rosa' con su cuenta vinculada" in err
    status, _, err = run(capsys, "add", "  ", "--role", "admin")
    assert status == 1
    assert "está vacío" in err
