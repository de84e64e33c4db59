"""Invented schools and their question/answer pairs, without end: what the small base learns to read.

Nothing here is about CENFOBANK, and most names are words that do not exist, so a model trained on
these examples cannot recite an answer: it has to find the right passage and copy it.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from bot.answering.prompt import DONT_KNOW, Prompt, grounded_user_text
from training.dataset.noise import as_a_student_types

Rng = random.Random


@dataclass(frozen=True)
class Kind:
    """A kind of fact: how it is asked about a subject ``{s}``, and how it is answered."""

    questions: tuple[str, ...]
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Fact:
    """One invented pair, and the other wordings in which a student could ask for it."""

    kind: int
    subject: str
    question: str
    answer: str
    wordings: tuple[str, ...]


@dataclass(frozen=True)
class Example:
    """A grounded question: the prompt's parts, and the only right completion."""

    prompt: Prompt
    answer: str
    known: bool


@cache
def _vocabulary() -> tuple[tuple[Kind, ...], dict[str, list[str]]]:
    """The kinds of fact and the word lists of ``invented.yaml``."""
    raw = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return tuple(Kind(tuple(kind["questions"]), tuple(kind["answers"])) for kind in raw["kinds"]), raw["words"]


def _kinds() -> tuple[Kind, ...]:
    return _vocabulary()[0]


def _any(rng: Rng, words: str) -> str:
    """One word of the named list."""
    return rng.choice(_vocabulary()[1][words])


def pseudo_word(rng: Rng) -> str:
    """A word that sounds Spanish and does not exist (mostly)."""
    syllables = (_any(rng, "onsets") + _any(rng, "vowels") + _any(rng, "codas") for _ in range(rng.choice((1, 2, 2))))
    stem = "".join(syllables)
    if rng.random() < 0.6:
        return stem + rng.choice(_vocabulary()[1]["onsets"][:16]) + _any(rng, "endings")
    return stem + rng.choice(("", "s", "a"))


def _word(rng: Rng) -> str:
    return pseudo_word(rng) if rng.random() < 0.45 else _any(rng, "nouns")


def _name(rng: Rng) -> str:
    word = pseudo_word(rng)
    return word.capitalize() if rng.random() < 0.8 else word.upper()[: rng.randint(3, 5)]


def _phrase(rng: Rng) -> str:
    heads = (
        lambda: f"{rng.choice(('el', 'un', 'cada', 'todo', 'su'))} {_word(rng)}",
        lambda: f"{rng.choice(('la', 'una', 'esta', 'su'))} {_word(rng)}",
        lambda: f"{rng.choice(('los', 'las', 'sus', ''))} {_any(rng, 'people')}".strip(),
        lambda: f"{rng.randint(2, 90)} {_word(rng)}",
    )
    text = rng.choice(heads)()
    if rng.random() < 0.4:
        text += f" {_any(rng, 'adjectives')}"
    if rng.random() < 0.45:
        text += f" {rng.choice(('de', 'con', 'para', 'en', 'sin', 'por', 'según'))} {_word(rng)}"
    return text


def _money(rng: Rng) -> str:
    amount = rng.choice((rng.randint(1, 99) * 10, rng.randint(5, 2500), rng.randint(1, 99) * 100))
    return f"S/ {amount:,}" + (f".{rng.randint(0, 99):02d}" if rng.random() < 0.15 else "")


def _list(rng: Rng) -> str:
    items = []
    for _ in range(rng.randint(2, 5)):
        word = _word(rng)
        items.append(f"{word} {_any(rng, 'adjectives')}" if rng.random() < 0.3 else word)
    return ", ".join(items[:-1]) + f" y {items[-1]}"


def _days(rng: Rng) -> str:
    days = _vocabulary()[1]["days"]
    first, last = (days[place] for place in sorted(rng.sample(range(7), 2)))
    return rng.choice((f"de {first} a {last}", f"los {first} y {last}", f"cada {first}"))


def _date(rng: Rng) -> str:
    day = f"{rng.randint(1, 31)} de {_any(rng, 'months')}"
    return f"{day} de {rng.randint(1990, 2030)}" if rng.random() < 0.3 else day


def _phone(rng: Rng) -> str:
    mobile = f"9{rng.randint(10_000_000, 99_999_999)}"
    fixed = f"0{rng.randint(41, 84)} {rng.randint(100, 999)} {rng.randint(100, 999)}"
    return rng.choice((mobile, fixed))


