"""What students type short ("q", "xfa", "tmb", "pls"), written out: ``language;short;long``, kept by staff.

Only for looking things up; what is logged stays as typed. An expansion must not spoil what is meant as it stands, so:

* a form is expanded in a message of its language only ("pls" is "por favor" or "please"; "r u" is English);
* a form in capitals amid small letters is a name ("plan D", "la UNI", "TB");
* a single letter stands for a word only before another word, not after a figure ("2 x 1"), and only where the
  message shows its language ("vitamin d" does not).

Not covered: a letter that is a name, in small letters, amid such a message ("los rayos x de la muela").
"""

import re
from collections.abc import Mapping
from pathlib import Path

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from bot.retrieval.words import STOP_WORDS
from bot.settings import DATA
from bot.tables import broken, read_table
from storage.text import folded

ABBREVIATIONS = DATA / "abbreviations.csv"
"""The table that ships."""
HEADER = ["language", "short", "long"]
SPANISH, ENGLISH = "es", "en"
_OWN_WORDS = {
    SPANISH: frozenset(word for word in STOP_WORDS - ENGLISH_STOP_WORDS if len(word) > 1),
    ENGLISH: frozenset(word for word in ENGLISH_STOP_WORDS - STOP_WORDS if len(word) > 1),
}
"""Function words that one of the two languages has and the other has not."""
_SENTENCE_BEGINS = re.compile(r"(?:^|[.?!\n…])[\s¿¡\"'(]*$")


class Abbreviations:
    """Short forms and what they stand for. Immutable."""

    def __init__(self, forms: Mapping[str, Mapping[str, str]]) -> None:
        """``forms`` takes a language to its short forms, folded, and what each stands for."""
        self._forms = {language: dict(forms.get(language, {})) for language in (SPANISH, ENGLISH)}
        self._patterns = {language: _pattern(known) for language, known in self._forms.items()}

    @classmethod
    def read(cls, path: Path) -> "Abbreviations":
        """The table in ``path``; a short form may be a phrase ("x fa").

        Raises:
            DataError: the file cannot be read or a row breaks a rule; names the line, the rule and the value.
        """
        forms: dict[str, dict[str, str]] = {SPANISH: {}, ENGLISH: {}}
        for line, row in read_table(path, HEADER, row_is="a language, a short form and what it stands for"):
            language, short, long = row[0], folded(row[1]), row[2].strip()
            if language not in forms:
                raise broken(path, line, "the language is 'es' or 'en'", row, "Write one of them.")
            if forms[language].setdefault(short, long) != long:
                rule = f"a short form stands for one thing, but {short!r} also for {forms[language][short]!r}"
                raise broken(path, line, rule, row, "Delete one of the lines.")
        return cls(forms)

    def expanded(self, text: str) -> str:
        """``text`` with its short forms written out; all else stays as it is."""
        language, shown = self._language(text)

        def long(match: re.Match[str]) -> str:
            short, before, after = match.group(), text[: match.start()], text[match.end() :]
            is_name = short.isupper() and not text.isupper() and not _SENTENCE_BEGINS.search(before)
            stands_for_a_word = shown and re.match(r"\s+\w", after) and not re.search(r"\d\s*$", before)
            if is_name or (len(short) == 1 and not stands_for_a_word):
                return short
            return self._forms[language][folded(short)]

        return self._patterns[language].sub(long, text)

    def _language(self, text: str) -> tuple[str, bool]:
        """The language that ``text`` reads as, Spanish where nothing tells, and whether anything does."""
        words = folded(text).split()
        own = {
            language: sum(
                word in _OWN_WORDS[language] or (len(word) > 1 and word in self._forms[language]) for word in words
            )
            for language in (SPANISH, ENGLISH)
        }
        language = ENGLISH if own[ENGLISH] > own[SPANISH] else SPANISH
        return language, own[language] > 0


def _pattern(forms: Mapping[str, str]) -> re.Pattern[str]:
    """Any of ``forms``, the longest first, as whole words; not within an address, an hour or an abbreviation."""
    longest_first = sorted(forms, key=len, reverse=True)
    any_form = "|".join(re.escape(form).replace(r"\ ", r"\s+") for form in longest_first) or r"(?!)"
    return re.compile(rf"(?<![\w@/:-])(?<!\w\.)(?:{any_form})(?![\w@/]|[.:'’-]\w)", re.IGNORECASE)
