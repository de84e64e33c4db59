"""A run that is killed, wherever it is, goes on from its last whole checkpoint, and ends as if nothing had happened."""

import json
import pickle
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import TrainerState

from bot.generation.manifest import Manifest
from bot.retrieval.synonyms import Synonyms
from training.dataset.corpus import Corpus
from training.finetuning.checkpoints import INPUTS, SEAL, Checkpoints
from training.finetuning.finetune import finetune
from training.finetuning.trainer import Cost
from training.recipe import Recipe, load_recipe

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")

PROJECT = Path(__file__).parents[3]


def recipe(**changes: Any) -> Recipe:
    """Ten steps over 14 rows: two epochs of 4 steps, and half of a third."""
    smoke = load_recipe("smoke")
    plan = replace(smoke.training, max_steps=10, checkpoint_steps=4, logging_steps=2)
    return replace(smoke, dataset=replace(smoke.dataset, rows_per_pair=3), training=replace(plan, **changes))


Train = Callable[..., Manifest]


@pytest.fixture
def train(base: Path, corpus: Corpus) -> Train:
    def run(
        plan: Recipe, out: Path, work: Path | None, system: str = "Eres", tell: Callable[[Cost], None] = print
    ) -> Manifest:
        return finetune(
            plan, base=str(base), corpus=corpus, system=system, synonyms=Synonyms({}), out=out, device="cpu", work=work,
            tell=tell,
        )  # fmt: skip

    return run


def same_weights(*adapters: Path) -> bool:
    first, second = (load_file(folder / "adapter_model.safetensors") for folder in adapters)
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def steps(work: Path) -> set[str]:
    return {folder.name for folder in work.glob("checkpoint-*")}


def write(checkpoints: Checkpoints, step: int, *, best: int | None) -> None:
    folder = checkpoints.at(step)
    folder.mkdir()
    (folder / "weights").write_text("0123456789")
    TrainerState(global_step=step).save_to_json(str(folder / "trainer_state.json"))
    checkpoints.seal(step, best=best)


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """A folder with the checkpoints of the steps 1 and 2, made with the inputs ``{"seed": 1}``."""
    checkpoints = Checkpoints(tmp_path / "work")
    checkpoints.begin({"seed": 1})
    for step in (1, 2):
        write(checkpoints, step, best=None)
    return checkpoints.folder


@pytest.mark.parametrize(
    ("checkpoint_steps", "last"),
    [pytest.param(4, "checkpoint-8", id="between two epochs"), pytest.param(3, "checkpoint-9", id="within an epoch")],
)
def test_a_run_that_goes_on_ends_like_an_uninterrupted_one(
    train: Train, tmp_path: Path, checkpoint_steps: int, last: str
) -> None:
    plan, work = recipe(checkpoint_steps=checkpoint_steps), tmp_path / "work"
    whole = train(plan, tmp_path / "whole", work)
    assert steps(work) == {last, "checkpoint-10"}
    shutil.rmtree(work / "checkpoint-10")
    again = train(plan, tmp_path / "again", work)
    assert same_weights(tmp_path / "whole", tmp_path / "again")
    assert (again.losses, again.held_out_losses) == (whole.losses, whole.held_out_losses)
    assert again.wall_seconds > whole.wall_seconds


def test_a_run_killed_after_its_last_step_trains_no_step_more(train: Train, tmp_path: Path) -> None:
    plan, told = recipe(), list[Cost]()
    whole = train(plan, tmp_path / "whole", tmp_path / "work", tell=told.append)
    again = train(plan, tmp_path / "again", tmp_path / "work", tell=told.append)
    assert same_weights(tmp_path / "whole", tmp_path / "again")
    assert again.losses == whole.losses
    assert [cost.steps for cost in told] == [10]


