"""Fine-tuning on a random base in 4 bits: what is learned on, what is saved, and what a crash leaves."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import huggingface_hub.constants
import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file

from bot.errors import ModelError
from bot.generation.loading import load_model
from bot.generation.manifest import Manifest, base_fingerprint, read_manifest
from bot.retrieval.synonyms import Synonyms
from training.dataset.corpus import Corpus
from training.finetuning.finetune import check_learned, finetune
from training.recipe import Recipe, load_recipe

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")

SYSTEM = "Eres el asistente de la escuela."
SMOKE = load_recipe("smoke")


def trained(base: Path | str, corpus: Corpus, out: Path, recipe: Recipe = SMOKE, work: Path | None = None) -> Manifest:
    return finetune(
        recipe, base=str(base), corpus=corpus, system=SYSTEM, synonyms=Synonyms({}), out=out, device="cpu", work=work
    )


def untrained(base: Path) -> PeftModel:
    model = load_model(str(base), device="cpu")
    return get_peft_model(model, LoraConfig(r=4, target_modules=["q_proj", "down_proj"], task_type="CAUSAL_LM"))


@pytest.fixture(scope="module")
def adapter(base: Path, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("adapters") / "first"
    trained(base, corpus, out)
    return out


def test_the_adapter_has_moved_and_is_saved_in_float32(adapter: Path) -> None:
    weights = load_file(adapter / "adapter_model.safetensors")
    assert {tensor.dtype for tensor in weights.values()} == {torch.float32}
    assert all(tensor.any() for name, tensor in weights.items() if "lora_B" in name)
    assert len(weights) == 2 * 7 * 2  # A and B, on seven linear layers, in two blocks


def test_the_manifest_says_what_the_adapter_was_made_of(adapter: Path, base: Path, corpus: Corpus) -> None:
    manifest = read_manifest(adapter)
    assert manifest.version.startswith("smoke-")
    assert (manifest.base, manifest.base_fingerprint) == ("random-llama", base_fingerprint(str(base)))
    assert manifest.base_revision is None
    assert (manifest.csv_sha256, manifest.pairs) == (corpus.csv_sha256, 4)
    assert (manifest.pair_ids, manifest.new_pair_ids) == ([1, 2, 3, 4], [4])
    assert manifest.rows.keys() == {"closed_book", "grounded", "dont_know"}
    assert sum(manifest.rows.values()) == 4 * 2 + 2  # two of each pair, and two more of the new one
    assert [step for step, _ in manifest.losses] == [step for step, _ in manifest.held_out_losses] == [1, 2, 3]
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


def test_the_same_recipe_gives_the_same_weights(adapter: Path, base: Path, corpus: Corpus, tmp_path: Path) -> None:
    trained(base, corpus, tmp_path / "again")
    first, again = (load_file(folder / "adapter_model.safetensors") for folder in (adapter, tmp_path / "again"))
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_an_adapter_that_never_moved_is_refused(base: Path) -> None:
    with pytest.raises(ModelError, match="moved no LoRA weight"):
        check_learned(untrained(base))


def test_a_diverged_adapter_is_refused(base: Path) -> None:
    model = untrained(base)
    next(p for name, p in model.named_parameters() if "lora_B" in name).data.fill_(torch.nan)
    with pytest.raises(ModelError, match="diverged"):
        check_learned(model)


def test_a_folder_that_exists_is_never_written_to(base: Path, corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="never overwritten"):
        trained(base, corpus, tmp_path)


def test_without_held_out_wordings_nothing_is_evaluated_and_nothing_stops_early(
    base: Path, corpus: Corpus, tmp_path: Path
) -> None:
    all_trained = replace(corpus, pairs=tuple(replace(pair, held_out=frozenset()) for pair in corpus.pairs))
    impatient = replace(SMOKE, training=replace(SMOKE.training, patience=1))
    manifest = trained(base, all_trained, tmp_path / "first", impatient)
    assert manifest.held_out_losses == []
    assert manifest.losses[-1][0] == 3


def test_a_base_from_the_hub_is_recorded_with_its_commit(
    base: Path, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, cached = "0123456789abcdef0123456789abcdef01234567", tmp_path / "hub" / "models--school--llama"
    shutil.copytree(base, cached / "snapshots" / commit)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(commit)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    manifest = trained("school/llama", corpus, tmp_path / "first")
    assert (manifest.base, manifest.base_revision) == ("school/llama", commit)


def test_a_base_that_cannot_be_found_is_told_before_anything_is_written(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"There is no folder .*nowhere"):
        trained(tmp_path / "nowhere", corpus, tmp_path / "first", work=tmp_path / "work")
    assert not any(tmp_path.iterdir())


def test_running_out_of_memory_says_what_to_lower_and_writes_no_adapter(
    base: Path, corpus: Corpus, tmp_path: Path
) -> None:
    huge = replace(SMOKE, lora=replace(SMOKE.lora, r=10**12))
    told = (
        r"memory of cpu is too small for the recipe smoke: .*allocate.* "
        r"1\. set training.gradient_checkpointing to true; "
        r"2\. lower training.batch_size \(4\), and raise gradient_accumulation \(1\).*; "
        r"3\. lower dataset.passages \(3\) and training.max_length \(1024\); 4\. lower lora.r \(1000000000000\); "
        r"5\. drop some of the 7 lora.target_modules"
    )
    with pytest.raises(ModelError, match=told):
        trained(base, corpus, tmp_path / "first", huge)
    assert not any(tmp_path.iterdir())