_SLOTS: dict[str, Callable[[Rng], str]] = {
    "money": _money,
    "count": lambda r: str(r.choice((r.randint(2, 12), r.randint(2, 60), r.randint(10, 400)))),
    "percent": lambda r: f"{r.randint(1, 95)}{r.choice(('', '.' + str(r.randint(1, 9))))} %",
    "hour": lambda r: f"{r.randint(1, 12)}:{r.choice(('00', '30', '15', '45'))} {r.choice(('a. m.', 'p. m.'))}",
    "days": _days,
    "date": _date,
    "mode": lambda r: _any(r, "modes"),
    "place": lambda r: f"{_any(r, 'streets')} {_name(r)} {r.randint(1, 2500)}",
    "person": lambda r: f"{pseudo_word(r).capitalize()} {pseudo_word(r).capitalize()}",
    "phone": _phone,
    "list": _list,
    "pseudo": pseudo_word,
    "noun": lambda r: f"{r.choice(('el', 'un'))} {_word(r)}",
    "adj": lambda r: _any(r, "adjectives"),
    "verb": lambda r: _any(r, "verbs"),
    "inf": lambda r: _any(r, "infinitives"),
    "phrase": _phrase,
}
"""What fills a pattern's slots."""

_EXTRA_SENTENCES = (
    "También {verb} {phrase}.",
    "Se {verb} {phrase} en {place}.",
    "Además, {phrase} {verb} {phrase}.",
    "Consulta al {phone}.",
    "No incluye {list}.",
    "Esto {verb} {phrase} desde {date}.",
)


def invented_subject(rng: Rng) -> str:
    """Something that a school could be asked about: "el taller de Tralino Mencidad"."""
    words = [_name(rng) if rng.random() < 0.6 else _word(rng).capitalize() for _ in range(rng.choice((1, 1, 2, 2, 3)))]
    name = " ".join(words)
    if rng.random() < 0.5:
        title = _any(rng, "titles")
        article = "la" if title in _vocabulary()[1]["feminine"] else "el"
        return f"{article} {title} {rng.choice(('de', 'de', ''))} {name}".replace("  ", " ")
    if rng.random() < 0.6:
        return f"{rng.choice(('el', 'la'))} {name if rng.random() < 0.5 else name.lower()}"
    return name


def _fill(template: str, subject: str, rng: Rng) -> str:
    text = template.replace("{S}", subject[:1].upper() + subject[1:]).replace("{s}", subject)
    text = re.sub(r"\{(\w+)\}", lambda match: _SLOTS[match.group(1)](rng), text)
    text = re.sub(r"\bde el\b", "del", re.sub(r"\ba el\b", "al", text)).replace("..", ".")
    return text[0].upper() + text[1:] if text.endswith(".") else text


def invented_fact(rng: Rng, kind: int | None = None, subject: str | None = None) -> Fact:
    """A pair of the given kind about the given subject; both are drawn where they are not given."""
    kind = rng.randrange(len(_kinds())) if kind is None else kind
    subject = subject or invented_subject(rng)
    wordings = [_fill(template, subject, rng) for template in _kinds()[kind].questions]
    question, *others = rng.sample(wordings, len(wordings))
    answer = _fill(rng.choice(_kinds()[kind].answers), subject, rng)
    for chance in (0.25, 0.08):
        if rng.random() < chance:
            answer += " " + _fill(rng.choice(_EXTRA_SENTENCES), "", rng)
    return Fact(kind, subject, question, answer, tuple(others))


def _distractor(fact: Fact, rng: Rng) -> Fact:
    """A pair that does not answer what ``fact`` answers: alike in subject, in kind, or in neither."""
    draw = rng.random()
    other_kind = rng.choice([k for k in range(len(_kinds())) if k != fact.kind])
    if draw < 0.35:
        return invented_fact(rng, kind=other_kind, subject=fact.subject)
    if draw < 0.75:
        return invented_fact(rng, kind=fact.kind)
    return invented_fact(rng, kind=other_kind)


def invented_example(rng: Rng, passages: int, share_unknown: float) -> Example:
    """A grounded question over ``passages`` pairs; the right one is among them, or for a share of
    ``share_unknown`` of the examples it is not and the completion is the "I don't know yet" text."""
    fact = invented_fact(rng)
    known = rng.random() >= share_unknown
    others = [_distractor(fact, rng) for _ in range(passages - known)]
    shown = [*others, fact] if known else others
    rng.shuffle(shown)
    asked = fact.question if rng.random() < 0.15 else rng.choice(fact.wordings)
    school = " ".join(_name(rng) for _ in range(rng.choice((1, 1, 2))))
    prompt = Prompt(
        system=f"Eres el asistente de {school}. Responde solo con la información dada.",
        user=grounded_user_text(as_a_student_types(asked, rng), [(f.question, f.answer) for f in shown]),
    )
    return Example(prompt, fact.answer if known else DONT_KNOW, known)
