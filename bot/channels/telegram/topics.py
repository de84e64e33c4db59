"""What the approved pairs are about: topics found in their own questions, for those who would rather browse.

A topic is a noun or a name that several canonical questions share: words that mostly follow an article or "del", or
are mostly written with a capital inside of a sentence. The widest comes first, then what covers most of the rest. The
articles are Spanish; everything else is taken from the pairs.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.channels.telegram import wording
from storage.pairs import PairRecord
from storage.text import folded

MOST = 12
"""Topics, besides that of what is left."""
_FEWEST = 3
"""Questions that make a topic."""
_ARTICLES = frozenset("el la los las un una unos unas al del mi mis su sus tu tus".split())
_WORD = re.compile(r"[^\W\d_]{3,}|[^\W\d_]+")


@dataclass(frozen=True)
class Topic:
    """A word, and the pairs whose question holds it, in the order of the CSV."""

    name: str
    pairs: tuple[PairRecord, ...]


def topics(pairs: Sequence[PairRecord]) -> tuple[Topic, ...]:
    """At most :data:`MOST` topics, and one for what is left, if anything is."""
    holding, names = _candidates([pair.question for pair in pairs])
    left = set(range(len(pairs)))
    found: list[Topic] = []
    while len(found) < MOST and holding:
        stem = max(holding, key=lambda stem: (len(holding[stem] & left), len(holding[stem]), stem))
        if len(holding[stem] & left) < _FEWEST:
            break
        questions = holding.pop(stem)
        found.append(Topic(names[stem], tuple(pairs[number] for number in sorted(questions))))
        left -= questions
    rest = tuple(pairs[number] for number in sorted(left))
    return (*found, *([Topic(wording.OTHER_TOPICS, rest)] if rest else []))


def _candidates(questions: Sequence[str]) -> tuple[dict[str, set[int]], Mapping[str, str]]:
    """The numbers of the questions that hold each noun or name, by its stem, and how each is written."""
    holding: dict[str, set[int]] = defaultdict(set)
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    noun, all_of = Counter[str](), Counter[str]()
    for number, question in enumerate(questions):
        for before, word in _words(question):
            stem = _stem(folded(word))
            holding[stem].add(number)
            forms[stem][word] += 1
            all_of[stem] += 1
            noun[stem] += before in _ARTICLES or (bool(before) and word[0].isupper())
    nouns = {stem: numbers for stem, numbers in holding.items() if noun[stem] * 2 > all_of[stem]}
    names = {stem: _written(forms[stem].most_common(1)[0][0]) for stem in nouns}
    return nouns, names


def _words(question: str) -> Iterator[tuple[str, str]]:
    """Each word of at least three letters with the folded one before it; "" at the beginning."""
    before = ""
    for word in _WORD.findall(question):
        if len(word) >= 3 and folded(word) not in _ARTICLES:
            yield before, word
        before = folded(word)


def _stem(word: str) -> str:
    """The singular, or what comes near it."""
    if len(word) > 4 and word.endswith("es") and word[-3] not in "aeiou":
        return word[:-2]
    return word.removesuffix("s") if len(word) > 3 else word


def _written(word: str) -> str:
    return word[0].upper() + word[1:]
