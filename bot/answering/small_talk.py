"""Small talk: greetings, thanks and the like, answered with the profile's fixed texts.

A message is small talk only when nothing is left of it once its phrases are taken away, so "hola,
¿cuánto cuesta?" is a question.
"""

import re

from bot.profile import Texts
from storage.text import folded

_PHRASES = {
    "goodbye": ["adios|chau|chao|bye|me voy|cuidate|nos vemos", "hasta (luego|pronto|manana)"],
    "thanks": [
        "(muchas |mil |ok |ya |bueno )*(gracias|grax|grs|agradecid[oa]|thanks)",
        "te pasaste|muy amable|excelente|perfecto|genial|listo|ok|okey|oki|vale|ya|dale|entiendo|entendido",
    ],
    "identity": [
        "(quien|que|q) eres( tu| vos)?|como te llamas|(cual es )?tu nombre",
        "eres (un |una )?(bot|robot|persona|humano|ia|maquina|chatbot)",
        "con quien hablo|hablo con (un |una )?(persona|bot|robot)",
    ],
    "capabilities": [
        "(que|q) (puedes|sabes|podes) (hacer|responder)|(que|q) te puedo preguntar",
        "en (que|q) (me )?(puedes )?ayudar?(s|me)?|(como|para que|pa que) (funcionas|sirves)",
        "ayuda|ayudame|help|menu",
    ],
    "how_are_you": [
        "(como|cmo) (estas|andas|te va|vas|estan|va)( todo)?|que tal( estas)?|(que|q) hay|todo bien",
    ],
    "greeting": [
        "hol[ai]+s?|holi|alo|hey|hi|hello|saludos|buen(as|os)?( dias?| tardes?| noches?)?",
        "allillanchu|rimaykullayki|imaynalla",
    ],
}
"""Phrases by the name of the reply, which is a field of the profile's texts; the first that is found decides."""
_FILLERS = "por favor|disculpa|disculpe|amig[oa]s?|senor(ita)?|profe|bot|muy|y|a|todos|un saludo|pues|pe|causa|mano"
_PATTERNS = {name: re.compile(rf"(?<!\w)(?:{'|'.join(phrases)})(?!\w)") for name, phrases in _PHRASES.items()}
_FILLER = re.compile(rf"(?<!\w)(?:{_FILLERS})(?!\w)")


def small_talk(text: str, texts: Texts) -> str | None:
    """The reply to ``text`` when it is nothing but small talk, else None."""
    rest = re.sub(r"(\w)\1{2,}", r"\1", folded(text))
    found = []
    for name, pattern in _PATTERNS.items():
        rest, times = pattern.subn(" ", rest)
        if times:
            found.append(name)
    if not found or _FILLER.sub(" ", rest).strip():
        return None
    return str(getattr(texts, found[0]))
