"""Vectors of approved texts, kept on disk: encoding thousands of them takes seconds, reading them none.

The files are a cache: whatever is missing or damaged is encoded anew. Students' questions never enter it.
"""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import numpy as np
from safetensors.numpy import load_file, save_file

from bot.retrieval.encoder import Encoder
from bot.retrieval.segment import Floats
from storage.text import bare

_log = logging.getLogger(__name__)
_LEAST = 50
"""New vectors from which the file is written again."""


class RememberingEncoder:
    """An encoder whose :meth:`remembered` vectors outlive the process."""

    def __init__(self, encoder: Encoder, cache: Path | None = None, shipped: Path | None = None) -> None:
        """``cache`` is a folder to write to, ``shipped`` a file to read from; both may be absent."""
        self.name = encoder.name
        self._encoder = encoder
        self._file = cache / f"{hashlib.sha256(encoder.name.encode()).hexdigest()[:16]}.safetensors" if cache else None
        self._lock = Lock()
        self._vectors: dict[bytes, Floats] = {}
        for file in (shipped, self._file):
            self._vectors |= read_vectors(file) if file else {}
        self._written = len(self._vectors)

    def encode(self, texts: Sequence[str]) -> Floats:
        """See :class:`bot.retrieval.encoder.Encoder`; nothing is remembered."""
        return self._encoder.encode([bare(text) for text in texts])

    def remembered(self, texts: Sequence[str]) -> Floats:
        """The same; each text is encoded once and for all."""
        heard = [bare(text) for text in texts]
        keys = [_key(text) for text in heard]
        with self._lock:
            missing = {key: text for key, text in zip(keys, heard, strict=True) if key not in self._vectors}
            if missing:
                self._vectors |= zip(missing, self._encoder.encode(list(missing.values())), strict=True)
                self._write()
            return np.stack([self._vectors[key] for key in keys])

    def write(self, file: Path) -> None:
        """Keeps all remembered vectors in ``file``."""
        write_vectors(file, self._vectors)

    def _write(self) -> None:
        if self._file is None or len(self._vectors) < self._written + _LEAST:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_vectors(self._file, self._vectors)
        except OSError as error:
            _log.warning("the vectors of approved texts cannot be kept in %s: %s", self._file, error)
        self._written = len(self._vectors)


def read_vectors(file: Path) -> dict[bytes, Floats]:
    """By the hash of their text; nothing where the file is missing or damaged."""
    try:
        tensors = load_file(file)
        vectors = tensors["vectors"].astype(np.float32)
        return {key.tobytes(): vector for key, vector in zip(tensors["keys"], vectors, strict=True)}
    except FileNotFoundError:
        return {}
    except Exception as error:  # safetensors raises its own kinds
        _log.warning("%s is damaged and made anew: %s", file, error)
        return {}


def write_vectors(file: Path, vectors: dict[bytes, Floats]) -> None:
    """Replaces the file in one step."""
    draft = file.with_name(f".{file.name}")
    keys = np.stack([np.frombuffer(key, np.uint8) for key in vectors])
    save_file({"keys": keys, "vectors": np.stack(list(vectors.values())).astype(np.float16)}, draft)
    draft.replace(file)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:12]
