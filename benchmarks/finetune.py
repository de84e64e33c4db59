"""What fine-tuning costs: ``python -m benchmarks.finetune --recipe production --shape 7b``.

Runs some steps of a recipe on a base of the given shape with random weights, which take as long as learned ones and
as much memory, and on the sample CSV. Prints JSON: peak memory in GiB (lower is better), seconds a step (lower),
tokens a second, padding not counted (higher), the machine and the versions. The shape ``7b`` is Llama 2's: it needs
14 GB of disk, a card, and minutes to be written; ``small`` shows in seconds that the command works.
"""

import argparse
import json
import math
import os
import platform
import shutil
import sys
import tempfile
import warnings
from collections import defaultdict
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

import bitsandbytes
import peft
import torch
import transformers
import trl
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

from bot.generation.loading import compute_dtype, resolve_device
from bot.profile import load_profile
from bot.retrieval.synonyms import Synonyms
from bot.settings import DATA
from storage.pairs_csv import csv_sha256, group_rows, read_csv
from training.dataset.corpus import Corpus, CorpusPair
from training.finetuning.finetune import finetune
from training.finetuning.trainer import Cost
from training.recipe import Recipe, load_recipe

SHAPES = {  # vocabulary, hidden size, intermediate size, layers, heads
    "7b": (32_000, 4096, 11008, 32, 32),
    "small": (2_048, 64, 128, 2, 2),
}


def random_base(folder: Path, shape: str) -> None:
    """Writes a Llama with random weights and the shipped tokenizer, layer by layer: it never is in memory whole."""
    vocabulary, hidden, intermediate, layers, heads = SHAPES[shape]
    config = LlamaConfig(
        vocab_size=vocabulary, hidden_size=hidden, intermediate_size=intermediate, num_hidden_layers=layers,
        num_attention_heads=heads, max_position_embeddings=4096, tie_word_embeddings=False, bos_token_id=1,
        eos_token_id=2, pad_token_id=0, architectures=["LlamaForCausalLM"], dtype="float16",
    )  # fmt: skip
    with torch.device("meta"):
        skeleton = LlamaForCausalLM(config)
    shards: defaultdict[str, list[str]] = defaultdict(list)
    for name in skeleton.state_dict():
        part = name.split(".")
        shards[f"model-{part[2] if part[1] == 'layers' else name}.safetensors"].append(name)
    folder.mkdir(parents=True, exist_ok=True)
    for file, names in shards.items():
        save_file({name: _random(skeleton.get_parameter(name)) for name in names}, folder / file, {"format": "pt"})
    index = {"metadata": {}, "weight_map": {name: file for file, names in shards.items() for name in names}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    for tokenizer_file in (DATA / "models" / "tiny-llama").glob("tokenizer*"):
        shutil.copy(tokenizer_file, folder)
    config.save_pretrained(folder)  # last: a folder with a configuration is whole


def _random(like: torch.Tensor) -> torch.Tensor:
    weights = torch.empty(like.shape, dtype=torch.float16)
    return weights.normal_(std=0.02) if weights.dim() > 1 else weights.fill_(1.0)  # the norms' weights are ones


def shortened(recipe: Recipe, steps: int) -> Recipe:
    """The recipe for that many optimizer steps, with one checkpoint and one evaluation in the end."""
    plan = replace(recipe.training, epochs=None, max_steps=steps, checkpoint_steps=steps, patience=None)
    return replace(recipe, training=plan)


def sample(recipe: Recipe, steps: int) -> Corpus:
    """As many of the sample CSV's pairs as these steps need, one wording of each held out."""
    rows = steps * recipe.training.batch_size * recipe.training.gradient_accumulation
    number = max(math.ceil(rows / (recipe.dataset.rows_per_pair or 1)), 10)
    pairs = group_rows(read_csv(DATA / "cenfobank.csv"))[:number]
    return Corpus(
        csv_sha256(DATA / "cenfobank.csv"), tuple(CorpusPair(pair, frozenset(pair.wordings[-1:])) for pair in pairs)
    )


def measure(recipe: Recipe, base: Path, steps: int) -> dict[str, object]:
    """Fine-tunes, throws the adapter away, and says what it took."""
    costs: list[Cost] = []
    on_card: list[int] = []

    def note(cost: Cost) -> None:
        costs.append(cost)
        if torch.cuda.is_available():
            free, total = torch.cuda.mem_get_info()
            on_card.append(total - free)

    with tempfile.TemporaryDirectory() as scratch:
        finetune(
            shortened(recipe, steps),
            base=str(base),
            corpus=sample(recipe, steps),
            system=load_profile(DATA / "profile.toml").system,
            synonyms=Synonyms.read(DATA / "synonyms.csv"),
            out=Path(scratch, "adapter"),
            device="auto",
            tell=note,
        )
    (cost,) = costs
    return {
        "steps": cost.steps,
        "rows_per_step": recipe.training.batch_size * recipe.training.gradient_accumulation,
        "seconds_per_step": round(cost.seconds / cost.steps, 3),
        "tokens_per_second": round(cost.tokens / cost.seconds, 1),
        "peak_memory_gib": round(cost.peak_bytes / 2**30, 2),
        # All processes', at the end, with what torch does not count: the context, the optimizer's pages.
        "card_in_use_gib": round(on_card[0] / 2**30, 2) if on_card else None,
    }


def machine() -> dict[str, object]:
    """What the numbers hold for."""
    device = resolve_device("auto")
    libraries = (torch, transformers, peft, trl, bitsandbytes)
    return {
        "device": torch.cuda.get_device_name() if device == "cuda" else f"{os.cpu_count()} cores, {platform.machine()}",
        "compute_dtype": str(compute_dtype(device)),
        "threads": torch.get_num_threads(),
        "versions": {"python": platform.python_version(), **{m.__name__: m.__version__ for m in libraries}},
    }


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="production", help="name of a shipped recipe, or a YAML file")
    parser.add_argument("--shape", choices=SHAPES, default="small", help="of the base")
    parser.add_argument(
        "--steps", type=int, default=20, help="optimizer steps, 2 or more: the first has no learning rate yet"
    )
    parser.add_argument("--folder", type=Path, help="keep the base there, and use the one that is; default: neither")
    args = parser.parse_args(arguments)
    recipe = load_recipe(args.recipe)
    warnings.simplefilter("ignore", FutureWarning)  # the libraries' notes to each other's developers
    with tempfile.TemporaryDirectory() as scratch, redirect_stdout(sys.stderr):
        base = (args.folder or Path(scratch)) / f"random-{args.shape}"
        if not (base / "config.json").is_file():
            random_base(base, args.shape)
        result = measure(recipe, base, args.steps)
    print(json.dumps({"recipe": recipe.name, "shape": args.shape, **result, **machine()}, indent=1))


if __name__ == "__main__":
    main()
