"""What retrieval brings along to any knowledge: synonyms, the sentence encoder, and what was learned about both."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.retrieval.dense import Whitening
from bot.retrieval.encoder import SentenceTransformerEncoder
from bot.retrieval.institutions import Institutions
from bot.retrieval.small_encoder import shipped_encoder
from bot.retrieval.synonyms import Synonyms
from bot.retrieval.vectors import RememberingEncoder
from bot.settings import DATA, SMALL_ENCODER


@dataclass(frozen=True)
class RetrievalModels:
    """Shared by all indices of a process."""

    synonyms: Synonyms
    encoder: RememberingEncoder
    is_common: Callable[[str], bool]
    """Whether a word is common in Spanish or English."""
    whitening: Whitening
    examples: Path
    """The shipped examples (see :mod:`bot.retrieval.answerable`)."""
    institutions: Institutions
    """Names of others."""
    others: tuple[str, ...]
    """Questions that no school's knowledge answers."""
    near: tuple[str, ...]
    """Questions about a school that most have not answered."""
    cache: Path | None
    """A folder for what is quick to read and slow to make; None keeps nothing."""


def load_models(synonyms: Synonyms, embeddings: str = "", cache: Path | None = None) -> RetrievalModels:
    """The shipped models, or those around the sentence-transformers model ``embeddings``.

    Raises:
        ModelError: the encoder cannot be loaded.
    """
    if embeddings:
        other = SentenceTransformerEncoder(embeddings)
        encoder = RememberingEncoder(other, cache)
        whitening = Whitening.none(other.encode([""]).shape[1])
    else:
        encoder = RememberingEncoder(shipped_encoder(), cache, SMALL_ENCODER / "vectors.safetensors")
        whitening = Whitening.read(SMALL_ENCODER / "whitening.safetensors")
    return RetrievalModels(
        synonyms=synonyms,
        encoder=encoder,
        is_common=shipped_encoder().knows,
        whitening=whitening,
        examples=SMALL_ENCODER / "examples.safetensors",
        institutions=Institutions.read(),
        others=tuple(out_of_scope("far")),
        near=tuple(out_of_scope("near")),
        cache=cache,
    )


def out_of_scope(kind: str) -> list[str]:
    """The questions of a kind, ``far`` or ``near``, in the part ``dev`` of the shipped set."""
    with (DATA / "evaluation" / "out_of_scope.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter=";")
        return [row["question"] for row in rows if (row["kind"], row["part"]) == (kind, "dev")]
