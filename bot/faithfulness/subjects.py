"""Does an answer speak of what was asked, or of another programme? The commonest fault of small models.

A subject is a name in the passages' questions ("Cajero Bancario"), known by the words that no other has ("cajero").
Not seen: a subject that students call by a word which is not in its name, and a rival that no passage's question names.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from bot.faithfulness.closed_words import ENGLISH, SPANISH
from bot.faithfulness.number_words import plain
from bot.faithfulness.wording import Reading, Source, Vocabulary, reading, sentences
from bot.names import NAME


class Subjects:
    """The names that some questions are about."""

    def __init__(self, names: Iterable[str]) -> None:
        owners: dict[str, set[str]] = defaultdict(set)
        for name in names:
            for word in _words(name):
                owners[word].add(name)
        self._owner = {word: next(iter(having)) for word, having in owners.items() if len(having) == 1}

    def of_text(self, text: str) -> frozenset[str]:
        """The subjects that ``text`` names, in whole or by a word that is theirs alone."""
        return frozenset(self._owner[word] for word in _words(text) if word in self._owner)


def another_subject(text: str, sources: Sequence[Source], question: str) -> str:
    """The fault of an answer that rests on passages about something else than the question; "" where there is none.

    What is asked is what the question names; where it names nothing, what the best passage's question names.
    """
    subjects = Subjects(name for source in sources for name in _names(source.question.text))
    asked = subjects.of_text(question) or subjects.of_text(sources[0].question.text)
    parts = [reading(sentence) for sentence in sentences(text)]
    rests = [_rests_on(part, sources) for part in parts]
    about = [_about(on, subjects) for on in rests]
    if asked:
        for part, names in zip(parts, about, strict=True):
            if part.figures and names and not names & asked:
                return f"a figure of {_listed(names)}, asked was {_listed(asked)}"
        if about and all(names and not names & asked for names in about):
            return f"about {_listed(frozenset().union(*about))}, asked was {_listed(asked)}"
    return _another_question(rests, sources, question)


def _another_question(rests: Sequence[Sequence[Source]], sources: Sequence[Source], question: str) -> str:
    """Where question and retriever agree on the best passage, and the answer rests on others alone."""
    best, words = sources[0], Vocabulary(Reading(question).content)
    others = [source for on in rests for source in on]
    if not others or best in others:
        return ""
    for other in others:
        own = any(words.has_alike(word) for word in best.question.content - other.question.content)
        rival = any(words.has_alike(word) for word in other.question.content - best.question.content)
        if rival or not own:
            return ""
    return f"an answer to another question: {others[0].question.text}"


def _rests_on(part: Reading, sources: Sequence[Source]) -> list[Source]:
    """The passages that hold the most of a sentence: its figures first, then its words."""
    held = [
        (
            sum(map(source.holds, (*part.figures, *part.days))),
            sum(source.vocabulary.has_alike(word) for word in part.content),
        )
        for source in sources
    ]
    return [source for source, most in zip(sources, held, strict=True) if most == max(held) and any(most)]


def _about(sources: Sequence[Source], subjects: Subjects) -> frozenset[str]:
    """The subjects of all these passages; none when one of them names none, as it may be about any."""
    each = [subjects.of_text(s.question.text) or subjects.of_text(s.answer.text) for s in sources]
    return frozenset().union(*each) if all(each) else frozenset()


def _names(question: str) -> list[str]:
    start = len(question) - len(question.lstrip("¿¡\"'« "))
    return [match.group() for match in NAME.finditer(question) if match.start() > start or match.group().isupper()]


def _words(text: str) -> list[str]:
    words = re.findall(r"\w{2,}", plain(text))
    return [word.removesuffix("s") for word in words if word not in SPANISH and word not in ENGLISH]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
