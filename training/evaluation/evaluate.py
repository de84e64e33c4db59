"""Measures one adapter: the same questions for each, as served and with the safeguards off; writes no message.

New wordings are asked against a knowledge without the held-out ones, since the bot would find those letter by letter.
The other parts are asked against all of it, as students are answered.
"""

import asyncio
import json
import math
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Self

from bot.generation.base import Generator
from bot.profile import Profile
from bot.retrieval.calibrated import CalibratedIndex
from bot.retrieval.models import RetrievalModels, load_models
from bot.retrieval.synonyms import Synonyms
from bot.settings import Settings
from training.dataset.corpus import Corpus
from training.evaluation import other_schools
from training.evaluation.asking import Asked, Asking, all_of
from training.evaluation.measuring import measured
from training.evaluation.obedience import Approved
from training.evaluation.remembering import Remembering
from training.evaluation.scoring import share_interval
from training.evaluation.sets import OUT_OF_SCOPE, TWO_QUESTIONS, WORDINGS, EvaluationSets
from training.evaluation.timing import times


@dataclass(frozen=True)
class Evaluation:
    """What one adapter was measured at."""

    adapter: str | None
    """Its version; None for the bare base."""
    base: str
    measures: dict[str, float]
    """By the names in :data:`training.measures.MEASURES`, or one of its prefixes; one that had no case is absent."""
    counts: dict[str, int]
    """See :class:`training.evaluation.measuring.Measured`."""
    answers: list[Asked]

    def write(self, path: Path) -> None:
        """As JSON, with the 95 % confidence interval of each share."""
        intervals = {name: share_interval(self.measures[name], n) for name, n in self.counts.items() if "." in name}
        text = json.dumps(asdict(self) | {"intervals": intervals}, ensure_ascii=False, indent=1)
        draft = path.with_name(f".{path.name}")
        draft.write_text(text + "\n", encoding="utf-8")
        draft.replace(path)  # whole or not there: a retraining that was killed goes on from it

    @classmethod
    def read(cls, path: Path) -> Self:
        """What :meth:`write` wrote."""
        raw = json.loads(path.read_text(encoding="utf-8"))
        del raw["intervals"]
        return cls(**raw | {"answers": [Asked(**asked) for asked in raw["answers"]]})


async def evaluate(
    generator: Generator,
    *,
    corpus: Corpus,
    settings: Settings,
    profile: Profile,
    synonyms: Synonyms,
    sets: EvaluationSets,
    closed_book_system: str,
    held_out_loss: float | None,
    parts: Collection[str] = ("gate", "test"),
    schools: Path | None = None,
) -> Evaluation:
    """Asks the generator's present model everything; of ``settings`` only those of answering are used.

    ``closed_book_system`` is the system text of the closed-book rows that the adapter was trained on;
    ``held_out_loss`` is :func:`training.evaluation.held_out_loss.held_out_loss`'s, None where nothing was held out.
    Only questions of ``parts`` are asked; those without passages belong to ``gate``. ``test`` is asked as served only:
    it is reported, and takes as long as all the others together. With ``schools``, the folder of
    :mod:`training.evaluation.other_schools`, these are asked too and single messages timed: no gate needs either.
    """
    models = await asyncio.to_thread(load_models, synonyms, settings.embeddings, settings.cache)
    gate = await _index(models, [(pair.trained, pair.pair.answer) for pair in corpus.pairs])
    whole = await _index(models, [(pair.wordings, pair.pair.answer) for pair in corpus.pairs])
    model, remembering = generator.model, Remembering(generator)
    approved = Approved.of([pair.pair.answer for pair in corpus.pairs], profile)
    of_gate, of_others = (Asking(remembering, settings, profile, found, approved) for found in (gate, whole))
    asking = {"gate": of_gate, "dev": of_others, "test": of_others}
    questions = [q for q in sets.questions if q.part in parts]
    read = [q for q in questions if q.source in WORDINGS | OUT_OF_SCOPE and q.part != "test"]
    served = [partial(asking[q.part].served, q) for q in questions]
    raw = [partial(asking[q.part].raw, q) for q in read if q.kind != TWO_QUESTIONS]  # the bot shows one at a time
    by_heart = corpus.pairs if "gate" in parts else ()
    closed_book = [partial(of_gate.closed_book, pair.pair, closed_book_system) for pair in by_heart]
    started = time.perf_counter()
    answers = await all_of(f"{model} as served", served, settings.max_in_flight)
    seconds = time.perf_counter() - started
    answers += await all_of(f"{model} without safeguards", raw, settings.max_in_flight)
    answers += await all_of(f"{model} without passages", closed_book, settings.max_in_flight)
    if schools:
        jobs = list(other_schools.jobs(schools, models, settings, profile))
        answers += await all_of("other schools", jobs, settings.max_in_flight)
    found = measured(answers)
    if schools:
        found.measures.update(await times(generator, settings, profile, whole, questions))
    found.measures["served.answers_per_second"] = len(served) / seconds
    if held_out_loss is not None and math.isfinite(held_out_loss):  # no NaN: JSON has none
        perplexity = math.exp(min(held_out_loss, 700.0))  # beyond it, there is no such float
        found.measures.update({"raw.held_out_loss": held_out_loss, "raw.perplexity": perplexity})
    return Evaluation(model.adapter, model.base, found.measures, found.counts, answers)


async def _index(models: RetrievalModels, pairs: Sequence[tuple[Sequence[str], str]]) -> CalibratedIndex:
    """The knowledge of these (wordings, answer)."""
    rows = [(number, wordings[0], answer, wordings[1:]) for number, (wordings, answer) in enumerate(pairs)]
    return await asyncio.to_thread(CalibratedIndex, models, rows)
