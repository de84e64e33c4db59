"""How long the bot takes for one message at a time: to decide, and to generate. A machine's speed is never gated on."""

from collections.abc import Sequence

import numpy as np

from bot import as_served
from bot.generation.base import Generator
from bot.messages import Kind
from bot.profile import Profile
from bot.retrieval.base import Knowledge
from bot.settings import Settings
from training.evaluation.other_schools import silent
from training.evaluation.sets import WORDINGS, Question

DECISIONS, GENERATIONS = 200, 20
"""Messages that are timed at most."""


async def times(
    generator: Generator, settings: Settings, profile: Profile, knowledge: Knowledge, questions: Sequence[Question]
) -> dict[str, float]:
    """The measures ``served.…_ms_…``, by name; those without a case are absent.

    A decision is all that an answer takes with a model that says nothing; it is timed over messages of every set.
    """
    deciding = as_served.answerer(settings, profile, knowledge, silent())
    speaking = as_served.answerer(settings, profile, knowledge, generator)
    some = questions[:: len(questions) // DECISIONS + 1]
    decided = [(await deciding.answer(question.text)).milliseconds["total"] for question in some]
    wordings = [question for question in questions if question.source in WORDINGS]
    answers = [await speaking.answer(question.text) for question in wordings[:GENERATIONS]]
    generated = [answer.milliseconds["generate"] for answer in answers if answer.kind is Kind.ANSWER]
    found = {}
    if decided:
        found["served.decision_ms_p50"], found["served.decision_ms_p95"] = np.percentile(decided, [50, 95]).tolist()
    if generated:
        found["served.generation_ms_p50"] = float(np.median(generated))
    return found
