"""What the bot says to staff in Telegram (Spanish), and how it writes moments and counts."""

from datetime import datetime, tzinfo

from storage.reviews import ReviewRecord

ONLY_STAFF = "Eso es solo para el personal."
ONLY_ADMIN = "Eso solo lo puede hacer quien administra."
IN_STAFF_CHAT = "Eso se hace en el chat del personal."
IN_GROUP = "Escribe /personal en el grupo que será el chat del personal; aquí estamos solo nosotros dos."
IN_PRIVATE = "Escríbeme /vincular en un chat privado conmigo: los demás no deben ver el código."
CODE_VOID = "Ese ya lo vieron, así que lo anulé: pide otro a quien administra."
CODE_WANTED = "Escribe el código detrás: /vincular CÓDIGO. Lo da quien administra, con: cenfobot staff add NOMBRE"
CODE_REFUSED = {
    "wrong": "Ese código no es válido. Revísalo, o pide otro.",
    "expired": "Ese código ya venció: vale 15 minutos. Pide otro.",
    "too many tries": "Fueron demasiados intentos. Espera 15 minutos y vuelve a probar.",
}
STAFF_CHAT_NAMED = (
    "Listo: este es el chat del personal. Aquí llegan las preguntas por revisar y quienes quieren hablar con una "
    "persona. /ayuda dice qué se puede hacer."
)
UNLINKED = "Tu cuenta ya no está vinculada. Para volver hace falta otro código."
NOTHING_WAITS = "No hay preguntas por revisar."
CARDS_ELSEWHERE = "Se deciden en el chat del personal."
NO_STAFF_CHAT = "Todavía no hay chat del personal: quien administra escribe /personal en ese grupo."
ONLY_TEXT = "Solo puedo pasar textos; esto no llegó. Escríbelo, por favor."
NOBODY_LISTENS = "El personal ya no está en este chat, así que vuelvo a atenderte yo, el asistente."
CORRECTION = "{name} (corrección):"
EDIT_NOT_TAKEN = (
    "Vi que cambiaste tu respuesta, pero ese cambio no lo tomo en cuenta. Si la pregunta sigue por revisar, responde "
    "otra vez a su tarjeta con el texto corregido; lo ya aprobado se corrige con: cenfobot pairs edit"
)
REPLY_TO_WHAT = (
    "Ya no sé de qué era ese mensaje, así que tu respuesta no le llegó a nadie. Si es una pregunta para mí, menciona "
    "mi nombre."
)
FAILED = "Algo falló y no lo pude hacer. Prueba otra vez; si se repite, avisa a quien administra."
NO_SUCH_REVIEW = "Esa pregunta ya no existe."
NO_SUCH_PAIR = "Esa respuesta ya no está en servicio. Mira la tarjeta."
NO_DRAFT = "No hay borrador que aprobar. Responde a la tarjeta con la respuesta."
DRAFT_CHANGED = "El borrador cambió; míralo de nuevo."
LEFT_OPEN = "No se cambió nada; la pregunta sigue por revisar."
NOT_STORABLE = "Esa respuesta no se puede guardar así. Escríbela como una frase, en texto simple."
HELP = """Para el personal:
/pendientes: las preguntas por revisar, las más pedidas primero
/estado: las cifras de hoy
/reentrenar: pide un entrenamiento con lo aprobado (quien administra)
/personal: este grupo es el chat del personal (quien administra)
/vincular CÓDIGO, /desvincular: tu cuenta, en un chat privado conmigo
/cerrar: en respuesta a una consulta, la cierra

En una tarjeta, los botones deciden. Responder a ella con un texto lo aprueba como respuesta y se la envía a quienes \
preguntaron. Responder a una consulta se lo envía al estudiante.
En un chat privado conmigo puedes preguntar como cualquier estudiante."""

_VERDICTS = {"approved": "aprobada", "rejected": "rechazada"}


def moment(at: datetime, zone: tzinfo) -> str:
    """As 22/11/2026 10:05, where the school is."""
    return f"{at.astimezone(zone):%d/%m/%Y %H:%M}"


def times(count: int) -> str:
    """How often something was asked."""
    return "1 vez" if count == 1 else f"{count} veces"


def verdict(review: ReviewRecord, zone: tzinfo) -> str:
    """How a review was decided, by whom and when, as the end of a sentence."""
    what = _VERDICTS.get(review.status) or f"fusionada con la {review.merged_into}"
    when = f" el {moment(review.decided_at, zone)}" if review.decided_at else ""
    return f"{what} por {review.decided_by}{when}"


def already(review: ReviewRecord, zone: tzinfo) -> str:
    """Somebody was first."""
    return f"La pregunta {review.id} ya fue {verdict(review, zone)}. Se decide una sola vez."
