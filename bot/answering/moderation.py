"""Messages that the bot must not treat as questions: precise rules for the gravest kinds.

A first, narrow version: it prefers to miss over accusing a student. What it does not cover: irony,
veiled threats, other languages, words hidden by unusual spelling.
"""

import re
from dataclasses import dataclass
from typing import Protocol

from bot.profile import Texts
from storage.text import folded


@dataclass(frozen=True)
class Concern:
    """Why a message is unsafe, and what the student is told."""

    category: str
    reply: str


class Moderator(Protocol):
    """Looks at a student's message before anything else does."""

    def concern(self, text: str) -> Concern | None:
        """What is wrong with ``text``, or None."""
        ...


_RULES = {
    "self_harm": [
        r"(me )?quiero (morir(me)?|matarme|suicidarme)|me (voy a|quiero) (suicidar|matar|cortar las venas)",
        r"ya no quiero vivir|no quiero seguir viviendo|quitarme la vida|hacerme dano|(pienso|pensando) en suicidarme",
    ],
    "violence": [
        r"(voy|vamos|quiero) (a )?(matar|golpear|apunalar|quemar|secuestrar) (a|al|la|el|su|mi)",
        r"(como|donde) (hago|fabrico|consigo|armo|compro) (una |un )?(bomba|explosivo|arma|pistola)",
    ],
    "fraud": [
        r"(como|quiero|ayudame a|ensename a) ((puedo|hago para|se puede|podria) )?"
        r"(clonar|falsificar|robar|hackear|estafar|lavar (dinero|plata)|blanquear)",
        r"(comprar|vender|conseguir) (tarjetas? clonadas?|un certificado falso|billetes falsos)",
        r"(documentos?|billetes?|boletas?|dni|titulos?|certificados?) bambas?",
        r"(como|para) evadir (impuestos|a la sunat|controles)",
    ],
    "other_people": [
        r"(dame|dime|pasame|quiero|cual es) (\w+ ){0,3}"
        r"(clave|contrasena|dni|saldo|deuda|direccion|telefono|numero|notas?) de "
        r"(mi (ex|pareja|amig[oa]|companer[oa]|vecin[oa])|otr[oa] (alumn[oa]|persona|estudiante)|un alumno)",
    ],
    "sexual": [
        r"(foto|video|mandame|quiero|ensename) (\w+ ){0,3}(desnud[oa]s?|porno\w*|nudes|sexo)|(tener|quiero) sexo",
    ],
    "insult": [
        r"(eres|son|sos) (un |una |unos |unas )?"
        r"(puta|puto|imbecil|idiota|estupid[oa]s?|mierda|basura|inutil(es)?|cojud[oa]s?|huevon(es)?|maldit[oa]s?)",
        r"hij[oa] de puta|conchatumadre|concha tu madre|ctm|vete a la mierda|malparid[oa]|maric[oa]n",
    ],
}
"""Patterns over the folded text by category, gravest first."""


class RuleModerator:
    """The shipped moderator: word patterns over the folded text."""

    def __init__(self, texts: Texts) -> None:
        self._replies = {"self_harm": texts.self_harm}
        self._default = texts.unsafe
        self._rules = {name: re.compile(rf"(?<!\w)(?:{'|'.join(rules)})(?!\w)") for name, rules in _RULES.items()}

    def concern(self, text: str) -> Concern | None:
        """The first rule that ``text`` breaks, gravest first."""
        plain = folded(text)
        for category, rule in self._rules.items():
            if rule.search(plain):
                return Concern(category, self._replies.get(category, self._default))
        return None
