"""The loss on held-out rows is the one that the model itself gives for their completions."""

from pathlib import Path

import pytest
import torch

from bot.errors import DataError
from bot.generation.loading import load_model, load_tokenizer
from bot.retrieval.synonyms import Synonyms
from training.dataset.corpus import Corpus
from training.dataset.rows import Row, encode_rows, held_out_rows
from training.evaluation.held_out_loss import held_out_loss
from training.recipe import load_recipe


@pytest.fixture(scope="module")
def rows(corpus: Corpus) -> list[Row]:
    plan = load_recipe("smoke").dataset
    return held_out_rows(corpus, system="Eres el asistente.", synonyms=Synonyms({}), plan=plan, seed=1)


def test_it_is_the_mean_over_the_completions_tokens(base: Path, rows: list[Row]) -> None:
    model, total, tokens = load_model(str(base), device="cpu"), 0.0, 0
    for row in encode_rows(rows, load_tokenizer(str(base)), max_length=1024):
        ids, mask = torch.tensor([row["input_ids"]]), torch.tensor([row["completion_mask"]])
        with torch.no_grad():
            mean = model(input_ids=ids, labels=ids.masked_fill(mask == 0, -100)).loss.item()
        total, tokens = total + mean * int(mask.sum()), tokens + int(mask.sum())
    assert len(rows) == 2
    loss = held_out_loss(rows, base=str(base), adapter=None, device="cpu", max_length=1024)
    assert loss == pytest.approx(total / tokens, rel=1e-3)


def test_a_row_that_is_too_long_is_refused(base: Path, rows: list[Row]) -> None:
    with pytest.raises(DataError, match="max_length"):
        held_out_loss(rows, base=str(base), adapter=None, device="cpu", max_length=20)
