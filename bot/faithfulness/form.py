"""Faults of form in a generated text, whatever it says: tags, prompt text, loops, another language, no end."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from bot.faithfulness.closed_words import ENGLISH, SPANISH
from bot.faithfulness.number_words import plain
from bot.faithfulness.wording import Source, sentences

_SCAFFOLDING = re.compile(
    r"[\[(<]\s*/?\s*INST\s*[\])>]|[<(]+\s*/?\s*SYS\s*[>)]+|</?s>|<unk>|<pad>|<\|\w*\|?>?|<0x[0-9A-F]{2}>|###"
    r"|(?:^|(?<=\s))(?:(?-i:[PRQA])|Informaci[oó]n|Pregunta|Respuesta|Question|Answer|System|Sistema|Assistant|User|Usuario):(?=\s|$)",
    re.IGNORECASE,
)
_STRANGE = {"Cc", "Cf", "Cs", "Co", "Cn"}
_LOOP = re.compile(r"(.{1,30}?)\1{4,}", re.DOTALL)
_GRAM = 5
"""Words in a row that tell a repetition from chance."""
_LONGEST, _SPARE = 1.5, 120
"""An answer has at most so many times the passages' characters, and so many more."""
_SPANISH_ONLY, _ENGLISH_ONLY = SPANISH - ENGLISH, ENGLISH - SPANISH


def scaffolding(text: str, sources: Sequence[Source]) -> str:
    """Llama's tags and the prompt's own headings, but for those that an approved answer holds."""
    for match in _SCAFFOLDING.finditer(text):
        if not any(match.group() in source.answer.text for source in sources):
            return f"a tag or a part of the prompt: {match.group()!r}"
    return ""


def faulty_form(text: str, sources: Sequence[Source], *, system: str = "") -> str:
    """The first fault of form in a whole answer; "" where there is none."""
    if not re.search(r"\w", text):
        return "no words"
    answers = " ".join(source.answer.text for source in sources)
    strange = [c for c in text if c == "\ufffd" or (c not in "\n\t" and unicodedata.category(c) in _STRANGE)]
    if strange:
        return f"a sign that is no text: U+{ord(strange[0]):04X}"
    if len(text) > _LONGEST * len(answers) + _SPARE:
        return f"{len(text)} characters from passages of {len(answers)}"
    if _hangs(text):
        return "the last sentence has no end"
    return (
        scaffolding(text, sources) or _told(text, system, answers) or _loop(text, answers) or _language(text, answers)
    )


def _hangs(text: str) -> bool:
    last = plain(text.rstrip()).split()[-1]
    return last.endswith((",", "-", "(", "¿", "¡")) or last in {"de", "del", "la", "el", "los", "y", "o", "con", "para",
                                                             "the", "of", "and", "or", "to", "for", "with"}  # fmt: skip


def _told(text: str, system: str, answers: str) -> str:
    """Five words in a row of the system prompt that no approved answer has."""
    shared = (_grams(system) & _grams(text)).keys() - _grams(answers).keys()
    return f"a part of the system prompt: {' '.join(min(shared))}" if shared else ""


def _loop(text: str, answers: str) -> str:
    said = Counter(plain(sentence) for sentence in sentences(text))
    if any(count > 1 and len(sentence.split()) > 2 for sentence, count in said.items()):
        return "a sentence said twice"
    known = _grams(answers)
    if any(count > 2 and count > known[gram] for gram, count in _grams(text).items()):
        return "the same words again and again"
    loop = _LOOP.search(text)
    return f"the same signs again and again: {loop.group(1)!r}" if loop and loop.group() not in answers else ""


def _language(text: str, answers: str) -> str:
    said, approved = _spanish(text), _spanish(answers)
    if None in (said, approved) or said == approved:
        return ""
    return f"{'Spanish' if said else 'English'}, the passages are {'Spanish' if approved else 'English'}"


def _spanish(text: str) -> bool | None:
    """Whether a text is Spanish rather than English, by its closed-class words; None where they do not tell."""
    words = re.findall(r"[a-zñ]+", plain(text))
    spanish, english = sum(w in _SPANISH_ONLY for w in words), sum(w in _ENGLISH_ONLY for w in words)
    return spanish > english if abs(spanish - english) > 1 else None


def _grams(text: str) -> Counter[tuple[str, ...]]:
    words = re.findall(r"\w+", plain(text))
    return Counter(zip(*(words[start:] for start in range(_GRAM)), strict=False))
