"""Fine-tuning on a random base in 4 bits: what is learned on, what is saved, and what a crash leaves."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file
from transformers import PreTrainedTokenizerBase

from bot.answering.prompt import DONT_KNOW, Prompt, encode_example
from bot.errors import ModelError
from bot.generation.loading import keep_trainable, load_model
from bot.generation.manifest import Manifest, base_fingerprint, read_manifest
from bot.retrieval.synonyms import Synonyms
from storage.pairs_csv import CsvPair, csv_sha256
from training.dataset import Kind, Row, encode_rows
from training.finetune import build_trainer, check_learned, finetune
from training.recipe import RECIPES, load_recipe

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")

PROJECT = Path(__file__).parents[2]
SYSTEM = "Eres el asistente de la escuela."


def trained(base: Path, csv: Path, out: Path) -> Manifest:
    return finetune(
        load_recipe("smoke"), base=str(base), csv=csv, system=SYSTEM, synonyms=Synonyms({}), out=out, device="cpu"
    )


def untrained(base: Path) -> PeftModel:
    model = load_model(str(base), device="cpu")
    keep_trainable(model)
    return get_peft_model(model, LoraConfig(r=4, target_modules=["q_proj", "down_proj"], task_type="CAUSAL_LM"))


@pytest.fixture(scope="module")
def adapter(base: Path, csv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("adapters") / "first"
    trained(base, csv, out)
    return out


def test_the_adapter_has_moved_and_is_saved_in_float32(adapter: Path) -> None:
    weights = load_file(adapter / "adapter_model.safetensors")
    assert {tensor.dtype for tensor in weights.values()} == {torch.float32}
    assert all(tensor.any() for name, tensor in weights.items() if "lora_B" in name)
    assert len(weights) == 2 * 7 * 2  # A and B, on seven linear layers, in two blocks


def test_the_manifest_says_what_the_adapter_was_made_of(adapter: Path, base: Path, csv: Path) -> None:
    manifest = read_manifest(adapter)
    assert manifest.version.startswith("smoke-")
    assert (manifest.base, manifest.base_fingerprint) == ("random-llama", base_fingerprint(str(base)))
    assert (manifest.csv_sha256, manifest.pairs) == (csv_sha256(csv), 4)
    assert manifest.rows == {"closed_book": 2, "grounded": 4, "dont_know": 2}
    assert [step for step, _ in manifest.losses] == [1, 2, 3]
    assert manifest.recipe["lora"] == {
        "r": 8, "alpha": 16, "dropout": 0.1,
        "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
    }  # fmt: skip
    assert manifest.libraries["torch"] == torch.__version__


def test_no_path_of_this_machine_is_in_the_adapters_folder(adapter: Path, base: Path) -> None:
    assert {file.name for file in adapter.iterdir()} == {
        "adapter_model.safetensors", "adapter_config.json", "manifest.json",
    }  # fmt: skip
    assert json.loads((adapter / "adapter_config.json").read_text())["base_model_name_or_path"] == "random-llama"
    assert not any(str(base.parent).encode() in file.read_bytes() for file in adapter.iterdir())


def test_the_bots_loader_and_plain_peft_load_the_same_model(adapter: Path, base: Path) -> None:
    ids = torch.tensor([[1, 5, 9, 300]])
    bare = load_model(str(base), device="cpu")
    with torch.no_grad():
        before = bare(ids).logits
        plain = PeftModel.from_pretrained(bare, str(adapter)).eval()(ids).logits
        ours = load_model(str(base), device="cpu", adapter=adapter)(ids).logits
    assert torch.equal(plain, ours)
    assert not torch.equal(before, ours)


def test_the_same_recipe_gives_the_same_weights(adapter: Path, base: Path, csv: Path, tmp_path: Path) -> None:
    trained(base, csv, tmp_path / "again")
    first, again = (load_file(folder / "adapter_model.safetensors") for folder in (adapter, tmp_path / "again"))
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_only_completions_are_learned_with_their_eos(
    base: Path, pairs: Sequence[CsvPair], tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    rows = [
        Row(Kind.CLOSED_BOOK, pair, Prompt(SYSTEM, pair.question), answer)
        for pair in pairs[:2]
        for answer in (pair.answer, DONT_KNOW)
    ]
    dataset = encode_rows(rows, tokenizer, max_length=1000)
    trainer = build_trainer(untrained(base), tokenizer, dataset, load_recipe("smoke").training, "cpu", str(tmp_path))
    (batch,) = trainer.get_train_dataloader()
    learned = set()
    for ids, labels, attended in zip(batch["input_ids"], batch["labels"], batch["attention_mask"], strict=True):
        width = int(attended.sum())
        assert attended[:width].all()
        assert (labels[width:] == -100).all()
        assert (ids[width:] == tokenizer.unk_token_id).all()
        border = int((labels != -100).nonzero()[0])
        assert labels[border:width].tolist() == ids[border:width].tolist()
        assert ids[:width].tolist().count(tokenizer.bos_token_id) == 1
        learned.add((tuple(ids[:border].tolist()), tuple(labels[border:width].tolist())))
    wanted = [encode_example(row.prompt, row.completion, tokenizer) for row in rows]
    assert learned == {(tuple(prompt), tuple(completion)) for prompt, completion in wanted}
    assert all(completion[-1] == tokenizer.eos_token_id for _, completion in learned)


def test_gradients_reach_every_update_after_an_evaluation(base: Path) -> None:
    model = untrained(base)
    ids = torch.tensor([[1, 5, 9, 300]])
    with torch.no_grad():
        model.eval()(ids)
    model.train()(ids, labels=ids).loss.backward()
    updates = [parameter for name, parameter in model.named_parameters() if "lora_B" in name]
    assert updates
    assert all(update.grad is not None and update.grad.any() for update in updates)


def test_an_adapter_that_never_moved_is_refused(base: Path) -> None:
    with pytest.raises(ModelError, match="moved no LoRA weight"):
        check_learned(untrained(base))


def test_a_diverged_adapter_is_refused(base: Path) -> None:
    model = untrained(base)
    next(p for name, p in model.named_parameters() if "lora_B" in name).data.fill_(torch.nan)
    with pytest.raises(ModelError, match="diverged"):
        check_learned(model)


def test_a_folder_that_exists_is_never_written_to(base: Path, csv: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="never overwritten"):
        trained(base, csv, tmp_path)


@pytest.mark.slow
def test_a_killed_run_leaves_no_folder(base: Path, csv: Path, tmp_path: Path) -> None:
    endless = tmp_path / "endless.yaml"
    smoke = (RECIPES / "smoke.yaml").read_text(encoding="utf-8")
    endless.write_text(smoke.replace("max_steps: 3", "max_steps: 1000000"), encoding="utf-8")
    (tmp_path / "synonyms.csv").write_text("group;word\n", encoding="utf-8")
    out = tmp_path / "adapters" / "first"
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "training.cli",
        "finetune",
        "--recipe",
        endless,
        "--csv",
        csv,
        "--out",
        out,
    ]
    command += ["--base", base, "--profile", PROJECT / "data" / "profile.toml", "--synonyms", tmp_path / "synonyms.csv"]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout
        assert run.stderr
        first_line = run.stdout.readline()
        run.send_signal(signal.SIGKILL)
        assert first_line.startswith("step 1/1000000: loss "), run.stderr.read()
    assert not out.parent.exists()
