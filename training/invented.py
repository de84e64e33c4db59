"""Invented schools and their question/answer pairs, without end: what the small base learns to read.

Nothing here is about CENFOBANK, and most names are words that do not exist, so a model trained on
these examples cannot recite an answer: it has to find the right passage and copy it.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.answering.prompt import DONT_KNOW, Prompt, grounded_user_text
from training.noise import as_a_student_types

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


# Kinds of fact about a subject. Every slot but {s} is filled by the function of that name in _SLOTS.
KINDS: tuple[Kind, ...] = (
    Kind(
        ("¿Cuánto cuesta {s}?", "¿Cuál es el precio de {s}?", "precio de {s}", "cuánto sale {s}",
         "¿Qué costo tiene {s}?", "cuánto está {s}", "¿Cuánto se paga al mes por {s}?", "mensualidad de {s}",
         "¿Cuánto cobran por {s}?", "pensión de {s}", "tarifa de {s}"),
        ("{S} cuesta {money} al mes.", "La mensualidad de {s} es de {money}.", "Se paga {money} cada mes por {s}.",
         "{S} tiene un costo de {money} y la inscripción es de {money}.", "El precio de {s} es {money} en {count} cuotas."),
    ),
    Kind(
        ("¿Cuánto dura {s}?", "¿Cuál es la duración de {s}?", "duración de {s}", "¿Cuántos meses dura {s}?",
         "en cuánto tiempo termino {s}", "¿Qué tiempo toma {s}?", "cuánto tiempo es {s}", "¿Cuántas horas tiene {s}?"),
        ("{S} dura {count} meses.", "La duración de {s} es de {count} semanas.", "{S} se termina en {count} meses, con {count} horas en total.",
         "Son {count} meses de clases y {count} de práctica en {s}."),
    ),
    Kind(
        ("¿Cuál es el horario de {s}?", "horario de {s}", "¿A qué hora son las clases de {s}?", "¿En qué turno se dicta {s}?",
         "qué días es {s}", "turnos de {s}", "¿Cuándo son las clases de {s}?", "a qué hora empieza {s}"),
        ("{S} se dicta {days}, de {hour} a {hour}.", "Las clases de {s} son {days} de {hour} a {hour}.",
         "El horario de {s} es de {hour} a {hour}, {days}.", "Hay turno de {days} desde las {hour} para {s}."),
    ),
    Kind(
        ("¿{S} es presencial o virtual?", "¿Cuál es la modalidad de {s}?", "modalidad de {s}", "¿{S} se puede llevar a distancia?",
         "¿Se estudia en línea {s}?", "{s} es online", "¿Tengo que ir al local para {s}?"),
        ("{S} se lleva en modalidad {mode}.", "La modalidad de {s} es {mode}, con {count} sesiones en {place}.", "{S} es {mode}."),
    ),
    Kind(
        ("¿Qué cursos tiene {s}?", "¿Cuál es la malla de {s}?", "malla curricular de {s}", "¿Qué temas se ven en {s}?",
         "qué voy a aprender en {s}", "¿Qué se aprende en {s}?", "contenido de {s}", "¿Qué enseñan en {s}?"),
        ("En {s} se ven {list}.", "{S} tiene los cursos de {list}.", "La malla de {s} incluye {list}.", "Aprenderás {list} en {s}."),
    ),
    Kind(
        ("¿Qué necesito para {s}?", "¿Cuáles son los requisitos de {s}?", "requisitos para {s}", "¿Qué documentos piden para {s}?",
         "qué papeles llevo para {s}", "qué piden para {s}"),
        ("Para {s} se pide {list}.", "Los requisitos de {s} son {list}.", "Debes presentar {list} para {s}."),
    ),
    Kind(
        ("¿Cuándo empieza {s}?", "¿Cuál es la fecha de inicio de {s}?", "inicio de {s}", "¿Cuándo abren {s}?", "qué día arranca {s}",
         "¿Desde cuándo hay {s}?"),
        ("{S} empieza el {date}.", "El inicio de {s} es el {date}.", "El próximo grupo de {s} abre el {date} a las {hour}."),
    ),
    Kind(
        ("¿Quién dicta {s}?", "¿Quién es el docente de {s}?", "profesor de {s}", "¿Quién enseña {s}?", "quién es el profe de {s}",
         "¿Quién está a cargo de {s}?"),
        ("{S} está a cargo de {person}.", "El docente de {s} es {person}, con {count} años de experiencia.", "{person} dicta {s}."),
    ),
    Kind(
        ("¿Dónde se dicta {s}?", "¿Dónde queda {s}?", "dirección de {s}", "¿En qué lugar es {s}?", "dónde es {s}", "ubicación de {s}",
         "¿Cómo llego a {s}?"),
        ("{S} queda en {place}.", "{S} se encuentra en {place}, aula {count}.", "La dirección de {s} es {place}, piso {count}."),
    ),
    Kind(
        ("¿Dan certificado por {s}?", "¿Qué certificado recibo al terminar {s}?", "certificado de {s}", "¿{S} tiene diploma?",
         "qué título dan por {s}", "¿Cómo obtengo mi constancia de {s}?"),
        ("Al terminar {s} recibes un certificado de {pseudo} por {count} horas.", "{S} otorga un diploma de {pseudo}.",
         "La constancia de {s} se entrega en {count} días y cuesta {money}."),
    ),
    Kind(
        ("¿Hay descuento en {s}?", "descuentos para {s}", "¿Tienen beca para {s}?", "¿Hay rebaja por pagar {s} al contado?",
         "¿Hay promoción en {s}?"),
        ("Hay un descuento de {percent} en {s} por pago al contado.", "{S} tiene beca de {percent} para {phrase}.",
         "Sí, en {s} se descuenta {money} a {phrase}."),
    ),
    Kind(
        ("¿Cuántas vacantes hay en {s}?", "vacantes de {s}", "¿Cuántos alumnos aceptan en {s}?", "cupos para {s}", "¿Queda sitio en {s}?"),
        ("{S} tiene {count} vacantes.", "Se aceptan {count} alumnos en {s}.", "Quedan {count} cupos para {s} en {place}."),
    ),
    Kind(
        ("¿Cómo me inscribo en {s}?", "inscripción a {s}", "¿Cómo me matriculo en {s}?", "quiero matricularme en {s}", "cómo me apunto a {s}",
         "¿Dónde me registro para {s}?", "pasos para entrar a {s}"),
        ("Para inscribirte en {s} escribe a {person} o acércate a {place}.", "La matrícula de {s} se hace en {place} con {list}.",
         "Te inscribes en {s} llamando al {phone}."),
    ),
    Kind(
        ("¿Cuál es el teléfono de {s}?", "número de {s}", "¿Cómo me comunico con {s}?", "contacto de {s}", "a qué número llamo por {s}",
         "¿Tienen correo de {s}?"),
        ("El teléfono de {s} es {phone}.", "Comunícate con {s} al {phone}, {days}.", "{S} atiende en el {phone} y en {pseudo}@{pseudo}.example."),
    ),
    Kind(
        ("¿Qué es {s}?", "¿A qué se refiere {s}?", "qué significa {s}", "explícame qué es {s}", "definición de {s}", "concepto de {s}",
         "¿Me puedes decir qué es {s}?", "de qué trata {s}"),
        ("{S} es {noun} que {verb} {phrase}.", "{S} significa {phrase}.", "Se llama {s} a {noun} {adj} que {verb} {phrase}."),
    ),
    Kind(
        ("¿Para qué sirve {s}?", "¿Qué utilidad tiene {s}?", "para qué me sirve {s}", "¿Por qué es importante {s}?", "beneficios de {s}",
         "qué gano con {s}", "¿Qué ventajas tiene {s}?"),
        ("{S} sirve para {inf} {phrase}.", "Con {s} puedes {inf} {phrase} y {inf} {phrase}.", "{S} ayuda a {inf} {phrase}."),
    ),
    Kind(
        ("¿Cómo funciona {s}?", "¿Cómo se hace {s}?", "cómo se calcula {s}", "¿De qué manera opera {s}?", "cuál es el procedimiento de {s}"),
        ("{S} {verb} {phrase} cada {count} días.", "Primero se {verb} {phrase} y luego {s} {verb} {phrase}.", "{S} se hace con {list}."),
    ),
    Kind(
        ("¿Cuál es la nota mínima de {s}?", "¿Con cuánto apruebo {s}?", "cómo se evalúa {s}", "¿Cómo son los exámenes de {s}?", "nota para pasar {s}"),
        ("{S} se aprueba con nota {count}.", "La nota mínima de {s} es {count}, con {count} exámenes.", "En {s} hay {count} prácticas y un examen el {date}."),
    ),
    Kind(
        ("¿Qué pasa si falto a {s}?", "faltas permitidas en {s}", "¿Puedo recuperar una clase de {s}?", "si no asisto a {s} qué pasa", "inasistencias en {s}"),
        ("En {s} se permite {percent} de faltas.", "Si faltas a {s}, recuperas la clase {days}.", "Las faltas a {s} se justifican en {place} antes de {count} días."),
    ),
    Kind(
        ("¿Cuál es la tasa de {s}?", "¿Qué interés tiene {s}?", "tasa de interés de {s}", "cuánto de interés cobran en {s}", "¿Qué comisión tiene {s}?"),
        ("La tasa de {s} es de {percent} al año.", "{S} cobra {percent} de interés y {money} de comisión.", "El interés de {s} es {percent}, según {phrase}."),
    ),
    Kind(
        ("¿Quién puede pedir {s}?", "¿A quién está dirigido {s}?", "para quién es {s}", "¿Yo puedo acceder a {s}?", "público de {s}"),
        ("{S} es para {phrase}.", "Puede pedir {s} toda persona que {verb} {phrase}.", "{S} está dirigido a {phrase} y a {phrase}."),
    ),
    Kind(
        ("¿Dónde puedo trabajar después de {s}?", "campo laboral de {s}", "¿Qué salida laboral tiene {s}?", "trabajo al terminar {s}",
         "¿Tienen bolsa de trabajo en {s}?"),
        ("Después de {s} puedes trabajar en {list}.", "{S} prepara para {inf} {phrase} en {place}.", "La bolsa de trabajo de {s} está en {place}."),
    ),
    Kind(
        ("¿Cómo pago {s}?", "formas de pago de {s}", "¿Dónde se paga {s}?", "¿Puedo pagar {s} con tarjeta?", "medios de pago para {s}",
         "a qué cuenta deposito {s}"),
        ("{S} se paga en {place} o por transferencia a la cuenta {phone}.", "Puedes pagar {s} con {list}.", "El pago de {s} vence el {date}."),
    ),
    Kind(
        ("¿Qué pasa si me atraso con {s}?", "mora de {s}", "¿Cobran penalidad por {s}?", "no pagué a tiempo {s}", "si pago tarde {s}"),
        ("Por atraso en {s} se cobra {money}.", "La mora de {s} es de {percent} desde el día {count}.", "Tienes {count} días de tolerancia para {s}, luego pagas {money}."),
    ),
)

_ONSETS = "b c d f g j l m n p r s t v br cr dr fl gr pl pr tr ch ll qu".split()
_VOWELS = "a e i o u a e o ia ie io ue".split()
_CODAS = ["", "", "", "", "n", "r", "s", "l", "m"]
_ENDINGS = "ar er ción dad mento or ía ista ina ón al eza ura ito ero".split()
_NOUNS = """sistema recurso documento contrato registro servicio cálculo método permiso acuerdo monto fondo plazo informe equipo
programa material proceso modelo cuaderno control aporte balance saldo ahorro crédito seguro banco cliente cajero negocio
empresa mercado cuenta tarjeta deuda cuota ficha solicitud norma ley entidad oficina agencia sede caja bolsa carta prueba
tabla lista red página plataforma herramienta técnica práctica regla meta tarea garantía operación inversión pensión""".split()
_ADJECTIVES = """general nuevo mensual anual diario seguro libre simple completo interno externo público privado rural digital
fijo variable total parcial directo personal comercial principal básico avanzado legal oficial gratuito""".split()
_VERBS = """registra ordena cuida reúne revisa compara mide guarda reparte entrega protege organiza calcula muestra cubre
devuelve recibe paga cobra ofrece permite exige confirma anota resume""".split()
_INFINITIVES = """registrar ordenar cuidar reunir revisar comparar medir guardar repartir entregar proteger organizar calcular
mostrar cubrir recibir pagar cobrar ofrecer atender vender ahorrar prestar evaluar planificar""".split()
_PEOPLE = "alumnos egresados vecinos socios clientes familias jóvenes trabajadores docentes comerciantes personas".split()
_TITLES = "curso programa taller diplomado seminario módulo club servicio plan área carrera especialidad".split()
_FEMININE = {"área", "carrera", "especialidad"}
_DAYS = "lunes martes miércoles jueves viernes sábado domingo".split()
_MONTHS = "enero febrero marzo abril mayo junio julio agosto setiembre octubre noviembre diciembre".split()
_MODES = ("presencial", "virtual", "semipresencial", "a distancia", "virtual en vivo", "mixta")
_STREETS = ("avenida", "calle", "jirón", "plaza", "pasaje", "urbanización")


def pseudo_word(rng: Rng) -> str:
    """A word that sounds Spanish and does not exist (mostly)."""
    stem = "".join(
        rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(rng.choice((1, 2, 2)))
    )
    return stem + rng.choice(_ONSETS[:16]) + rng.choice(_ENDINGS) if rng.random() < 0.6 else stem + rng.choice(("", "s", "a"))


def _word(rng: Rng) -> str:
    return pseudo_word(rng) if rng.random() < 0.45 else rng.choice(_NOUNS)


def _name(rng: Rng) -> str:
    word = pseudo_word(rng)
    return word.capitalize() if rng.random() < 0.8 else word.upper()[: rng.randint(3, 5)]


def _phrase(rng: Rng) -> str:
    heads = (
        lambda: f"{rng.choice(('el', 'un', 'cada', 'todo', 'su'))} {_word(rng)}",
        lambda: f"{rng.choice(('la', 'una', 'esta', 'su'))} {_word(rng)}",
        lambda: f"{rng.choice(('los', 'las', 'sus', ''))} {rng.choice(_PEOPLE)}".strip(),
        lambda: f"{rng.randint(2, 90)} {_word(rng)}",
    )
    text = rng.choice(heads)()
    if rng.random() < 0.4:
        text += f" {rng.choice(_ADJECTIVES)}"
    if rng.random() < 0.45:
        text += f" {rng.choice(('de', 'con', 'para', 'en', 'sin', 'por', 'según'))} {_word(rng)}"
    return text


def _money(rng: Rng) -> str:
    amount = rng.choice((rng.randint(1, 99) * 10, rng.randint(5, 2500), rng.randint(1, 99) * 100))
    return f"S/ {amount:,}" + (f".{rng.randint(0, 99):02d}" if rng.random() < 0.15 else "")


def _list(rng: Rng) -> str:
    items = [f"{_word(rng)}{' ' + rng.choice(_ADJECTIVES) if rng.random() < 0.3 else ''}" for _ in range(rng.randint(2, 5))]
    return ", ".join(items[:-1]) + f" y {items[-1]}"


def _days(rng: Rng) -> str:
    first, last = sorted(rng.sample(range(7), 2))
    return rng.choice((f"de {_DAYS[first]} a {_DAYS[last]}", f"los {_DAYS[first]} y {_DAYS[last]}", f"cada {_DAYS[first]}"))


_SLOTS: dict[str, Callable[[Rng], str]] = {
    "money": _money,
    "count": lambda r: str(r.choice((r.randint(2, 12), r.randint(2, 60), r.randint(10, 400)))),
    "percent": lambda r: f"{r.randint(1, 95)}{r.choice(('', '.' + str(r.randint(1, 9))))} %",
    "hour": lambda r: f"{r.randint(1, 12)}:{r.choice(('00', '30', '15', '45'))} {r.choice(('a. m.', 'p. m.'))}",
    "days": _days,
    "date": lambda r: f"{r.randint(1, 31)} de {r.choice(_MONTHS)}" + (f" de {r.randint(1990, 2030)}" if r.random() < 0.3 else ""),
    "mode": lambda r: r.choice(_MODES),
    "place": lambda r: f"{r.choice(_STREETS)} {_name(r)} {r.randint(1, 2500)}",
    "person": lambda r: f"{pseudo_word(r).capitalize()} {pseudo_word(r).capitalize()}",
    "phone": lambda r: r.choice((f"9{r.randint(10_000_000, 99_999_999)}", f"0{r.randint(41, 84)} {r.randint(100, 999)} {r.randint(100, 999)}")),
    "list": _list,
    "pseudo": pseudo_word,
    "noun": lambda r: f"{r.choice(('el', 'un'))} {_word(r)}",
    "adj": lambda r: r.choice(_ADJECTIVES),
    "verb": lambda r: r.choice(_VERBS),
    "inf": lambda r: r.choice(_INFINITIVES),
    "phrase": _phrase,
}  # fmt: skip


def invented_subject(rng: Rng) -> str:
    """Something that a school could be asked about: "el taller de Tralino Mencidad"."""
    name = " ".join(_name(rng) if rng.random() < 0.6 else _word(rng).capitalize() for _ in range(rng.choice((1, 1, 2, 2, 3))))
    if rng.random() < 0.5:
        title = rng.choice(_TITLES)
        name = f"{'la' if title in _FEMININE else 'el'} {title} {rng.choice(('de', 'de', ''))} {name}".replace("  ", " ")
    elif rng.random() < 0.6:
        name = f"{rng.choice(('el', 'la'))} {name if rng.random() < 0.5 else name.lower()}"
    return name


def _fill(template: str, subject: str, rng: Rng) -> str:
    text = template.replace("{S}", subject[:1].upper() + subject[1:]).replace("{s}", subject)
    text = re.sub(r"\{(\w+)\}", lambda match: _SLOTS[match.group(1)](rng), text)
    text = re.sub(r"\bde el\b", "del", re.sub(r"\ba el\b", "al", text)).replace("..", ".")
    return text[0].upper() + text[1:] if text.endswith(".") else text


def _extra_sentence(rng: Rng) -> str:
    template = rng.choice(("También {verb} {phrase}.", "Se {verb} {phrase} en {place}.", "Además, {phrase} {verb} {phrase}.", "Consulta al {phone}.",
                           "No incluye {list}.", "Esto {verb} {phrase} desde {date}."))  # fmt: skip
    return _fill(template, "", rng)


def invented_fact(rng: Rng, kind: int | None = None, subject: str | None = None) -> Fact:
    """A pair of the given kind about the given subject; both are drawn where they are not given."""
    kind = rng.randrange(len(KINDS)) if kind is None else kind
    subject = subject or invented_subject(rng)
    wordings = [_fill(template, subject, rng) for template in KINDS[kind].questions]
    question, *others = rng.sample(wordings, len(wordings))
    answer = _fill(rng.choice(KINDS[kind].answers), subject, rng)
    for chance in (0.25, 0.08):
        if rng.random() < chance:
            answer += " " + _extra_sentence(rng)
    return Fact(kind, subject, question, answer, tuple(others))


def _distractor(fact: Fact, rng: Rng) -> Fact:
    """A pair that does not answer what ``fact`` answers: alike in subject, in kind, or in neither."""
    draw = rng.random()
    other_kind = rng.choice([k for k in range(len(KINDS)) if k != fact.kind])
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
