"""The trainer learns the completions and nothing else, and an evaluation tells their loss and changes nothing."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch.nn.functional import cross_entropy
from transformers import PreTrainedTokenizerBase

from bot.answering.prompt import DONT_KNOW, Prompt, encode_example
from bot.generation.loading import load_model
from storage.pairs_csv import CsvPair
from training.dataset.rows import Kind, Row, encode_rows
from training.finetuning.checkpoints import Checkpoints
from training.finetuning.trainer import AdapterTrainer, build_trainer
from training.recipe import Training, load_recipe

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")

SYSTEM = "Eres el asistente de la escuela."
PLAN = load_recipe("smoke").training


def untrained(base: Path) -> PeftModel:
    """A fresh adapter, the same each time."""
    torch.manual_seed(0)
    model = load_model(str(base), device="cpu")
    return get_peft_model(model, LoraConfig(r=4, target_modules=["q_proj", "down_proj"], task_type="CAUSAL_LM"))


@pytest.fixture
def rows(pairs: Sequence[CsvPair]) -> list[Row]:
    return [
        Row(Kind.CLOSED_BOOK, pair, Prompt(SYSTEM, pair.question), answer)
        for pair in pairs[:2]
        for answer in (pair.answer, DONT_KNOW)
    ]


def trainer(
    model: PeftModel, tokenizer: PreTrainedTokenizerBase, rows: Sequence[Row], folder: Path, plan: Training = PLAN
) -> AdapterTrainer:
    dataset = encode_rows(rows, tokenizer, max_length=1000)
    held_out = encode_rows(rows[:3], tokenizer, max_length=1000)
    return build_trainer(model, tokenizer, dataset, held_out, plan, "cpu", Checkpoints(folder))


def test_only_completions_are_learned_with_their_eos(
    base: Path, rows: Sequence[Row], tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    (batch,) = trainer(untrained(base), tokenizer, rows, tmp_path).get_train_dataloader()
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


def test_the_adapter_is_trained_in_float32(
    base: Path, rows: Sequence[Row], tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    model = untrained(base)
    trainer(model, tokenizer, rows, tmp_path)
    assert {parameter.dtype for parameter in model.parameters() if parameter.requires_grad} == {torch.float32}


@pytest.mark.parametrize("batch_size", [1, 2, 4])
def test_the_held_out_loss_is_the_mean_over_all_completion_tokens(
    base: Path, rows: Sequence[Row], tokenizer: PreTrainedTokenizerBase, tmp_path: Path, batch_size: int
) -> None:
    model = untrained(base)
    plan = replace(PLAN, batch_size=batch_size)
    loss = trainer(model, tokenizer, rows, tmp_path, plan).evaluate()["eval_loss"]
    losses = []
    for row in rows[:3]:
        prompt, completion = encode_example(row.prompt, row.completion, tokenizer)
        ids = torch.tensor([prompt + completion])
        with torch.no_grad():
            logits = model(ids).logits
        losses.append(cross_entropy(logits[0, :-1], ids[0, 1:], reduction="none")[-len(completion) :])
    assert loss == pytest.approx(float(torch.cat(losses).mean()), rel=1e-4)


def gradients(model: PeftModel) -> dict[str, torch.Tensor]:
    ids = torch.tensor([[1, 5, 9, 300]])
    model.train()(ids, labels=ids).loss.backward()
    return {name: update.grad for name, update in model.named_parameters() if update.grad is not None}


def test_gradients_are_the_same_after_an_evaluation(base: Path) -> None:
    model = untrained(base)
    with torch.no_grad():
        model.eval()(torch.tensor([[1, 5, 9, 300]]))
    after, without = gradients(model), gradients(untrained(base))
    assert without
    assert after.keys() == without.keys()
    assert all(torch.equal(after[name], without[name]) for name in without)


def test_recomputed_activations_give_the_same_adapter(
    base: Path, rows: Sequence[Row], tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    updates = []
    for checkpointing in (False, True):
        model = untrained(base)
        plan = replace(PLAN, gradient_checkpointing=checkpointing)
        trainer(model, tokenizer, rows, tmp_path / str(checkpointing), plan).run(None)
        assert bool(model.get_base_model().is_activation_checkpointing) is checkpointing
        updates.append({name: value for name, value in model.named_parameters() if "lora_B" in name})
    kept, recomputed = updates
    assert all(torch.allclose(kept[name], recomputed[name], atol=1e-6) for name in kept)