def test_early_stopping_takes_the_best_checkpoint_and_waits_on_after_a_kill(train: Train, tmp_path: Path) -> None:
    plan, work = recipe(max_steps=50, learning_rate=0.2, checkpoint_steps=1, patience=3), tmp_path / "work"
    whole = train(plan, tmp_path / "whole", work)
    best = min(whole.held_out_losses, key=lambda entry: entry[1])[0]
    last = whole.held_out_losses[-1][0]
    assert last == best + 3 < 50
    assert steps(work) == {f"checkpoint-{step}" for step in (best, last - 1, last)}
    assert same_weights(tmp_path / "whole", work / f"checkpoint-{best}")
    shutil.rmtree(work / f"checkpoint-{last}")
    again = train(plan, tmp_path / "again", work)
    assert again.held_out_losses == whole.held_out_losses
    assert same_weights(tmp_path / "whole", tmp_path / "again")
    third = train(plan, tmp_path / "third", work)
    assert same_weights(tmp_path / "whole", tmp_path / "third")
    assert third.held_out_losses == whole.held_out_losses


def test_checkpoints_of_other_inputs_are_never_gone_on_from(
    train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short, work = recipe(max_steps=2), tmp_path / "work"
    train(short, tmp_path / "first", work, system="Eres el asistente.")
    train(short, tmp_path / "second", work, system="Eres otro.")
    train(short, tmp_path / "third", None, system="Eres otro.")
    assert "Going on" not in capsys.readouterr().out
    assert same_weights(tmp_path / "second", tmp_path / "third")


def test_checkpoints_of_other_inputs_are_deleted(sealed: Path) -> None:
    assert Checkpoints(sealed).begin({"seed": 2}) is None
    assert not steps(sealed)
    assert json.loads((sealed / INPUTS).read_text()) == {"seed": 2}


def test_the_newest_whole_checkpoint_is_gone_on_from(sealed: Path) -> None:
    newest = Checkpoints(sealed).begin({"seed": 1})
    assert newest
    assert newest.folder == sealed / "checkpoint-2"


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda folder: (folder / SEAL).unlink(), id="not sealed"),
        pytest.param(lambda folder: (folder / SEAL).write_text('{"files": {"wei'), id="killed while it was sealed"),
        pytest.param(lambda folder: (folder / "weights").write_text("0123"), id="a file cut short"),
        pytest.param(lambda folder: (folder / "weights").unlink(), id="killed while it was deleted"),
    ],
)
def test_a_checkpoint_that_is_not_whole_is_deleted_and_the_one_before_taken(
    sealed: Path, damage: Callable[[Path], object]
) -> None:
    damage(sealed / "checkpoint-2")
    newest = Checkpoints(sealed).begin({"seed": 1})
    assert newest
    assert newest.folder == sealed / "checkpoint-1"
    assert steps(sealed) == {"checkpoint-1"}


def test_the_two_newest_checkpoints_and_the_best_are_kept(sealed: Path) -> None:
    checkpoints = Checkpoints(sealed)
    for step in (3, 4, 5):
        write(checkpoints, step, best=2)
    assert steps(sealed) == {"checkpoint-2", "checkpoint-4", "checkpoint-5"}


@pytest.mark.slow
def test_a_killed_run_leaves_no_adapter_and_goes_on_when_it_is_started_again(
    train: Train, base: Path, corpus: Corpus, tmp_path: Path
) -> None:
    plan, out, work = recipe(checkpoint_steps=1), tmp_path / "adapters" / "first", tmp_path / "work"
    arguments = {
        "recipe": plan, "base": str(base), "corpus": corpus, "system": "Eres", "synonyms": Synonyms({}), "out": out,
        "device": "cpu", "work": work,
    }  # fmt: skip
    (tmp_path / "arguments").write_bytes(pickle.dumps(arguments))
    code = (
        "import pathlib, pickle, sys; from training.finetuning.finetune import finetune; "
        "finetune(**pickle.loads(pathlib.Path(sys.argv[1]).read_bytes()))"
    )
    command: list[str | Path] = [sys.executable, "-c", code, tmp_path / "arguments"]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout
        assert run.stderr
        said = next((line for line in run.stdout if line.startswith("step 6/10: loss")), None)
        run.send_signal(signal.SIGKILL)
        assert said, run.stderr.read()
    assert not out.parent.exists()
    assert steps(work)
    train(plan, out, work)
    train(plan, tmp_path / "whole", None)
    assert same_weights(out, tmp_path / "whole")
