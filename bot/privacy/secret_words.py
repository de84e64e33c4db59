"""Finds what a student should never have written in plain text: a password, a PIN, a card's code, a code sent by SMS.

Found is the word after "mi clave es", "contraseña:", "pin 1234", or before "es mi clave". Not found: a secret that
nothing announces, the later words of a pass phrase, and a password that is an everyday adjective ("mi clave es nueva").
"""

import re
from collections.abc import Iterator

_STRONG = r"(?:contrase(?:n|ni|gn)as?|password|passwd|passcode|pwd|pin|cvv2?|cvc2?|otp|tokens?)"
_NOUN = (
    rf"(?:{_STRONG}|claves?|pass|(?:verification|security|access|confirmation) code|codigo sms"
    r"|(?:codigo|code|numero)(?: de| del)? "
    r"(?:verificacion|seguridad|confirmacion|acceso|activacion|sms|whatsapp|yape|token))"
)
_OF = r"(?: (?!(?:es|is|era|no|y|and|o)\b)[a-z]{1,12}){0,5}?"
"""What a secret opens: "de internet", "del aula virtual", "for the portal"."""
_IS = (
    r"(?: ?[:=]+>? ?| ?-+> ?"
    r"| (?:es|era|is|was|sera|seria)(?: la| el| esta| este| this| the)?(?: siguiente)? ?[:=]? ?)"
)
_VALUE = r"[\"'«“(*]{0,2}(?P<value>[^\s￼\"»”]{2,64}(?: [0-9-]{2,6}){0,3})"
_NO_VALUE = re.compile(
    r"(?:el|la|lo|los|las|un|una|mi|de|del|que|no|si|muy|tan|mas|para|por|como|con|en|y|o|a|al|se|me|solo|ya|otra?|esa?|es[oe]"
    r"|mism[oa]|igual|buen[oa]|mal[oa]|fuerte|debil|facil|dificil|segur[oa]|insegur[oa]|larg[oa]|cort[oa]|nuev[oa]|vieja"
    r"|(?:in)?correct[oa]|(?:in)?valid[oa]|err[oa]nea|erronea|incorrect|invalid|wrong|correct|not|the|my|too|so|a|an|weak"
    r"|strong|safe|new|secret[oa]?|personal|distint[oa]|diferente|different|expired|vencid[oa]|bloquead[oa]|necesari[oa]"
    r"|obligatori[oa]|importante|important|required|needed|cual|what|lost|olvidad[oa]|perdid[oa]|numeric[oa]|unic[oa]"
    r"|estudiar|practicar|temporal|privad[oa]|confidencial|demasiado|siempre|asi|donde|cuando|quien|sms|correo)"
    r"[.,;:!?)]*"
)
_MINE = re.compile(rf"(?<![a-z])(?:mi|mis|my|nuestra|our|su) (?:{_NOUN}|contra){_OF}{_IS}{_VALUE}")
_WRITTEN_AFTER = re.compile(rf"(?<![a-z]){_NOUN}{_OF} ?[:=]+>? ?{_VALUE}")
_WITH_DIGITS = re.compile(
    rf"(?<![a-z]){_NOUN}(?:{_OF}{_IS}| (?:n[°ro.]{{0,2}} )?(?!(?:19|20)[0-9]{{2}}(?![0-9]))){_VALUE}"
)
_SENT = re.compile(
    r"(?<![a-z])(?:codigo|code)(?=[^\n]{0,80}?(?:sms|mensaje|llego|enviaron|mandaron|verif|sent|texted))[^\n0-9]{0,40}"
    r"(?!(?:19|20)[0-9]{2}(?![0-9]))(?P<value>[0-9]{3}[ -]?[0-9]{3}|[0-9]{4,8})(?![0-9])"
)
_SAID_BEFORE = re.compile(
    rf"(?<!\S)(?P<value>(?=\S*[0-9])[^\s￼]{{4,40}})[\"'»”]? (?:es|is|era) (?:mi|my|la|su|el) {_NOUN}(?![a-z])"
)


def secrets(plain: str) -> Iterator[tuple[int, int]]:
    """The spans of what seem to be secrets in ``plain``; they may overlap."""
    for rule in (_MINE, _WRITTEN_AFTER):
        yield from (found.span("value") for found in rule.finditer(plain) if not _NO_VALUE.fullmatch(found["value"]))
    for rule in (_WITH_DIGITS, _SENT, _SAID_BEFORE):
        yield from (found.span("value") for found in rule.finditer(plain) if _looks_secret(found["value"]))


def _looks_secret(value: str) -> bool:
    return len(value) >= 3 and any(character.isdigit() for character in value)
