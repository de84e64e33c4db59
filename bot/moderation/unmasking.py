"""The plain words of a message, whatever was done to hide them: "m1erd4", "i-d-i-o-t-a", "p*ta", "kiero".

For matching only: nothing that is shown, logged or searched with goes through here. Not undone: words
glued to others, letters left out, and images of text.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable

from bot.sounds import sound

_LOOKALIKES = str.maketrans(
    "авеёкмнорстухіѕјԁԛԝαβεικνορτυχγωıłøđß",
    "abeekmhopctyxisjdqwabeiknoptuxywilods",
)
"""Cyrillic, Greek and Latin letters that look like plain ones; NFKC undoes full-width and mathematical letters."""
_LEET = str.maketrans("013457$@!|", "oieastsail")
_WORD = re.compile(r"[a-z0-9$@!|*#]*[a-z0-9][a-z0-9$@!|*#]*")
_FIGURE = re.compile(r"[\d$]*\d(er|r[oa]|d[oa]|t[oa]|m[oa]|v[oa]|n[oa]|[ap]m|h|hs|hrs?|min|k|st|nd|rd|th|x|d|[a-f])?")
"""A figure, or one with its ending ("1er", "7pm", "2do", "3d"): the digits are digits."""
_SPREAD = re.compile(r"(?<![^\W_])[^\W_](?:([ .\-_*])[^\W_](?![^\W_])){3,}")
"""Four single letters or more with the same mark between them."""
_STRESSED = re.compile(r"([a-z])\1{2,}")
_SHORT = {
    "q": "que", "k": "que", "ke": "que", "x": "por", "xq": "por que", "pq": "por que", "d": "de", "pa": "para",
    "t": "te", "m": "me", "c": "se", "cm": "como", "dnd": "donde", "tngo": "tengo", "tmb": "tambien", "u": "you",
    "ur": "your", "r": "are", "mrd": "mierda", "mrda": "mierda", "csm": "ctm", "ctmr": "ctm", "csmr": "ctm",
    "bn": "bien", "toy": "estoy", "tas": "estas", "ta": "esta",
}  # fmt: skip


def unmasked(text: str) -> str:
    """``text`` in plain lower-case words without accents or marks; "ñ" becomes "n", abbreviations are spelt out."""
    letters = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).lower().translate(_LOOKALIKES))
    plain = "".join(c for c in letters if unicodedata.category(c) not in ("Mn", "Cf")).translate({39: None, 8217: None})
    joined = _SPREAD.sub(lambda spread: spread.group().replace(spread[1], ""), plain)
    words = (_unmasked_word(word) for word in _WORD.findall(joined))
    return " ".join(_SHORT.get(word, word) for word in words if word)


def _unmasked_word(word: str) -> str:
    inner = word.strip("!|*#")
    if re.search(r"[a-z]", inner) and not _FIGURE.fullmatch(inner):
        inner = inner.translate(_LEET)
    return _STRESSED.sub(r"\1", inner)


class Spelling:
    """Mends what was spelt by ear ("kiero", "boi", "imbesil") or starred out ("p*ta"), towards known words."""

    def __init__(self, known: Iterable[str], kept: Collection[str] = ()) -> None:
        """``known`` are the words to mend towards; a word that is known, or among ``kept``, stays as it is."""
        words = dict.fromkeys(word for word in known if len(word) > 2)
        self._kept = frozenset(words).union(kept)
        self._by_sound: dict[str, str] = {}
        self._by_length: dict[int, list[str]] = {}
        for word in words:
            self._by_sound.setdefault(sound(word), word)
            self._by_length.setdefault(len(word), []).append(word)

    def mended(self, word: str) -> str:
        """The known word that sounds alike or fits the stars, else ``word`` itself."""
        if "*" in word or "#" in word:
            pattern = re.compile(re.sub(r"[*#]", "[a-z]", word))
            return next((w for w in self._by_length.get(len(word), ()) if pattern.fullmatch(w)), word)
        return word if len(word) < 3 or word in self._kept else self._by_sound.get(sound(word), word)
