"""The seam to a sentence encoder: texts become vectors, and texts that mean the same lie near one another."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from bot.errors import ModelError
from bot.retrieval.segment import Floats


class Encoder(Protocol):
    """Encodes questions and answers. Safe to call from several threads."""

    name: str
    """Vectors of encoders with the same name can be compared."""

    def encode(self, texts: Sequence[str]) -> Floats:
        """``(len(texts), D)`` in float32, rows of length 1."""
        ...


class SentenceTransformerEncoder:
    """Any model of the library sentence-transformers, a folder's path or a hub's name."""

    def __init__(self, name: str) -> None:
        """Loads the model.

        Raises:
            ModelError: the library is not installed, or it cannot load the model.
        """
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise ModelError(
                f"CENFOBOT_EMBEDDINGS={name} needs the library sentence-transformers. "
                "Install it with: pip install 'cenfobot[embeddings]'"
            ) from error
        try:
            self._model: Any = SentenceTransformer(name, device="cpu")
        except (OSError, ValueError) as error:
            raise ModelError(
                f"CENFOBOT_EMBEDDINGS={name} cannot be loaded: {error}. Give a folder or a name."
            ) from error
        self.name = name
        # The E5 models were trained with a prefix; "query" on both sides is theirs for texts of one kind.
        self._prefix = "query: " if "e5" in name.lower() else ""

    def encode(self, texts: Sequence[str]) -> Floats:
        """See :class:`Encoder`."""
        prefixed = [self._prefix + text for text in texts]
        return np.asarray(self._model.encode(prefixed, normalize_embeddings=True, show_progress_bar=False), np.float32)
