"""The report's words for measures, kinds of answers, question sets and recipe keys; staff read it, so in Spanish.

A test compares the keys with what the code can name, so that nothing shows up in the report untranslated.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from training.measures import TEST


@dataclass(frozen=True)
class MeasureText:
    """How a measure of :data:`training.measures.MEASURES` is shown."""

    label: str
    shown: Callable[[float], str]
    """The value with its unit."""


def percent(share: float) -> str:
    """0.875 as ``87.5 %``."""
    return f"{share:.1%}".replace("%", "\N{NO-BREAK SPACE}%")


def _with_unit(form: str) -> Callable[[float], str]:
    return lambda value: form.format(value).replace(" ", "\N{NO-BREAK SPACE}")


_MS = _with_unit("{:.1f} ms")
_NATS = _with_unit("{:.4f} nats/token")
GROUPS: Mapping[str, str] = {
    "served": "Con todas las protecciones, como responde a los estudiantes",
    "raw": "El modelo solo, sin protecciones",
    "closed_book": "De memoria, sin información delante",
    "schools": "Con las respuestas de otras escuelas, sin modelo",
}
"""By the first part of a measure's name, which is also the mode in which a question was asked."""

MEASURES: Mapping[str, MeasureText] = {
    "served.right": MeasureText("Responde bien a redacciones nuevas", percent),
    "served.follow_ups_right": MeasureText("Responde bien a repreguntas", percent),
    "served.chrf": MeasureText("Parecido con la respuesta aprobada (chrF++)", _with_unit("{:.1f} de 100")),
    "served.token_f1": MeasureText("Palabras en común con la respuesta aprobada (F1)", _with_unit("{:.3f} de 1")),
    "served.unapproved_figures": MeasureText("Respuestas con cifras que nadie aprobó", percent),
    "served.out_of_scope_recall": MeasureText("No responde lo que no le toca", percent),
    "served.far_recall": MeasureText("No responde lo que está lejos del tema", percent),
    "served.near_recall": MeasureText("No responde lo cercano que nadie aprobó", percent),
    "served.false_refusals": MeasureText("Deja sin responder algo aprobado", percent),
    "served.unsafe_recall": MeasureText("Reconoce mensajes de riesgo", percent),
    "served.false_alarms": MeasureText("Falsas alarmas de riesgo", percent),
    "served.false_alarms_on_wordings": MeasureText("Falsas alarmas en preguntas aprobadas", percent),
    "served.injections_followed": MeasureText("Obedece mensajes que intentan manipularlo", percent),
    "served.answers_per_second": MeasureText("Velocidad", _with_unit("{:.2f} respuestas/s")),
    "served.decision_ms_p50": MeasureText("Tiempo para decidir, sin redactar (mediana)", _MS),
    "served.decision_ms_p95": MeasureText("Tiempo para decidir, sin redactar (percentil 95)", _MS),
    "served.generation_ms_p50": MeasureText("Tiempo para redactar una respuesta (mediana)", _MS),
    "raw.right": MeasureText("Responde bien leyendo la información", percent),
    "raw.unapproved_figures": MeasureText("Textos con cifras que nadie aprobó", percent),
    "raw.dont_know": MeasureText("Dice que no sabe cuando no le toca", percent),
    "raw.held_out_loss": MeasureText("Pérdida con redacciones reservadas", _NATS),
    "raw.perplexity": MeasureText("Perplejidad", _with_unit("{:.3f}")),
    "closed_book.known": MeasureText("Sabe de memoria la respuesta aprobada", percent),
    "schools.right_pair": MeasureText("Encuentra primero el par aprobado", percent),
    "schools.answered": MeasureText("Responde a lo aprobado", percent),
    "schools.far_recall": MeasureText("No responde lo que está lejos del tema", percent),
    "schools.near_recall": MeasureText("No responde lo cercano que nadie aprobó", percent),
}


def label(name: str) -> str:
    """A measure's name in words."""
    return MEASURES[name.removeprefix(TEST)].label


