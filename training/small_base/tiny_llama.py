"""Builds the shipped small base: ``python -m training.small_base.tiny_llama --out data/models/tiny-llama``.

A Llama-2 architecture of about 3 million parameters, trained only on invented schools
(:mod:`training.small_base.invented`). It learns one thing: to read the passages of a grounded prompt, copy the
answer of the one that fits, and say that it does not know where none does. Killed, the same command
goes on from its last checkpoint; the same seed and number of threads give the same weights.

The curriculum is what makes copying appear at all within the hour (measured, see ``LOG.md``): first
one passage, then two, then three, with most of the loss on the answer.
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sentencepiece
import torch
from torch import Tensor, nn
from tqdm import tqdm
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, LlamaTokenizer, PreTrainedTokenizerBase

from bot.answering.prompt import encode_example, encode_prompt, render_text
from bot.generation.loading import load_model, load_tokenizer
from training.small_base.invented import invented_example
from training.small_base.muon import Muon

VOCABULARY = 2048
PROMPT_WEIGHT = 0.15
"""Weight of a prompt token's loss; an answer's token weighs 1. With 0 or 1, copying came much later or not at all."""


@dataclass(frozen=True)
class Stage:
    """A part of the curriculum, up to and including step ``until``."""

    until: int
    passages: tuple[int, ...]
    """How many passages a prompt holds; one of these is drawn per example."""
    unknown: float
    """Share of examples in which no passage answers."""


@dataclass(frozen=True)
class Plan:
    """How the base is built; the defaults built the shipped one."""

    stages: tuple[Stage, ...] = (
        Stage(600, (1,), 0.0),
        Stage(1100, (1, 2), 0.1),
        Stage(3400, (1, 2, 3, 3, 3), 0.3),
        Stage(3850, (3,), 0.4),
    )
    batch: int = 24
    """Examples per optimizer step."""
    learning_rate: float = 1.5e-3
    warm_up: int = 150
    """Steps of linear warm-up."""
    cool_down: float = 0.3
    """Share of the steps, the last ones, over which the learning rate falls to 0."""
    seed: int = 2

    @property
    def steps(self) -> int:
        return self.stages[-1].until

    def stage(self, step: int) -> Stage:
        return next(stage for stage in self.stages if step <= stage.until)

    def rate(self, step: int) -> float:
        """The share of the learning rate at ``step`` (counted from 1)."""
        left = (self.steps - step) / (self.steps * self.cool_down)
        return min(1.0, step / self.warm_up, left)


def build_tokenizer(folder: Path, seed: int) -> None:
    """Writes a SentencePiece BPE tokenizer of Llama-2's kind: ``<unk>`` 0, ``<s>`` 1, ``</s>`` 2, byte fallback."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as scratch:
        corpus = Path(scratch, "corpus.txt")
        examples = [invented_example(rng, 3, 0.3) for _ in range(12_000)]
        corpus.write_text("\n".join(f"{render_text(e.prompt)[3:]} {e.answer}" for e in examples), encoding="utf-8")
        sentencepiece.SentencePieceTrainer.train(
            input=str(corpus),
            model_prefix=f"{scratch}/tokenizer",
            model_type="bpe",
            vocab_size=VOCABULARY,
            byte_fallback=True,
            split_digits=True,
            normalization_rule_name="identity",
            remove_extra_whitespaces=False,
            unk_id=0,
            bos_id=1,
            eos_id=2,
            pad_id=-1,
            character_coverage=0.9999,
            minloglevel=2,
            num_threads=1,
        )
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tokenizer.model").write_bytes(Path(scratch, "tokenizer.model").read_bytes())


def new_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """What :func:`build_tokenizer` wrote, as transformers' LlamaTokenizer; pad is ``<unk>``."""
    tokenizer: PreTrainedTokenizerBase = LlamaTokenizer.from_pretrained(folder, pad_token="<unk>")
    return tokenizer


def build_model(seed: int) -> LlamaForCausalLM:
    """The untrained model. Widths suit 4-bit kernels: inputs divisible by 64, outputs by 32."""
    torch.manual_seed(seed)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCABULARY,
            hidden_size=256,
            intermediate_size=512,
            num_hidden_layers=4,
            num_attention_heads=8,
            num_key_value_heads=8,
            max_position_embeddings=2048,
            rms_norm_eps=1e-5,
            tie_word_embeddings=True,
            bos_token_id=1,
            eos_token_id=2,
            pad_token_id=0,
        )
    )


def batches(plan: Plan, tokenizer: PreTrainedTokenizerBase, first: int) -> Iterator[tuple[int, Tensor, Tensor]]:
    """(step, ids ``(B, T)``, loss weights ``(B, T)``) from step ``first`` on; the seed and the step decide all.

    Eight steps' examples are drawn together and sorted by length, which saves most of the padding.
    """
    window = 8
    start = (first - 1) // window * window + 1
    for origin in range(start, plan.steps + 1, window):
        rng = random.Random(f"{plan.seed}-{origin}")
        stage = plan.stage(origin)
        examples = [
            invented_example(rng, rng.choice(stage.passages), stage.unknown) for _ in range(window * plan.batch)
        ]
        rows = sorted((encode_example(e.prompt, e.answer, tokenizer) for e in examples), key=lambda r: len(r[0] + r[1]))
        order = rng.sample(range(window), window)
        for offset, part in enumerate(order):
            if first <= origin + offset <= plan.steps:
                yield origin + offset, *_pad(rows[part * plan.batch : (part + 1) * plan.batch])


