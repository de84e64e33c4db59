"""From what a student typed to a question that stands alone.

Cleans the text, and completes a follow-up ("¿y cuánto cuesta?") with what the last exchange was about.
The model then sees one complete question instead of a history, which is cheaper and keeps small
models from answering the earlier question again.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from bot.answering.abbreviations import Abbreviations
from bot.answering.parts import content_words, holds_a_question
from bot.answering.small_talk import AGAIN, shipped
from bot.names import NAME
from storage.text import folded

_CONNECTOR = re.compile(
    r"(?:(?:y|e|entonces|pero|ademas|tambien|ok y|ah y|ya y|and|then|so|what about|how about|que tal)\s+)+"
)
_POINTER = re.compile(
    r"(?<!\w)(es[eao]s?|est[eao]s?|ahi|alli|mismo|misma|el primero|la primera|el segundo|el ultimo|lo|"
    r"it|that|those|there|the same|the first|the second|the last)(?!\w)"
)
_REPLACED = re.compile(
    r"(?<!\w)(?:(?:en |de |a |para |con |in |of )?(?:es[eao]s?|est[eao]s?|ahi|alli|it|that|there))(?!\w)"
    r"(?! (?:de|del|\w{4,}) )"
)
"""Points back by itself: "a qué hora es eso"; "ese día" does not."""
_ONE_OF = re.compile(r"(?:el|la|los|las|the one|the ones) (?:de|del|of|for) ")
"""The thing that was asked about, of another subject: "y el de cajero"."""
_WORDS_OF_A_FOLLOW_UP = 7
_STRESSED = re.compile(r"([^\W\d_])\1{2,}")
"""A letter tripled for stress."""
_TRIPLED_FOR_A_REASON = re.compile(r"(?<!\w)(?:www|[ivxlc]+)(?!\w)", re.IGNORECASE)
"""An address and Roman numbers ("ciclo iii")."""
_TAGS = re.compile(r"\[\s*/?\s*INST\s*\]|<<\s*/?\s*SYS\s*>>|<\s*/?\s*s\s*>", re.IGNORECASE)
"""Llama's tags: never part of what a student asks. The renderer guards against them all the same."""
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
"""Unicode categories of control, format, surrogate, private and unassigned characters."""
_PICTURES = {"So", "Sk", "Me"}
"""Unicode categories of emoji and their parts."""
_PICTURE_STYLE = "\ufe0f"


@dataclass(frozen=True)
class EarlierTurn:
    """What was asked before, and the approved pair that answered it, by its canonical question; empty: none did."""

    question: str
    passage_question: str = ""
    passage_answer: str = ""


def clean(text: str) -> str:
    """``text`` without control characters, invisible marks, doubled spaces or letters tripled for stress."""
    composed = unicodedata.normalize("NFC", text)
    visible = "".join(c for c in composed if c in "\n\t" or unicodedata.category(c) not in _UNSEEN)
    return re.sub(r"\w+", _unstressed, " ".join(_TAGS.sub(" ", visible).split()))


def _unstressed(word: re.Match[str]) -> str:
    if _TRIPLED_FOR_A_REASON.fullmatch(word.group()):
        return word.group()
    return _STRESSED.sub(r"\1", word.group())


def normalised(text: str, abbreviations: Abbreviations) -> str:
    """``text`` as it is looked up: cleaned, without emoji and an opening greeting, short forms written out.

    Numbers and names stay as they are. Accents and ñ stay too: the index folds them, and the encoder reads both.
    """
    spoken = "".join(" " if unicodedata.category(c) in _PICTURES or c == _PICTURE_STYLE else c for c in text)
    return abbreviations.expanded(shipped().without_greeting(clean(spoken))) or clean(text)


def is_readable(text: str) -> bool:
    """False for a message of emoji, punctuation or single signs only."""
    return bool(re.search(r"[^\W_]", text)) and bool(folded(text) or re.search(r"[^\W\d_]{2,}", text))


def subject(turn: EarlierTurn, institution: str) -> str:
    """The proper name that a turn was about, else ''.

    The longest that the question holds, as the pair has it or as the student typed it. The institution's own name is
    what everything is about, so it never counts.
    """
    asked = f" {folded(turn.passage_question)} {folded(turn.question)} "
    named = [name for name in _names(turn, institution) if f" {folded(name)} " in asked]
    return max(named, key=len, default="")


def _names(turn: EarlierTurn, institution: str) -> list[str]:
    texts = (turn.passage_question.lstrip("¿¡"), turn.passage_answer)
    names = [match.group() for text in texts for match in NAME.finditer(text) if match.start() > 0]
    return [name for name in names if len(name) > 1 and folded(name) != folded(institution)]


