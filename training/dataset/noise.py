"""Chat noise: an approved wording as a student in a hurry would type it. A function of the text and the generator."""

import random
import re
import unicodedata


def as_a_student_types(text: str, rng: random.Random) -> str:
    """Chat noise: accents and ¿ dropped, lower case, an abbreviation, a typing slip."""
    if rng.random() < 0.55:
        letters = unicodedata.normalize("NFD", text)
        text = "".join(c for c in letters if unicodedata.category(c) != "Mn" or c == "\u0303")  # the tilde of ñ stays
        text = unicodedata.normalize("NFC", text).replace("¿", "")
    if rng.random() < 0.4:
        text = text.lower()
    if rng.random() < 0.3:
        text = text.rstrip("?")
    if rng.random() < 0.2:
        text = re.sub(r"\b[Qq]u[eé]\b", "q", text)
    if rng.random() < 0.12 and len(text) > 8:
        at = rng.randrange(1, len(text) - 2)
        before, here, after = text[:at], text[at], text[at + 1 :]
        text = rng.choice((before + after, before + here + here + after, before + after[0] + here + after[1:]))
    if rng.random() < 0.12:
        text = rng.choice(("hola, ", "buenas ", "disculpa, ", "una consulta, ")) + text
    return text
