"""The shipped sentence encoder: Google's universal-sentence-encoder-multilingual v3, cut down to Spanish and English.

A deep averaging network (Cer et al. 2018; Yang et al. 2019, "Multilingual Universal Sentence Encoder for Semantic
Retrieval"): vectors of word pieces, two convolutions over windows of 2, 3 and 5 pieces, their mean, and three dense
layers. No attention, so that a question takes about two milliseconds on one core. How it was cut down:
:mod:`training.small_encoder.shrink`.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from threading import Lock

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from bot.errors import ModelError
from bot.retrieval.segment import Floats, Ints
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
        self._w = {name: weight.astype(np.float32) for name, weight in weights.items()}
        for name in ("proj", "proj_b", "ln_g", "ln_b"):
            self._w[f"{name}_all"] = np.concatenate([self._w[f"{name}{width}"] for width, _ in _WINDOWS], axis=-1)

        self._last: dict[str, Floats] = {}
        self._lock = Lock()

    def knows(self, word: str) -> bool:
        """Whether ``word`` is common enough to be one piece."""
        return len(self._tokenizer.encode(word, add_special_tokens=False).ids) == 1

    def encode(self, texts: Sequence[str]) -> Floats:
        """See :class:`bot.retrieval.encoder.Encoder`."""
        if len(texts) > _FEW:
            return self._encode(texts)
        last = self._last
        found = {text: last[text] for text in texts if text in last}
        if missing := [text for text in dict.fromkeys(texts) if text not in found]:
            found |= zip(missing, self._encode(missing), strict=True)
            with self._lock:
                self._last = dict([*self._last.items(), *found.items()][-_REMEMBERED:])
        return np.stack([found[text] for text in texts]) if texts else np.empty((0, 512), np.float32)

    def _encode(self, texts: Sequence[str]) -> Floats:
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        vectors = np.empty((len(ids), 512), np.float32)
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))  # alike in length: little padding
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            longest = len(ids[batch[-1]])
            padded = np.array([ids[i] + [0] * (longest - len(ids[i])) for i in batch])
            mask = np.array([[1.0] * len(ids[i]) + [0.0] * (longest - len(ids[i])) for i in batch], np.float32)
            vectors[batch] = self._forward(padded, mask)
        return vectors

    def _forward(self, ids: Ints, mask: Floats) -> Floats:
        """``(B, T)`` ids and mask to ``(B, 512)``."""
        w, inside = self._w, mask[..., None]
        pieces = self._pieces[ids] * self._scale[ids][..., None] + self._low[ids][..., None]  # (B, T, 512)
        channels = len(_WINDOWS) * _CHANNELS
        projected = _product(pieces, w["proj_all"]) + w["proj_b_all"]
        projected = _normed(projected, w["ln_g_all"], w["ln_b_all"]) * inside
        features = [pieces]
        for start, (width, before) in zip(range(0, channels, _CHANNELS), _WINDOWS, strict=True):
            x = projected[..., start : start + _CHANNELS]
            for layer in (f"1_{width}", f"2_{width}"):
                x = (_relu(_product(_windows(x, width, before), w[f"w{layer}"]) + w[f"b{layer}"]) + x) * inside
            features.append(x)
        joined = np.concatenate(features, axis=-1)  # (B, T, 1280)
        joined = _normed(joined, w["ln_g"], w["ln_b"]) * inside
        lengths = mask.sum(1, keepdims=True)
        mean = (joined.sum(1) @ w["cnn_W"] + lengths * w["cnn_b"]) / np.sqrt(lengths)
        first = _relu(mean @ w["d0"])
        second = _relu(mean @ w["p1"] + first @ w["d1"])
        third = _relu(second @ w["d2"])
        vectors = np.tanh(second @ w["p3"] + third @ w["d3"])
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _product(x: Floats, weight: Floats) -> Floats:
    """``(B, T, C)`` by ``(C, D)``, as one product: a matrix for each row of the batch would be slower."""
    return np.asarray((x.reshape(-1, x.shape[-1]) @ weight).reshape(*x.shape[:-1], -1))


def _relu(x: Floats) -> Floats:
    return np.maximum(x, 0, out=x)


def _normed(x: Floats, gain: Floats, shift: Floats) -> Floats:
    """Layer normalisation over the last axis."""
    x = x - x.mean(axis=-1, keepdims=True)
    return np.asarray(x / np.sqrt(np.square(x).mean(axis=-1, keepdims=True) + _EPSILON) * gain + shift)


def _windows(x: Floats, width: int, before: int) -> Floats:
    """``(B, T, C)`` to ``(B, T, width * C)``: each piece's neighbours side by side, zeros beyond the ends."""
    rows, length, channels = x.shape
    padded = np.zeros((rows, length + width - 1, channels), x.dtype)
    padded[:, before : before + length] = x
    return np.concatenate([padded[:, start : start + length] for start in range(width)], axis=-1)