def _only_name(turn: EarlierTurn, institution: str) -> str:
    """The only name that a turn's answer has; of a list, none is the subject."""
    names = _names(turn, institution)
    return names[0] if len(set(map(folded, names))) == 1 else ""


@dataclass(frozen=True)
class FollowUp:
    """What a question may mean after an earlier turn; whoever looks the readings up finds out which has an answer."""

    question: str
    """The likeliest reading: the question completed with what the turn was about."""
    definite: bool
    """True when the student's words point back ("¿y …?", "ese"), False when they are merely short."""
    others: tuple[str, ...] = ()
    """Other readings: the earlier question with the new words, in place of its subject or besides."""
    alone: str = ""
    """The question without the word that joins it to what was said before."""
    name: str = ""
    """The proper name that the earlier turns were about, where they were about one."""


def follow_up(question: str, turns: Sequence[EarlierTurn], institution: str) -> FollowUp | None:
    """``question`` completed with what the newest answered turns were about; None when it stands alone.

    A follow-up begins with a connector ("¿y …?"), points back ("ese", "ahí"), or is short and does not name what the
    turn was about. "No entendí" and "más info" mean the earlier question again. Where nothing was answered, the last
    question's own words say what it was about.
    """
    answered = [turn for turn in reversed(turns) if turn.passage_question]
    plain = folded(question)
    connector = _CONNECTOR.match(f"{plain} ")
    points_back = bool(connector or _POINTER.search(plain))
    if not points_back and len(plain.split()) > _WORDS_OF_A_FOLLOW_UP:
        return None
    new = plain[connector.end() :].strip() if connector else plain
    if not answered:
        asked = " ".join(content_words(turns[-1].question)) if turns else ""
        return FollowUp(_completed(question, asked), points_back, (), new) if asked else None
    last = answered[0]
    if shipped().kind(question) == AGAIN:
        return FollowUp(last.passage_question, definite=True)
    name = next((name for turn in answered if (name := subject(turn, institution))), "")
    topic = [] if subject(last, institution) else [_topic(last), *_of_pair(answered, institution)]
    about = [words for words in (name or _only_name(last, institution), *topic) if words]
    if not about or set(content_words(name or about[0])) & set(content_words(question)):
        return None
    of_another = _ONE_OF.match(new)
    new = new[of_another.end() :] if of_another else new
    readings = [new] if of_another else [_completed(question, words) for words in about]
    if content_words(new) and not holds_a_question(new):
        readings.append(f"{_without(last.passage_question, name)} {new}")
        if not of_another:
            readings.append(f"{last.passage_question} {new}")
        if not name:
            readings.append(f"{folded(last.question)} {new}")
            readings.append(" ".join([*_frame(last.passage_question), new]))
    first, *others = dict.fromkeys(readings)
    return FollowUp(first, points_back, tuple(others), new, name)


def _topic(turn: EarlierTurn) -> str:
    """What a turn without a name was about: the student's content words that its pair has too."""
    pair = content_words(f"{turn.passage_question} {turn.passage_answer}")
    return " ".join(word for word in content_words(turn.question) if word in pair)


def _of_pair(answered: Sequence[EarlierTurn], institution: str) -> list[str]:
    """The content words of the last turn's pair; and those of them that the turn before was about, too."""
    words = [word for word in content_words(answered[0].passage_question) if word != folded(institution)]
    before = content_words(answered[1].passage_question) if len(answered) > 1 else []
    return [" ".join(words), " ".join(word for word in words if word in before)]


def _frame(question: str) -> list[str]:
    """How a question asks, without what it asks about: "que es un"."""
    content = content_words(question)
    return [word for word in folded(question).split() if word not in content]


def _completed(question: str, about: str) -> str:
    """``question`` with what it is about: in place of the word that points back, else behind it."""
    asked = question.strip()
    plain = folded(asked)
    if pointed := _REPLACED.search(plain):
        completed = f"{plain[: pointed.start()]}{about}{plain[pointed.end() :]}"
    else:
        completed = f"{asked.rstrip('?').rstrip()} {about}"
    return completed + ("?" if asked.endswith("?") else "")


def _without(text: str, name: str) -> str:
    """``text``, folded, without ``name``, in whose place something else is asked about."""
    return " ".join(re.sub(rf"(?<!\w){re.escape(folded(name))}(?!\w)", " ", folded(text)).split()) if name else text
