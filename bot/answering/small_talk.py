"""Small talk: greetings, thanks and the like, answered with the profile's fixed texts.

A message is small talk only when nothing is left of it once its phrases are taken away, so "hola,
¿cuánto cuesta?" is a question. The phrases, Quechua and English ones too, stand in ``data/small_talk.csv``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from bot.profile import Texts
from bot.settings import DATA
from bot.tables import broken, read_table
from storage.text import folded

HEADER = ["kind", "phrase"]
FILLER = "filler"
"""Words that may stand beside small talk and say nothing: "amigo", "por favor"."""
KINDS = ("privacy", "goodbye", "thanks", "identity", "capabilities", "how_are_you", "greeting", "acknowledged")
"""Each is the name of its reply among the profile's texts; of several, the first here decides."""
AGAIN = "again"
"""Asks for the last answer again: "no entendí", "más info". No small talk of its own: without an answer it is none."""
_LAUGHTER = re.compile(r"a?([jh])+([aei])(?:\1+\2)+[jh]?")


class SmallTalk:
    """Phrases by kind. Immutable."""

    def __init__(self, kinds: Mapping[str, str]) -> None:
        """``kinds`` takes a phrase to its kind."""
        self._kinds = {tuple(_words(phrase)): kind for phrase, kind in kinds.items()}
        self._longest = max(map(len, self._kinds), default=0)

    @classmethod
    def read(cls, path: Path) -> "SmallTalk":
        """The table in ``path``.

        Raises:
            DataError: the file cannot be read or a row breaks a rule; names the line, the rule and the value.
        """
        kinds: dict[str, str] = {}
        for line, row in read_table(path, HEADER, row_is="a kind and a phrase"):
            if row[0] not in (*KINDS, AGAIN, FILLER):
                rule = f"the kind is one of {', '.join((*KINDS, AGAIN, FILLER))}"
                raise broken(path, line, rule, row, "Write one of them.")
            kinds[row[1]] = row[0]
        return cls(kinds)

    def kind(self, text: str) -> str | None:
        """The kind of a ``text`` that is nothing but phrases of the table, else None."""
        found = {kind for kind, _ in self._phrases(_words(text))}
        return None if None in found else next((kind for kind in (AGAIN, *KINDS) if kind in found), None)

    def without_greeting(self, text: str) -> str:
        """``text`` without the greeting that it opens with; all of it where it is nothing else."""
        typed = text.split()
        words = [" ".join(_words(word)) for word in typed]
        greeted = 0
        for kind, length in self._phrases(words):
            if kind != "greeting" and not (greeted and kind == FILLER and words[greeted] != "y"):
                break
            greeted += length
        return " ".join(typed[greeted:]) or text

    def _phrases(self, words: Sequence[str]) -> Iterator[tuple[str | None, int]]:
        """The kind of each phrase and its number of words, the longest first; None for a word of no phrase."""
        start = 0
        while start < len(words):
            for length in range(min(self._longest, len(words) - start), 0, -1):
                phrase = tuple(words[start : start + length])
                kind = "acknowledged" if _LAUGHTER.fullmatch(phrase[0]) and length == 1 else self._kinds.get(phrase)
                if kind:
                    break
            yield kind, length
            start += length


def small_talk(text: str, texts: Texts) -> str | None:
    """The reply to ``text`` when it is nothing but small talk, else None."""
    kind = shipped().kind(text)
    return None if kind in (None, AGAIN) else str(getattr(texts, str(kind)))


@cache
def shipped() -> SmallTalk:
    """The phrases that ship with the project; read once."""
    return SmallTalk.read(DATA / "small_talk.csv")


def _words(text: str) -> list[str]:
    """The folded words, repeated letters once: "holaa" and "hola" are the same greeting."""
    return re.sub(r"([^\W\d])\1+", r"\1", folded(text)).split()
