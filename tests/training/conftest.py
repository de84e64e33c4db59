"""A base with random weights, four pairs and a recipe for them: what training needs, in a second."""

from pathlib import Path

import pytest
import sentencepiece
import torch
from transformers import LlamaConfig, LlamaForCausalLM, LlamaTokenizer, PreTrainedTokenizerBase

from bot.generation.loading import load_tokenizer
from storage.pairs_csv import CsvPair, csv_sha256, write_csv
from tests.training.few_questions import write_few
from training.dataset.corpus import Corpus, CorpusPair
from training.recipe import RECIPES

SYSTEM = "Eres el asistente de la escuela."
PAIRS = (
    CsvPair(
        "¿Cuánto cuesta el curso de Caja?", "El curso de Caja cuesta S/ 280.", ("precio de caja", "cuánto sale caja")
    ),
    CsvPair("¿Cuánto dura el curso de Caja?", "El curso de Caja dura 3 meses.", ("duración de caja",)),
    CsvPair("¿Dónde queda la escuela?", "La escuela queda en la calle Sol 12.", ("dirección de la escuela",)),
    CsvPair("¿Qué es la TCEA?", "La TCEA es lo que cuesta un crédito al año.", ()),
)


@pytest.fixture(scope="session")
def pairs() -> tuple[CsvPair, ...]:
    return PAIRS


@pytest.fixture(scope="session")
def csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("csv") / "pairs.csv"
    write_csv(path, [(question, pair.answer) for pair in PAIRS for question in (pair.question, *pair.wordings)])
    return path


@pytest.fixture(scope="session")
def corpus(csv: Path) -> Corpus:
    """The pairs as a run sees them: two wordings held out, the last pair new."""
    held_out = frozenset({"cuánto sale caja", "duración de caja"})
    numbered = enumerate(PAIRS, start=1)
    pairs = (CorpusPair(pair, held_out & {*pair.wordings}, ((n, 10 * n),), n == len(PAIRS)) for n, pair in numbered)
    return Corpus(csv_sha256(csv), tuple(pairs))


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama of 0.2 million random weights, with a SentencePiece tokenizer of Llama 2's kind."""
    folder = tmp_path_factory.mktemp("models") / "random-llama"
    folder.mkdir()
    corpus = folder / "corpus.txt"
    corpus.write_text("\n".join(text for pair in PAIRS for text in (pair.question, pair.answer)), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus), model_prefix=str(folder / "tokenizer"), model_type="bpe", vocab_size=384, byte_fallback=True,
        normalization_rule_name="identity", remove_extra_whitespaces=False, unk_id=0, bos_id=1, eos_id=2, pad_id=-1,
        minloglevel=2, num_threads=1,
    )  # fmt: skip
    LlamaTokenizer.from_pretrained(folder).save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=384, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=2,
        tie_word_embeddings=True, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def lenient(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recipe ``smoke`` with a gate that every candidate passes."""
    smoke = (RECIPES / "smoke.yaml").read_text(encoding="utf-8")
    gate = "gates: [{measure: served.right, at_least: 0.0, at_most: null, worse_by: null}]"
    path = tmp_path_factory.mktemp("recipes") / "lenient.yaml"
    path.write_text(smoke.replace("gates: []", gate), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def few_questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A quarter of the shipped evaluation sets, as a folder."""
    return write_few(tmp_path_factory.mktemp("evaluation"))


@pytest.fixture(scope="session")
def tokenizer(base: Path) -> PreTrainedTokenizerBase:
    return load_tokenizer(str(base))
