"""The commands as people use them, with the shipped base, its adapter and the sample data."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.cli import main
from bot.settings import Settings


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def in_that_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CENFOBOT_HOME", str(home))
    monkeypatch.chdir(home)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    said = capsys.readouterr()
    return status, said.out, said.err


def ask(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    status, out, err = run(capsys, "ask", "--json", *arguments)
    assert status == 0, err
    return [json.loads(line) for line in out.splitlines()]


def test_the_first_answer_comes_from_the_base_with_the_shipped_adapter(capsys: pytest.CaptureFixture[str]) -> None:
    (answer,) = ask(capsys, "¿Qué puedo estudiar?")
    assert set(answer) == {
        "question",
        "kind",
        "text",
        "passages",
        "model",
        "verbatim",
        "milliseconds",
        "asked",
        "probability",
        "reason",
        "warning",
        "suggestions",
        "open_questions",
    }
    assert answer["model"] == {"base": "tiny-llama", "adapter": "v0001"}
    assert answer["kind"] == "answer"
    assert "Cajero Bancario" in answer["text"]
    assert set(answer["passages"][0]) == {"question", "answer", "score"}
    scores = [passage["score"] for passage in answer["passages"]]
    assert scores == sorted(scores, reverse=True)


def test_a_batch_answers_each_line_whatever_it_holds(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lines = [
        b"hola",
        b"",
        b"cu\xe1nto cuesta la matr\xedcula",  # Latin-1
        "[INST] <<SYS>> ¿Dónde queda CENFOBANK? </s>".encode(),
        "😀😀😀".encode(),
        b"\x00\x07\x1b[31m",
        b"what is the capital of France?",
        b"donde queda " * 8_400,
        b"quiero morirme",
    ]
    file = tmp_path / "batch.txt"
    file.write_bytes(b"\n".join(lines))
    answers = ask(capsys, "--batch", str(file))
    kinds = [answer["kind"] for answer in answers]
    assert len(kinds) == len(lines)
    assert kinds[0] == kinds[1] == kinds[4] == kinds[7] == "small_talk"
    assert kinds[3] == "answer"
    assert {kinds[5], kinds[6]} <= {"out_of_scope", "unknown"}
    assert kinds[8] == "unsafe"
    assert all(answer["text"] for answer in answers)


def test_a_conversation_s_follow_up_knows_what_it_is_about(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "turns.txt"
    file.write_text("¿Cuánto dura el programa de Cajero Bancario?\n¿y cuánto cuesta?\n", encoding="utf-8")
    duration, price = ask(capsys, "--conversation", str(file))
    assert "meses" in duration["text"]
    assert "Cajero Bancario" in price["text"]
    assert "S/" in price["text"]


def test_what_staff_approve_answers_the_next_question(capsys: pytest.CaptureFixture[str]) -> None:
    question = "¿El certificado lo firma el director de la academia?"
    (before,) = ask(capsys, question)
    assert before["kind"] == "unknown"
    _, out, _ = run(capsys, "review", "list", "--json")
    review = next(r for r in map(json.loads, out.splitlines()) if r["question"] == question)
    assert set(review) == {"id", "question", "wordings", "asked", "draft"}
    answer = "Sí, lo firma la directora el día 5 de cada mes."
    assert run(capsys, "review", "approve", str(review["id"]), "--answer", answer, "--by", "Rosa")[0] == 0
    (after,) = ask(capsys, question)
    assert (after["kind"], after["text"]) == ("answer", answer)
    status, _, err = run(capsys, "review", "reject", str(review["id"]))
    assert status == 1
    assert "Rosa" in err


def test_an_approved_answer_is_changed_with_its_history(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "pairs", "add", "¿Dictan zumba?", "No, no dictamos zumba.", "--by", "Rosa")[0] == 0
    _, out, _ = run(capsys, "pairs", "list", "zumba", "--json")
    pair = json.loads(out)
    assert run(capsys, "pairs", "edit", str(pair["id"]), "--answer", "Sí, los sábados.", "--by", "Luis")[0] == 0
    _, history, _ = run(capsys, "pairs", "history", str(pair["id"]))
    assert history.index("Rosa") < history.index("Luis")
    status, _, err = run(capsys, "pairs", "add", "dictan zumba", "No.", "--by", "Ana")
    assert status == 1
    assert "--yes" in err
    assert run(capsys, "pairs", "retire", str(pair["id"]))[0] == 0
    assert run(capsys, "pairs", "list", "zumba")[1] == ""


def test_what_is_approved_is_exported_for_spreadsheets_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "pares.csv"
    assert run(capsys, "pairs", "add", "¿Cuál es el celular?", "+51 999 111 222", "--wording", "=celular")[0] == 0
    status, out, _ = run(capsys, "pairs", "export", str(file))
    assert (status, "filas" in out) == (0, True)
    exported = file.read_bytes()
    assert exported.decode("utf-8-sig").splitlines()[-2:] == [
        '"¿Cuál es el celular?";"\'+51 999 111 222"',
        '"\'=celular";"\'+51 999 111 222"',
    ]
    status, _, err = run(capsys, "pairs", "export", str(file))
    assert (status, file.read_bytes()) == (1, exported)
    assert err == f"cenfobot: Ya existe {file} y no se tocó. Indica un archivo nuevo.\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["ask"], "Ask one thing"),
        (["ask", "--batch", "/no/such/file"], "cannot be read"),
        (["review", "approve", "9999"], "no review 9999"),
        (["pairs", "edit", "9999"], "--question"),
        (["init"], "in use"),
    ],
)
def test_a_fault_is_one_clear_line(
    capsys: pytest.CaptureFixture[str], home: Path, arguments: list[str], complaint: str
) -> None:
    run(capsys, "pairs", "list", "x")
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (1, "")
    assert complaint in err
    assert "Traceback" not in err


def test_a_wrong_base_is_named_before_anything_is_served(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CENFOBOT_BASE_MODEL", "/no/such/model")
    status, _, err = run(capsys, "ask", "hola")
    assert status == 1
    assert "/no/such/model" in err


def test_a_chat_in_the_terminal_answers_and_ends(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("¿Dónde queda CENFOBANK?\n\n"))
    status, out, _ = run(capsys, "chat")
    assert status == 0
    assert "Jirón Las Monedas 245" in out


def test_another_school_needs_a_csv_and_a_profile_only(tmp_path: Path) -> None:
    csv = tmp_path / "otra.csv"
    csv.write_text(
        "question;answer\n¿Cuánto cuesta el curso de quechua?;El curso de quechua cuesta S/ 90.\n"
        "¿Dónde es?;Estamos en Puno.\n",
        encoding="utf-8",
    )
    environment = os.environ | {"CENFOBOT_HOME": str(tmp_path / "home"), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", "bot.cli"]
    subprocess.run([*command, "init", "--csv", str(csv)], env=environment, check=True, capture_output=True)
    done = subprocess.run(
        [*command, "ask", "cuánto cuesta el curso de quechua", "--json"],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    answer = SimpleNamespace(**json.loads(done.stdout))
    assert (answer.kind, answer.text) == ("answer", "El curso de quechua cuesta S/ 90.")
    assert answer.model == {"base": "tiny-llama", "adapter": None}


def test_settings_that_cannot_be_used_are_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CENFOBOT_PORT", "ochenta")
    status, _, err = run(capsys, "pairs", "list")
    assert status == 1
    assert "CENFOBOT_PORT='ochenta'" in err
    assert Settings.model_fields["port"].default == 8000
