"""A text read once: its sentences, clauses, words, names and figures, and what it denies.

Words count as alike by their beginning ("matrícula", "matricularte"), without a dictionary; so "curso" and "cursor" are
alike too, and "costo" and "precio" are not.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from bot.faithfulness.closed_words import ENGLISH, LIGHT, MONTHS, NEGATIONS, SPANISH, WEEKDAYS
from bot.faithfulness.figures import ADDRESS, Figure, figures_of, measure, singular
from bot.faithfulness.number_words import in_digits, plain

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+(?=[¿¡\"«(]?[A-ZÁÉÍÓÚÑÜ0-9])|\s*\n\s*")
_CLAUSE_END = re.compile(r"[;:,.!?()\n]+(?=\s|$)|\s(?:y|e|o|u|pero|sino|mientras|and|or|but|while|whereas)\s")
_STATEMENT_END = re.compile(r"\s*(?:[.;:!?\n].*|pero|sino|but|while|whereas|mientras)\s*", re.DOTALL)
_WORD = re.compile(r"[a-zñ]+n['’]t\b|[a-zñ]+")
_ANY_WORD = re.compile(r"\w+")
_CAPITALISED = re.compile(r"\b[A-ZÁÉÍÓÚÑÜ][\wáéíóúñü]*")
_CURRENCY = re.compile(r"\b(?:S/|USD?\b|PEN\b|EUR\b)")
"""Capitals that name nothing."""
_FIRST_WORD = re.compile(r"[\W\d_]*([^\W\d_]+)(?:\s+([A-ZÁÉÍÓÚÑÜ])?)?")
_REACH = 3
"""A negation denies so many words after it, within its clause."""
_CALENDAR_NUMBERS = {day: ("weekday", number) for day, number in WEEKDAYS.items()} | {
    month: ("month", number) for month, number in MONTHS.items()
}
_CALENDAR = re.compile(rf"\b({'|'.join(_CALENDAR_NUMBERS)})s?\b")
_PREFIX, _SHARED = 4, 0.55
"""Alike are words that begin with at least so many letters, and so large a share of the longer one, in common."""
FUNCTION_WORDS = SPANISH | ENGLISH | NEGATIONS


@dataclass(frozen=True)
class Clause:
    """A part of a sentence between commas and conjunctions."""

    words: tuple[str, ...]
    """All words but those that hold sentences together and those of figures, plain, in their order."""
    figures: tuple[Figure, ...]
    days: tuple[Figure, ...]
    """Weekdays and months, as figures."""
    denied: tuple[tuple[str, ...], ...]
    """For each negation the words that it denies."""
    opens: bool
    """Whether it begins a new statement: after a stop, a colon, a semicolon or "but"."""

    @property
    def content(self) -> tuple[str, ...]:
        """The words that state something."""
        return tuple(word for word in self.words if word not in LIGHT)

    @property
    def affirmed(self) -> frozenset[str]:
        """The words that no negation denies."""
        return frozenset(self.words) - {word for words in self.denied for word in words}


class Vocabulary:
    """Words among which one that is alike is found fast."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        self._singular = {singular(word) for word in self._words}
        self._by_beginning: dict[str, list[str]] = defaultdict(list)
        for word in self._words:
            root = _root(word)
            self._by_beginning[root[:_PREFIX]].append(root)

    def has(self, word: str) -> bool:
        """Whether ``word`` is here, in any number or gender."""
        return word in self._words or singular(word) in self._singular

    def has_alike(self, word: str) -> bool:
        """Whether a word is here that begins like ``word``."""
        if self.has(word):
            return True
        root = _root(word)
        return len(root) > _PREFIX and any(_alike(root, other) for other in self._by_beginning.get(root[:_PREFIX], ()))


