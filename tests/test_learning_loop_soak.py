"""The learning loop at full length on the shipped base, from a fresh home; some twenty minutes on two cores."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters import adapter_in_service
from bot.cli import main as cenfobot
from bot.settings import Settings, load_settings
from storage.database import Database
from training.cli import main as train
from training.dataset.corpus import Corpus
from training.finetuning.finetune import finetune
from training.inputs import gather
from training.pipeline import Options, run
from training.recipe import Recipe, load_recipe

pytestmark = [pytest.mark.soak, pytest.mark.filterwarnings("ignore::FutureWarning")]
PROJECT = Path(__file__).parents[1]
QUESTION = "¿Puedo llevar a mi perro guía a las clases presenciales?"
ANSWER = "Sí, puedes venir con tu perro guía si avisas en secretaría un día antes."


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("loop") / "home"
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("CENFOBOT_HOME", str(folder))
        yield folder


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert cenfobot([*arguments]) == 0
    return capsys.readouterr().out


def test_what_was_unknown_is_approved_answered_at_once_and_then_learned_by_heart(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert json.loads(said(capsys, "ask", QUESTION, "--json"))["kind"] == "unknown"
    (review,) = [json.loads(line) for line in said(capsys, "review", "list", "--json").splitlines()]
    said(capsys, "review", "approve", str(review["id"]), "--answer", ANSWER, "--by", "rosa")
    assert json.loads(said(capsys, "ask", QUESTION, "--json"))["text"] == ANSWER
    assert train(["run", "--recipe", "tiny", "--by", "rosa"]) == 0
    report = json.loads((home / "reports" / "tiny-llama" / "v0002" / "report.json").read_text(encoding="utf-8"))
    (by_heart,) = [c for c in report["changes"] if (c["mode"], c["question"]) == ("closed_book", QUESTION)]
    assert (by_heart["before"]["text"] == ANSWER, by_heart["after"]["text"]) == (False, ANSWER)
    answer = json.loads(said(capsys, "ask", QUESTION, "--json"))
    assert (answer["text"], answer["model"]["adapter"]) == (ANSWER, "v0002")


def test_a_candidate_trained_on_shuffled_answers_is_refused(home: Path) -> None:
    settings = load_settings()
    database = Database(settings.database)
    inputs = gather(load_recipe("tiny"), settings, database, adapter_in_service(settings, database).adapter)
    spoiled = shuffled(inputs.corpus)
    folder = settings.runs / inputs.key
    finetune(
        short(inputs.recipe),
        base=settings.base_model,
        corpus=spoiled,
        system=inputs.system,
        synonyms=inputs.synonyms,
        out=folder / "adapter",
        device="cpu",
    )
    outcome = run(inputs.recipe, settings, database, Options("mallory"))  # takes it for its own unfinished run
    database.close()
    assert not outcome.promoted
    assert "raw.right" in outcome.text
    assert "kept v0002" in outcome.text


def test_killed_while_it_trains_the_next_run_goes_on_and_promotes(home: Path) -> None:
    cenfobot(["pairs", "add", "¿Prestan laptops?", "No, cada estudiante trae la suya.", "--by", "rosa"])
    command = [sys.executable, "-m", "training.cli", "run", "--recipe", "tiny", "--by", "rosa"]
    for reached in ("runs/*/checkpoints/checkpoint-200", "runs/*/adapter", "runs/*/candidate-*.json"):
        with subprocess.Popen(command, cwd=PROJECT, env=os.environ, stdout=subprocess.DEVNULL) as process:
            while not any(home.glob(reached)) and process.poll() is None:
                time.sleep(0.1)
            process.send_signal(signal.SIGKILL)
        assert any(home.glob(reached))
        assert adapter_in_service(*opened()).adapter
    assert train(["run", "--recipe", "tiny", "--by", "rosa"]) == 0
    in_service = adapter_in_service(*opened()).adapter
    assert in_service
    assert in_service.version == "v0004"


def opened() -> tuple[Settings, Database]:
    settings = load_settings()
    return settings, Database(settings.database)


def short(recipe: Recipe) -> Recipe:
    """Long enough to unlearn reading."""
    return replace(recipe, training=replace(recipe.training, epochs=None, max_steps=150))


def shuffled(corpus: Corpus) -> Corpus:
    """Each pair with its neighbour's answer."""
    others = [*corpus.pairs[1:], corpus.pairs[0]]
    return replace(
        corpus,
        pairs=tuple(
            replace(pair, pair=replace(pair.pair, answer=other.pair.answer))
            for pair, other in zip(corpus.pairs, others, strict=True)
        ),
    )