def _pad(rows: list[tuple[list[int], list[int]]]) -> tuple[Tensor, Tensor]:
    width = max(len(prompt) + len(answer) for prompt, answer in rows)
    ids = torch.zeros(len(rows), width, dtype=torch.long)
    weights = torch.zeros(len(rows), width)
    for row, (prompt, answer) in enumerate(rows):
        end = len(prompt) + len(answer)
        ids[row, :end] = torch.tensor(prompt + answer)
        weights[row, : len(prompt)] = PROMPT_WEIGHT
        weights[row, len(prompt) : end] = 1.0
    return ids, weights


def weighted_loss(model: nn.Module, ids: Tensor, weights: Tensor) -> Tensor:
    """Next-token cross entropy in nats, averaged with the given weights."""
    logits = model(input_ids=ids[:, :-1], use_cache=False).logits
    losses = nn.functional.cross_entropy(logits.flatten(0, 1).float(), ids[:, 1:].flatten(), reduction="none")
    wanted = weights[:, 1:].flatten()
    return (losses * wanted).sum() / wanted.sum()


def train(plan: Plan, out: Path, *, save_every: int = 100) -> None:
    """Trains to the end of the plan, from the checkpoint in ``out`` where there is one; writes the model there."""
    if not (out / "tokenizer.model").exists():
        build_tokenizer(out, plan.seed)
    tokenizer = new_tokenizer(out)
    model = build_model(plan.seed)
    hidden = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    rest = [p for n, p in model.named_parameters() if p.ndim != 2 or "embed" in n]
    optimizers: list[torch.optim.Optimizer] = [
        Muon(hidden, lr=plan.learning_rate, weight_decay=0.05),
        torch.optim.AdamW(rest, lr=plan.learning_rate, betas=(0.9, 0.95), weight_decay=0.0),
    ]
    checkpoint = out / "checkpoint.pt"
    done = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        done = state["step"]
    model.train()
    bar = tqdm(total=plan.steps, initial=done, unit="step", desc="tiny-llama")
    average = None
    for step, ids, weights in batches(plan, tokenizer, done + 1):
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = plan.learning_rate * plan.rate(step)
        loss = weighted_loss(model, ids, weights)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        average = loss.item() if average is None else 0.98 * average + 0.02 * loss.item()
        bar.set_postfix(loss=f"{average:.3f}", refresh=False)
        bar.update()
        if step % save_every == 0 or step == plan.steps:
            state = {"model": model.state_dict(), "optimizers": [o.state_dict() for o in optimizers], "step": step}
            torch.save(state, checkpoint.with_suffix(".new"))
            checkpoint.with_suffix(".new").replace(checkpoint)
    bar.close()
    save(model, tokenizer, plan, out)


def save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerBase, plan: Plan, out: Path) -> None:
    """Writes the weights (float16 safetensors), configuration and tokenizer as transformers reads them."""
    model.generation_config = GenerationConfig(
        bos_token_id=1, eos_token_id=2, pad_token_id=0, do_sample=False, max_length=2048
    )
    model.half().save_pretrained(out)
    tokenizer.save_pretrained(out)


def measure(folder: Path, *, examples: int, seed: int) -> dict[str, float]:
    """Reads freshly invented pairs with the nf4-loaded model, three passages each, half of them without the right pair.

    Returns the shares, in [0, 1] and higher is better, of exact answers where the right pair is among
    the passages, and of the "I don't know yet" text where it is not.
    """
    model: Any = load_model(str(folder), device="cpu")  # Any: its generate is untyped
    tokenizer = load_tokenizer(str(folder))
    rng = random.Random(f"fresh-{seed}")
    right = {True: 0, False: 0}
    asked = {True: 0, False: 0}
    started = time.monotonic()
    for number in tqdm(range(examples), unit="question", desc="measure"):
        example = invented_example(rng, 3, number % 2)
        ids = torch.tensor([encode_prompt(example.prompt, tokenizer)])
        made = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=200, do_sample=False)
        text = str(tokenizer.decode(made[0, ids.shape[1] :], skip_special_tokens=True)).strip()
        asked[example.known] += 1
        right[example.known] += text == example.answer
    return {
        "exact_when_known": right[True] / max(1, asked[True]),
        "dont_know_when_unknown": right[False] / max(1, asked[False]),
        "examples": examples,
        "seconds": round(time.monotonic() - started, 1),
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of the model and of its checkpoint")
    parser.add_argument("--measure", type=int, default=0, metavar="N", help="only read N fresh examples in nf4")
    parser.add_argument("--seed", type=int, default=1, help="seed of the fresh examples")
    args = parser.parse_args()
    if args.measure:
        print(json.dumps(measure(args.out, examples=args.measure, seed=args.seed)))
    else:
        train(Plan(), args.out)


if __name__ == "__main__":
    main()