def shown(value: float, name: str) -> str:
    """A measure's value with its unit."""
    return MEASURES[name.removeprefix(TEST)].shown(value)


MODES: Mapping[str, str] = {
    "served": "con protecciones",
    "raw": "modelo solo",
    "closed_book": "de memoria",
    "schools": "otra escuela",
}

KINDS: Mapping[str, str] = {
    "answer": "respondió",
    "small_talk": "conversación",
    "unknown": "dijo que no sabe",
    "out_of_scope": "fuera de tema",
    "unsafe": "lo tomó por riesgo",
    "failed": "no llegó a responder",
}

SETS: Mapping[str, str] = {
    "held_out": "redacción reservada",
    "new": "redacción nueva",
    "typed": "escrita como en un chat",
    "follow_up": "repregunta",
    "far": "fuera de tema",
    "near": "cerca del tema, sin respuesta aprobada",
    "unsafe": "mensaje de riesgo",
    "safe": "parece de riesgo y no lo es",
    "injection": "intento de manipular al bot",
    "pairs": "pregunta aprobada",
}

ROWS: Mapping[str, str] = {
    "closed_book": "con la pregunta sola",
    "grounded": "con la información delante",
    "dont_know": "para decir que no sabe",
}

OUTCOMES: Mapping[str, str] = {
    "worse": "Estaban bien y ahora están mal",
    "better": "Estaban mal y ahora están bien",
    "other": "Cambiaron sin cambiar de acierto",
}

RECIPE: Mapping[str, str] = {
    "name": "nombre de la receta",
    "base": "modelo base; sin valor, el del bot",
    "quantisation": "cómo se guarda el modelo base: en 4 bits",
    "lora.r": "rango de cada ajuste",
    "lora.alpha": "peso del ajuste: alpha / r",
    "lora.dropout": "fracción de las entradas del ajuste que se apaga al entrenar",
    "lora.target_modules": "capas que reciben un ajuste",
    "dataset.closed_book": "fracción de filas con la pregunta sola",
    "dataset.grounded": "fracción de filas con la información correcta delante",
    "dataset.dont_know": "fracción de filas sin ella: se enseña a decir que no sabe",
    "dataset.system_text": "si las filas empiezan con el texto del perfil",
    "dataset.held_out": "fracción de las redacciones que nunca se entrenan",
    "dataset.rows_per_pair": "filas por cada par aprobado; sin valor, una por redacción",
    "dataset.new_pair_rows": "filas adicionales por cada par nuevo",
    "dataset.passages": "pares que se muestran al modelo, como máximo",
    "dataset.as_served": "fracción de filas que muestran lo que mostraría el bot",
    "dataset.shuffled": "fracción de filas con la información en desorden",
    "dataset.new_wording": "fracción de filas con una redacción que el buscador no conoce",
    "dataset.noise": "fracción de filas escritas como en un chat",
    "training.epochs": "pasadas por todas las filas",
    "training.max_steps": "pasos de optimización",
    "training.batch_size": "filas a la vez",
    "training.gradient_accumulation": "tandas por paso de optimización",
    "training.gradient_checkpointing": "si se ahorra memoria recalculando",
    "training.learning_rate": "tasa de aprendizaje máxima",
    "training.schedule": "cómo cambia la tasa de aprendizaje",
    "training.warmup_ratio": "fracción de los pasos en que la tasa sube desde 0",
    "training.weight_decay": "decaimiento de los pesos por paso",
    "training.max_grad_norm": "norma máxima del gradiente",
    "training.optimizer": "optimizador",
    "training.max_length": "tokens de una fila, como máximo",
    "training.seed": "semilla del azar",
    "training.logging_steps": "pasos entre dos puntos de la curva de pérdida",
    "training.checkpoint_steps": "pasos entre dos puntos de control",
    "training.patience": "puntos de control sin mejora antes de parar; sin valor, nunca para antes",
}
