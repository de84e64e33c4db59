"""How a word sounds in Latin American Spanish: students write by ear ("kiero", "aser", "yevan")."""

import re

_SOUNDS = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("ch", "C"), ("qu(?=[ei])|q|c(?=[aoulrt])|ck|c$", "k"), ("c(?=[ei])|z|x$", "s"), ("v", "b"), ("ll|y", "i"),
        ("gu(?=[ei])", "G"), ("g(?=[ei])", "j"), ("gu|gw|hu|w", "u"), ("h", ""), (r"(.)\1", r"\1"),
    )
]  # fmt: skip


def sound(word: str) -> str:
    """``word``, in plain small letters, as it sounds, roughly: b = v, c = s = z, k = qu, ll = y, h silent."""
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word
