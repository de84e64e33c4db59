"""Other schools' questions to other schools' answers: does what retrieval learned hold for a CSV it never saw?

Each folder holds a school's ``pairs.csv`` and two sets. They are asked through the bot's answerer with a model that
says nothing, so that what is measured is understanding, retrieval and the decision, in seconds.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bot import as_served
from bot.answering.answerer import Answerer
from bot.errors import DataError
from bot.generation.scripted import ScriptedGenerator
from bot.messages import Kind
from bot.profile import Profile
from bot.retrieval.calibrated import CalibratedIndex
from bot.retrieval.models import RetrievalModels
from bot.settings import Settings
from storage.pairs_csv import group_rows, read_csv
from storage.text import folded
from training.evaluation.asking import Asked, Job, not_answered
from training.evaluation.set_files import OTHER_SCHOOL, read_rows
from training.evaluation.sets import Source


def jobs(folder: Path, models: RetrievalModels, settings: Settings, profile: Profile) -> Iterator[Job]:
    """What to ask of each school in ``folder``: the first pair must be the right one, or none may be given.

    Raises:
        DataError: a file breaks its format, or a wording asks what the school's ``pairs.csv`` does not hold.
    """
    for school in sorted(path for path in folder.iterdir() if path.is_dir()):
        pairs = group_rows(read_csv(school / "pairs.csv"))
        rows = [(number, pair.question, pair.answer, pair.wordings) for number, pair in enumerate(pairs)]
        answerer = as_served.answerer(settings, profile, CalibratedIndex(models, rows), silent())
        answers = {folded(question): pair.answer for pair in pairs for question in (pair.question, *pair.wordings)}
        for row in read_rows(school / "wordings.csv", OTHER_SCHOOL["wordings.csv"]):
            if (approved := answers.get(folded(row["approved_question"]))) is None:
                raise DataError(f"{school / 'wordings.csv'}: nobody approved {row['approved_question']!r}. Mend it.")
            yield partial(_asked, answerer, school.name, Source.NEW, row["wording"], approved)
        for row in read_rows(school / "out_of_scope.csv", OTHER_SCHOOL["out_of_scope.csv"]):
            yield partial(_asked, answerer, school.name, Source(row["kind"]), row["question"], "")


def silent() -> ScriptedGenerator:
    """A model that says nothing, so that the answerer gives the approved answer that it decided on."""
    return ScriptedGenerator(lambda _: "")


async def _asked(answerer: Answerer, school: str, source: Source, text: str, expected: str) -> Asked:
    answer = await answerer.answer(text)
    if source is Source.NEW:
        right = bool(answer.passages) and answer.passages[0].answer == expected
    else:
        right = not_answered(answer)
    said = answer.text if answer.kind is Kind.ANSWER else ""
    kind, probability = answer.kind.value, answer.probability
    return Asked(source.value, "test", text, expected, "schools", kind, said, right, school, probability=probability)