class Reading:
    """A text, and what is found in it; each part is read when it is first asked for."""

    def __init__(self, text: str) -> None:
        text = unicodedata.normalize("NFC", text)
        self.text = in_digits(text.lower() if text.isupper() and len(text.split()) > 3 else text)
        self.plain = plain(self.text)

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        return figures_of(self.plain)

    @cached_property
    def days(self) -> tuple[Figure, ...]:
        """Weekdays and months but for those in dates; "may" and "march" are verbs unless capitalised."""
        found = []
        for match in _CALENDAR.finditer(self.plain):
            unit, number = _CALENDAR_NUMBERS[match[1]]
            verb = match[1] in ("may", "march") and self.text[match.start()].islower()
            if not verb and not any(f.start <= match.start() < f.end for f in self.figures):
                found.append(Figure(str(number), unit, *match.span()))
        return tuple(found)

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        ends = [
            m for m in _CLAUSE_END.finditer(self.plain) if not any(f.start < m.start() < f.end for f in self.figures)
        ]
        starts = [0, *(match.end() for match in ends)]
        stops = [*(match.start() for match in ends), len(self.plain)]
        opens = [True, *(bool(_STATEMENT_END.fullmatch(match.group())) for match in ends)]
        return tuple(self._clause(*span) for span in zip(starts, stops, opens, strict=True) if span[0] < span[1])

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word, function words too."""
        return frozenset(_ANY_WORD.findall(self.plain))

    @cached_property
    def content(self) -> frozenset[str]:
        return frozenset(word for clause in self.clauses for word in clause.content)

    @cached_property
    def names(self) -> frozenset[str]:
        """The capitalised words, plain. The first word of a sentence counts as an acronym or before another name."""
        found: set[str] = set()
        for sentence in sentences(_CURRENCY.sub(" ", ADDRESS.sub(" ", self.text))):
            names = _CAPITALISED.findall(sentence)
            first = _FIRST_WORD.match(sentence)
            if first and names and names[0] == first[1] and not (len(names[0]) > 1 and names[0].isupper()):
                names = names[1:] if not first[2] or plain(first[1]) in LIGHT else names
            found |= {plain(name) for name in names}
        return frozenset(found - FUNCTION_WORDS - set(WEEKDAYS) - set(MONTHS))

    def _clause(self, start: int, stop: int, opens: bool) -> Clause:
        inside = tuple(f for f in self.figures if start <= f.start < stop)
        words: list[str] = []
        denied: list[list[str]] = []
        for match in _WORD.finditer(self.plain, start, stop):
            word = match.group()
            if word in NEGATIONS or "'" in word or "’" in word:
                denied.append([])
            elif (
                word not in FUNCTION_WORDS
                and len(word) > 1
                and not any(f.start <= match.start() < f.end for f in inside)
            ):
                words.append(word)
                if denied and len(denied[-1]) < _REACH:
                    denied[-1].append(word)
        days = tuple(f for f in self.days if start <= f.start < stop)
        return Clause(tuple(words), inside, days, tuple(map(tuple, denied)), opens)


@dataclass(frozen=True)
class Source:
    """An approved pair, read."""

    question: Reading
    answer: Reading
    sentences: frozenset[str]

    @cached_property
    def words(self) -> frozenset[str]:
        return self.question.words | self.answer.words

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.words)

    @cached_property
    def names(self) -> frozenset[str]:
        return self.question.names | self.answer.names

    @cached_property
    def denied(self) -> Vocabulary:
        """What the answer denies."""
        return Vocabulary(word for clause in self.answer.clauses for words in clause.denied for word in words)

    @cached_property
    def affirmed(self) -> Vocabulary:
        """What the answer affirms; the question affirms nothing."""
        return Vocabulary(word for clause in self.answer.clauses for word in clause.affirmed)

    @cached_property
    def measures(self) -> frozenset[str]:
        """The measures of time of which the pair speaks."""
        return frozenset(map(measure, self.words)) - {""}

    @cached_property
    def _figures(self) -> tuple[Figure, ...]:
        dates = (figure for figure in self.answer.figures if "/" in figure.value)
        months = (replace(date, value=date.value.split("/")[1], unit="month") for date in dates)
        return (*self.answer.figures, *self.answer.days, *months)

    def holds(self, figure: Figure) -> bool:
        """Whether the answer holds the figure, weekday or month, with its unit; the months of dates count, too."""
        return any(figure.is_held_by(approved) for approved in self._figures)


@lru_cache(maxsize=512)
def reading(text: str) -> Reading:
    """``text``, read once for the checks of a sentence and of the whole answer."""
    return Reading(text)


@lru_cache(maxsize=256)
def source(question: str, answer: str) -> Source:
    """An approved pair, read once for the many sentences that are held against it."""
    return Source(Reading(question), Reading(answer), frozenset([answer.strip(), *sentences(answer)]))


def sentences(text: str) -> list[str]:
    """``text`` cut at the ends of sentences; hours ("7:00 p. m.") and prices stay whole."""
    return [part.strip() for part in _SENTENCE_END.split(text.strip()) if part.strip()]


@lru_cache(maxsize=4096)
def _root(word: str) -> str:
    """Undoes the vowels that Spanish verbs change under stress: "puede" begins like "poder", "cuesta" like "costo"."""
    return word[:5].replace("ie", "e").replace("ue", "o") + word[5:]


@lru_cache(maxsize=4096)
def _alike(one: str, other: str) -> bool:
    longer = max(len(one), len(other))
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return same >= max(_PREFIX, _SHARED * longer)
