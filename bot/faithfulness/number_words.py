"""Numbers that are written out or in Roman numerals, put into digits, in Spanish and English."""

import math
import re
from collections.abc import Callable, Iterable

_LETTERS = str.maketrans("áàâäãéèêëíìîïóòôöõúùûüçÁÀÂÄÃÉÈÊËÍÌÎÏÓÒÔÖÕÚÙÛÜÇ", "aaaaaeeeeiiiiooooouuuuc" * 2)
_SMALL = """cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis
diecisiete dieciocho diecinueve veinte veintiuno veintidos veintitres veinticuatro veinticinco veintiseis
veintisiete veintiocho veintinueve""".split()
_SMALL_ENGLISH = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen""".split()
_TENS = "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()
_TENS_ENGLISH = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_HUNDREDS = "dosc tresc cuatroc quin seisc setec ochoc novec".split()
_SCALES = {"mil": 1000, "millon": 10**6, "millones": 10**6, "hundred": 100, "thousand": 1000, "million": 10**6}
_ADDENDS = (
    {word: number for words in (_SMALL, _SMALL_ENGLISH) for number, word in enumerate(words) if number != 1}
    | {word: ten for words in (_TENS, _TENS_ENGLISH) for ten, word in zip(range(20, 100, 10), words, strict=True)}
    | {f"{word}ient{end}": 100 * n for n, word in enumerate(_HUNDREDS, start=2) for end in ("os", "as")}
    | {"veintiun": 21, "veintiuna": 21, "cien": 100, "ciento": 100}
)
_ONES = {"un": 1, "una": 1, "uno": 1, "one": 1}
"""Articles and pronouns, mostly: they count after tens and hundreds, and before a measure."""
_ORDINAL_STEMS = "primer segund tercer cuart quint sext septim octav noven decim".split()
_ORDINALS = (
    {f"{stem}{end}": n for n, stem in enumerate(_ORDINAL_STEMS, start=1) for end in ("o", "a", "os", "as")}
    | dict(zip("first second third fourth fifth sixth seventh eighth ninth tenth".split(), range(1, 11), strict=True))
    | {"primer": 1, "tercer": 3}
)
_ROMAN = {"I": 1, "V": 5, "X": 10}


def _any_of(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_WORD = _any_of([*_ADDENDS, *_SCALES])
_WRITTEN = re.compile(
    rf"\b(?:(?:\d{{1,3}}|un|a|one)\s+(?=mil\b|millon|hundred|thousand|million))?(?<!\bpor )(?:{_WORD})\b"
    rf"(?:(?:\s+(?:y|and))?[\s-]+(?:{_WORD}|{_any_of(_ONES)})\b)*"
)
_MEASURED_ONE = re.compile(
    r"\b(?:un|una|one)\b(?=\s+(?:sol[ao]\s+|single\s+)?(?:mes|semana|dia|hora|minuto|año|vez|month|week|day|hour|minute|year)\b)"
)
_ORDINAL = re.compile(
    rf"\b(?!primero\b)(?:{_any_of(_ORDINALS)})\b|\b(\d+)(?:\s?\.?\s?[º°ª]|\.?(?:st|nd|rd|th|er|ro|ra|do|da|to|mo|vo)\b)"
)
""""primero" begins an enumeration of steps too often to count."""
_ROMAN_NUMERAL = re.compile(
    r"\b(?=[XVI]{2})X{0,3}(?:IX|IV|V?I{0,3})(?<=[XVI])\b"
    r"|(?:(?<=\b[Cc]iclo )|(?<=\b[Nn]ivel )|(?<=\b[Ll]evel ))[IVX]\b"
)
_HALF = re.compile(r"\bmedi[ao]\b(?!\s+de\b)|\bmitad\b|\bhalf\b")
_HALF_PAST = re.compile(r"\b(\d{1,2}) y media\b(?! hora)")
_NOON = re.compile(r"\b(?:12 del? )?medio\s?dia\b|\bnoon\b")


def plain(text: str) -> str:
    """``text`` in lower case and without accents, as long as before; ñ and all marks stay."""
    return text.translate(_LETTERS).lower()


def in_digits(text: str) -> str:
    """``text`` with its numbers in digits: "veinticinco" is "25", "ciclo III" and "tercer ciclo" hold "3°"."""
    text = _ROMAN_NUMERAL.sub(lambda match: f"{_roman(match.group())}°", text)
    lower = plain(text)
    for pattern, digits in _IN_DIGITS:  # found in the plain text, replaced in the text as written: names keep capitals
        pieces, done = [], 0
        for match in pattern.finditer(lower):
            pieces += [text[done : match.start()], digits(match)]
            done = match.end()
        if pieces:
            text = "".join([*pieces, text[done:]])
            lower = plain(text)
    return text


def _value(words: str) -> str:
    """The number, or the numbers ("seis y siete"), that the words say, in digits."""
    said: list[str] = []
    total, part, room, joint = 0, 0, math.inf, ""
    for word in re.split(r"[\s-]+", words):
        if word in ("y", "and"):
            joint = f" {word}"
        elif word == "hundred":
            part, room, joint = max(part, 1) * 100, 100, ""
        elif word in _SCALES:
            total, part, room, joint = total + max(part, 1) * _SCALES[word], 0, _SCALES[word], ""
        else:
            number = int(word) if word.isdigit() else _ADDENDS.get(word, 1)
            if number >= room:  # not a part of the number before, but one of its own
                said.append(f"{total + part}{joint}")
                total = part = 0
            part, room, joint = part + number, _room(number), ""
    return " ".join([*said, str(total + part)])


def _room(number: int) -> int:
    """What comes after ``number`` within one number is smaller than this."""
    return 100 if number and number % 100 == 0 else 10 if number >= 20 and number % 10 == 0 else 0


def _roman(numeral: str) -> int:
    values = [_ROMAN[letter] for letter in numeral]
    return sum(-one if one < after else one for one, after in zip(values, [*values[1:], 0], strict=True))


_IN_DIGITS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (_NOON, lambda match: "12:00"),
    (_WRITTEN, lambda match: _value(match.group())),
    (_HALF_PAST, lambda match: f"{match.group(1)}:30"),
    (_HALF, lambda match: "0.5"),
    (_MEASURED_ONE, lambda match: "1"),
    (_ORDINAL, lambda match: f"{match.group(1) or _ORDINALS[match.group()]}°"),
)
