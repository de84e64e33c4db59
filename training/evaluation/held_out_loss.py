"""The loss of an adapter on rows that it was not trained on, from a model of its own that is freed again."""

import gc
from collections.abc import Sequence
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy

from bot.generation.loading import load_model, load_tokenizer
from training.dataset.rows import Row, encode_rows


def held_out_loss(rows: Sequence[Row], *, base: str, adapter: Path | None, device: str, max_length: int) -> float:
    """The mean loss over the completions of ``rows``, EOS included, in nats per token; lower is better.

    ``adapter`` None is the bare base; ``device`` is ``cpu``, ``cuda`` or ``auto``; ``rows`` is not empty.

    Raises:
        DataError: a row has more than ``max_length`` tokens.
        ModelError: base or adapter cannot be loaded.
    """
    dataset = encode_rows(rows, load_tokenizer(base), max_length=max_length)
    model = load_model(base, device=device, adapter=adapter)
    total, tokens = 0.0, 0
    with torch.inference_mode():
        for row in dataset:  # one at a time: no padding, and the logits of a whole batch would not fit beside the bot
            ids = torch.tensor([row["input_ids"]], device=model.device)  # (1, T)
            length = sum(row["completion_mask"])
            logits = model(input_ids=ids, logits_to_keep=length + 1).logits[0, :-1]  # (length, V)
            total += cross_entropy(logits.float(), ids[0, -length:], reduction="sum").item()
            tokens += length
    del model, logits
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return total / tokens
