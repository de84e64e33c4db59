"""The shipped sentence encoder: Google's universal-sentence-encoder-multilingual v3, cut down to Spanish and English.

A deep averaging network (Cer et al. 2018; Yang et al. 2019, "Multilingual Universal Sentence Encoder for Semantic
Retrieval"): vectors of word pieces, two convolutions over windows of 2, 3 and 5 pieces, their mean, and three dense
layers. No attention, so that a question takes about two milliseconds on one core. How it was cut down:
:mod:`training.small_encoder.shrink`.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import layer_norm, normalize, pad

from bot.errors import ModelError
from bot.retrieval.segment import Floats
from bot.settings import SMALL_ENCODER

_WINDOWS = ((2, 0), (3, 1), (5, 2))
"""The convolutions' widths in pieces, and how many of these lie before the piece itself."""
_CHANNELS = 256
_EPSILON = 1e-12
_BATCH = 64
_REMEMBERED = 64
"""A message and its sentences are encoded for the moderator and for retrieval: once, while among the last so many."""
_FEW = 9
"""At most so many texts at a time are remembered."""


@cache
def shipped_encoder() -> "SmallEncoder":
    """The one that ships, loaded once: its weights never change.

    Raises:
        ModelError: a file is missing or damaged.
    """
    return SmallEncoder(SMALL_ENCODER)


class SmallEncoder:
    """An :class:`bot.retrieval.encoder.Encoder` with ``D`` = 512."""

    name = "use-multilingual"

    def __init__(self, folder: Path) -> None:
        """Loads tokenizer and weights, about 50 MB of memory.

        Raises:
            ModelError: a file is missing or damaged.
        """
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            weights = load_file(folder / "model.safetensors")
        except Exception as error:  # the libraries raise their own kinds
            raise ModelError(
                f"The sentence encoder in {folder} cannot be read: {error}. Restore the folder."
            ) from error
        self._tokenizer.enable_truncation(256)
        self._pieces, self._scale, self._low = (weights.pop(name) for name in ("pieces", "scale", "low"))
        self._w = {name: weight.float() for name, weight in weights.items()}
        for name in ("proj", "proj_b", "ln_g", "ln_b"):
            self._w[f"{name}_all"] = torch.cat([self._w[f"{name}{width}"] for width, _ in _WINDOWS], dim=-1)

        self._one = lru_cache(_REMEMBERED)(lambda text: self._encode([text]))

    def knows(self, word: str) -> bool:
        """Whether ``word`` is common enough to be one piece."""
        return len(self._tokenizer.encode(word, add_special_tokens=False).ids) == 1

    def encode(self, texts: Sequence[str]) -> Floats:
        """See :class:`bot.retrieval.encoder.Encoder`."""
        if not 0 < len(texts) <= _FEW:
            return self._encode(texts)
        return np.concatenate([self._one(text) for text in texts])

    def _encode(self, texts: Sequence[str]) -> Floats:
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        vectors = np.empty((len(ids), 512), np.float32)
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))  # alike in length: little padding
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            longest = len(ids[batch[-1]])
            padded = torch.tensor([ids[i] + [0] * (longest - len(ids[i])) for i in batch])
            mask = torch.tensor([[1.0] * len(ids[i]) + [0.0] * (longest - len(ids[i])) for i in batch])
            with torch.inference_mode():
                vectors[batch] = self._forward(padded, mask).numpy()
        return vectors

    def _forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """``(B, T)`` ids and mask to ``(B, 512)``."""
        w, inside = self._w, mask[..., None]
        pieces = self._pieces[ids].float() * self._scale[ids][..., None] + self._low[ids][..., None]  # (B, T, 512)
        channels = len(_WINDOWS) * _CHANNELS
        projected = pieces @ w["proj_all"] + w["proj_b_all"]
        projected = layer_norm(projected, (channels,), w["ln_g_all"], w["ln_b_all"], _EPSILON) * inside
        features = [pieces]
        for start, (width, before) in zip(range(0, channels, _CHANNELS), _WINDOWS, strict=True):
            x = projected[..., start : start + _CHANNELS]
            for layer in (f"1_{width}", f"2_{width}"):
                x = (torch.relu(_windows(x, width, before) @ w[f"w{layer}"] + w[f"b{layer}"]) + x) * inside
            features.append(x)
        joined = torch.cat(features, dim=-1)  # (B, T, 1280)
        joined = layer_norm(joined, joined.shape[-1:], w["ln_g"], w["ln_b"], _EPSILON) * inside
        lengths = mask.sum(1, keepdim=True)
        mean = (joined.sum(1) @ w["cnn_W"] + lengths * w["cnn_b"]) * lengths.rsqrt()
        first = torch.relu(mean @ w["d0"])
        second = torch.relu(mean @ w["p1"] + first @ w["d1"])
        third = torch.relu(second @ w["d2"])
        return normalize(torch.tanh(second @ w["p3"] + third @ w["d3"]), dim=1)


def _windows(x: Tensor, width: int, before: int) -> Tensor:
    """``(B, T, C)`` to ``(B, T, width * C)``: each piece's neighbours side by side, zeros beyond the ends."""
    padded = pad(x, (0, 0, before, width - 1 - before))
    return padded.unfold(1, width, 1).transpose(2, 3).flatten(2)
