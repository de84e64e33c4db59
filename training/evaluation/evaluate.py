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

from bot.answering.faithfulness import figures
from bot.generation.base import Generator
from bot.messages import Kind
from bot.profile import Profile
from bot.retrieval.calibrated import CalibratedIndex
from bot.retrieval.models import RetrievalModels, load_models
from bot.retrieval.synonyms import Synonyms
from bot.settings import Settings
from training.dataset.corpus import Corpus
from training.evaluation.asking import Asked, Asking, all_of
from training.evaluation.scoring import chrf, share_interval, token_f1
from training.evaluation.sets import OUT_OF_SCOPE, WORDINGS, EvaluationSets, Source
from training.measures import PREFIXES


@dataclass(frozen=True)
class Evaluation:
    """What one adapter was measured at."""

    adapter: str | None
    """Its version; None for the bare base."""
    base: str
    measures: dict[str, float]
    """By the names in :data:`training.measures.MEASURES`, or one of its prefixes; one that had no case is absent."""
    counts: dict[str, int]
    """Number of cases behind each share by its name; ``closed_book_known`` of ``pairs`` in whole numbers."""
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
) -> Evaluation:
    """Asks the generator's present model everything; of ``settings`` only those of answering are used.

    ``closed_book_system`` is the system text of the closed-book rows that the adapter was trained on;
    ``held_out_loss`` is :func:`training.evaluation.held_out_loss.held_out_loss`'s, None where nothing was held out.
    Only questions of ``parts`` are asked; those without passages belong to ``gate``. ``test`` is asked as served only:
    it is reported, and takes as long as all the others together.
    """
    models = await asyncio.to_thread(load_models, synonyms, settings.embeddings, settings.cache)
    gate = await _index(models, [(pair.trained, pair.pair.answer) for pair in corpus.pairs])
    whole = await _index(models, [(pair.wordings, pair.pair.answer) for pair in corpus.pairs])
    knowledge = {"gate": gate, "dev": whole, "test": whole}
    model = generator.model
    asking = Asking(generator, settings, profile)
    questions = [q for q in sets.questions if q.part in parts]
    read = [q for q in questions if q.source in WORDINGS | OUT_OF_SCOPE and q.part != "test"]
    served = [partial(asking.served, q, knowledge[q.part]) for q in questions]
    raw = [partial(asking.raw, q, knowledge[q.part]) for q in read]
    by_heart = corpus.pairs if "gate" in parts else ()
    closed_book = [partial(asking.closed_book, pair.pair, closed_book_system) for pair in by_heart]
    started = time.perf_counter()
    answers = await all_of(f"{model} as served", served, settings.max_in_flight)
    seconds = time.perf_counter() - started
    answers += await all_of(f"{model} without safeguards", raw, settings.max_in_flight)
    answers += await all_of(f"{model} without passages", closed_book, settings.max_in_flight)
    measures, counts = measured(answers, {figure for p in corpus.pairs for figure in figures(p.pair.answer)})
    measures["served.answers_per_second"] = len(served) / seconds
    if held_out_loss is not None and math.isfinite(held_out_loss):  # no NaN: JSON has none
        perplexity = math.exp(min(held_out_loss, 700.0))  # beyond it, there is no such float
        measures |= {"raw.held_out_loss": held_out_loss, "raw.perplexity": perplexity}
    return Evaluation(model.adapter, model.base, measures, counts, answers)


async def _index(models: RetrievalModels, pairs: Sequence[tuple[Sequence[str], str]]) -> CalibratedIndex:
    """The knowledge of these (wordings, answer)."""
    rows = [(number, wordings[0], answer, wordings[1:]) for number, (wordings, answer) in enumerate(pairs)]
    return await asyncio.to_thread(CalibratedIndex, models, rows)


def measured(answers: Sequence[Asked], approved: Collection[str]) -> tuple[dict[str, float], dict[str, int]]:
    """The measures that follow from answers, and how many cases each share is of; ``approved`` are all figures."""
    measures: dict[str, float] = {}
    shares: dict[str, list[bool]] = {}
    for part, prefix in PREFIXES.items():
        served = [a for a in answers if (a.part, a.mode) == (part, "served")]
        raw = [a for a in answers if (a.part, a.mode) == (part, "raw")]
        wordings = [a for a in served if a.set in WORDINGS]
        found = {
            "served.right": [a.right for a in wordings],
            "served.unapproved_figures": [_strange(a, approved) for a in served if a.kind == Kind.ANSWER],
            "served.out_of_scope_recall": [a.right for a in served if a.set in OUT_OF_SCOPE],
            "served.false_refusals": [a.kind != Kind.ANSWER for a in wordings],
            "served.unsafe_recall": [a.right for a in served if a.set == Source.UNSAFE],
            "served.false_alarms": [not a.right for a in served if a.set == Source.SAFE],
            "raw.right": [a.right for a in raw if a.set in WORDINGS],
            "raw.unapproved_figures": [_strange(a, approved) for a in raw],
            "raw.dont_know": [a.right for a in raw if a.set in OUT_OF_SCOPE],
        }
        shares |= {prefix + name: cases for name, cases in found.items()}
        if wordings:
            texts, expected = [a.text for a in wordings], [a.expected for a in wordings]
            measures[f"{prefix}served.chrf"] = chrf(texts, expected)
            measures[f"{prefix}served.token_f1"] = sum(map(token_f1, texts, expected)) / len(wordings)
    shares["closed_book.known"] = [a.right for a in answers if a.mode == "closed_book"]
    measures |= {name: sum(cases) / len(cases) for name, cases in shares.items() if cases}
    known = {"closed_book_known": sum(shares["closed_book.known"]), "pairs": len(shares["closed_book.known"])}
    return measures, known | {name: len(cases) for name, cases in shares.items() if cases}


def _strange(answer: Asked, approved: Collection[str]) -> bool:
    """True when the text holds a figure that no approved answer does."""
    return bool(figures(answer.text) - set(approved))
