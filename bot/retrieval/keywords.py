"""BM25 over each pair's wordings and answer as one document, through the library bm25s."""

import logging
from collections.abc import Mapping, Sequence

import bm25s
import numpy as np

from bot.retrieval.segment import Floats, Ints
from bot.retrieval.synonyms import Synonyms

logging.getLogger("bm25s").setLevel(logging.WARNING)  # it puts itself on DEBUG, and would write to every terminal


class KeywordIndex:
    """``P`` pairs, each one document. Immutable."""

    def __init__(self, pairs: Mapping[int, Sequence[str]], synonyms: Synonyms) -> None:
        """``pairs`` are the texts of each pair by its id; at least one."""
        self._synonyms = synonyms
        self.pair_ids: Ints = np.array(list(pairs), np.int64)
        documents = [[word for text in texts for word in self._words(text)] for texts in pairs.values()]
        self._index = bm25s.BM25(method="lucene")
        self._index.index(documents, show_progress=False)

    def scores(self, question: str) -> Floats:
        """``(P,)``: 0 or more; all 0 where no word of the question is known."""
        known = [word for word in self._words(question) if word in self._index.vocab_dict]
        if not known:
            return np.zeros(len(self.pair_ids), np.float32)
        return np.asarray(self._index.get_scores(known), np.float32)

    def _words(self, text: str) -> list[str]:
        return self._synonyms.canonical(text).split()
