"""A tiny random Llama with its tokenizer, adapters for it, and prompts: real files, seconds to make."""

import random
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaForCausalLM

from bot.answering.prompt import Prompt, grounded_user_text
from bot.generation.base import Adapter
from bot.generation.local import LocalGenerator
from tests.bot.generation.asking import Running
from training.small_base.tiny_llama import VOCABULARY, build_model, new_tokenizer

MakeAdapter = Callable[..., Adapter]


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base whose greedy answers differ from prompt to prompt, in length too: about one token in twenty is EOS."""
    return _write_base(tmp_path_factory.mktemp("models") / "tiny-random", eos=2.0)


@pytest.fixture(scope="session")
def endless_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, but it never ends an answer by itself."""
    return _write_base(tmp_path_factory.mktemp("models") / "tiny-random", eos=0.0)


def _write_base(folder: Path, eos: float) -> Path:
    folder.mkdir()
    (folder / "corpus.txt").write_text("\n".join(_sentence(random.Random(n)) for n in range(3000)), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "corpus.txt"), model_prefix=str(folder / "tokenizer"), model_type="bpe",
        vocab_size=VOCABULARY, byte_fallback=True, unk_id=0, bos_id=1, eos_id=2, pad_id=-1, minloglevel=2,
        normalization_rule_name="identity", remove_extra_whitespaces=False, num_threads=1,
    )  # fmt: skip
    model = build_model(seed=5)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.mul_(4.0)  # as initialised, a random model repeats one token
        model.get_parameter("model.embed_tokens.weight")[2].mul_(eos)
    model.save_pretrained(folder)
    new_tokenizer(folder).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def make_adapter(base: Path, tmp_path_factory: pytest.TempPathFactory) -> MakeAdapter:
    """Writes a random adapter that changes most answers."""

    def make(version: str, seed: int = 1, **changes: object) -> Adapter:
        folder = tmp_path_factory.mktemp("adapters") / version
        torch.manual_seed(seed)
        options: dict[str, Any] = {"r": 8, "target_modules": ["q_proj", "v_proj"], "init_lora_weights": False} | changes
        lora = LoraConfig(task_type="CAUSAL_LM", **options)
        with warnings.catch_warnings(action="ignore", category=FutureWarning):  # peft 0.21 with transformers 5.23
            adapted = get_peft_model(LlamaForCausalLM.from_pretrained(base), lora)
        adapted.save_pretrained(str(folder), save_embedding_layers=False)
        return Adapter(version, folder)

    return make


@pytest.fixture(scope="session")
def adapter(make_adapter: MakeAdapter) -> Adapter:
    return make_adapter("v1")


@pytest.fixture(scope="session")
def prompts() -> list[Prompt]:
    """Sixteen grounded questions, with 0 to 3 passages, so of very different lengths."""
    rng = random.Random("prompts")
    passages = [[(_sentence(rng), _sentence(rng)) for _ in range(n % 4)] for n in range(16)]
    return [Prompt("Eres el asistente.", grounded_user_text(_sentence(rng), known)) for known in passages]


@pytest.fixture
def running(endless_base: Path) -> Running:
    """Runs a generator on the endless base, or on another."""

    @asynccontextmanager
    async def run(
        adapter: Adapter | None = None, on: Path = endless_base, suspended: bool = False, **changes: int
    ) -> AsyncIterator[LocalGenerator]:
        options = {"kv_cache_mb": 32, "max_in_flight": 16, "max_waiting": 16} | changes
        generator = await LocalGenerator.load(str(on), device="cpu", adapter=adapter, suspended=suspended, **options)
        try:
            yield generator
        finally:
            await generator.aclose()

    return run


def _sentence(rng: random.Random) -> str:
    """Words that do not exist, so that no data file changes what the tests ask."""
    words = ["".join(rng.choices(_SYLLABLES, k=rng.randint(1, 4))) for _ in range(rng.randint(4, 14))]
    return f"¿{' '.join(words)}? S/ {rng.randint(10, 2000)}.50"


_SYLLABLES = [consonant + vowel for consonant in "bcdfglmnñprstv" for vowel in "aeiouáé"]
