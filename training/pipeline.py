"""One retraining, from approved answers to a promoted adapter; :func:`run` is the whole story in one screen.

Everything in the making lies in one run folder, named after its inputs, under ``home/runs``. Killed anywhere, the same
command finds that folder and goes on after the last step that was finished; inside the fine-tuning, after the last
checkpoint. Nothing outside the folder changes before its step is whole.
"""

import asyncio
import shutil
from collections.abc import Collection
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from bot.adapters import adapter_in_service, add_version
from bot.card import borrowed_card
from bot.generation.base import Adapter
from bot.generation.loading import load_tokenizer
from bot.generation.local import LocalGenerator
from bot.generation.manifest import Manifest, read_manifest
from bot.settings import Settings
from storage.database import Database
from training.dataset.rows import held_out_rows
from training.evaluation.evaluate import Evaluation, evaluate
from training.evaluation.held_out_loss import held_out_loss
from training.finetuning.finetune import finetune
from training.folding.fold import fold
from training.inputs import Inputs, check, gather, trained_before, with_base
from training.promotion import Verdict, judge, promote
from training.recipe import Recipe
from training.reporting.evaluation import write_evaluation
from training.reporting.report import write_report

BARE_BASE = "the bare base"
"""What the champion is called where no adapter serves."""


@dataclass(frozen=True)
class Options:
    """What a person may ask of a run besides its recipe."""

    by: str
    allow_removals: bool = False
    """Fold even where more than a tenth of the rows would go."""
    again: bool = False
    """Train even where nothing has changed since the last adapter."""
    pause_bot: bool = False
    """Have the running bot free its memory meanwhile, for a card that is too small for both."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    version: str
    promoted: bool
    text: str
    """In words, for a terminal or a log."""
    report: str
    """Path of the HTML report; empty when nothing was trained."""


def run(recipe: Recipe, settings: Settings, database: Database, options: Options) -> Outcome:
    """Folds, trains, measures, registers, reports and, where the gates hold, promotes. The caller holds the lock.

    Raises:
        DataError: the fold or the pre-flight stopped; says what to mend.
        ModelError: the base cannot be used, or the training failed.
    """
    settings = with_base(settings, recipe)
    load_tokenizer(settings.base_model)  # a base that cannot be found is told before anything is written
    champion = adapter_in_service(settings, database).adapter
    by, csv = options.by, settings.pairs_csv
    folded = fold(database, csv, settings.csv_versions, by=by, allow_removals=options.allow_removals)
    print(folded.summary, flush=True)

    inputs = gather(recipe, settings, database, champion)
    folder = settings.runs / inputs.key
    unfinished = folder.is_dir()
    if not (unfinished or options.again) and (same := trained_before(inputs, database)):
        serves = "it is in service" if champion and champion.version == same else "it is not in service"
        text = f"nothing has changed since {same}, made of the same pairs, recipe and base; {serves} (else: --again)"
        return Outcome(same, False, text, "")
    lengths = check(inputs)
    if not unfinished:
        _begin(folder, recipe.name)

    with borrowed_card(settings.home) if options.pause_bot else nullcontext():
        manifest = fine_tune(inputs, folder / "adapter", folder / "checkpoints")
        candidate, reference = measure(inputs, folder)
    verdict = judge(recipe.gates, candidate, reference, champion_name=champion.version if champion else BARE_BASE)

    manifest = replace(manifest, metrics=candidate.measures)
    learned = dict(item for pair in inputs.corpus.pairs for item in pair.ids)
    version = add_version(settings, database, folder=folder / "adapter", manifest=manifest, pairs=list(learned.items()))
    reported = report_folder(settings, inputs.base, version)
    write_evaluation(reported / "evaluation", candidate, answer_from=settings.answer_from)
    page = write_report(
        reported,
        manifest=manifest,
        candidate=candidate,
        champion=reference,
        verdict=verdict,
        version=version,
        lengths=lengths,
    )
    if verdict.promote:
        promote(database, settings=settings, version=version, by=by, why="; ".join(verdict.reasons))
    _end(folder)
    return Outcome(version, verdict.promote, decision(version, verdict), str(page))


def decision(version: str, verdict: Verdict) -> str:
    """What became of a version, in words."""
    became = "is in service from now on" if verdict.promote else "stays a candidate"
    return f"{version} {became}: {'; '.join(verdict.reasons)}"


def report_folder(settings: Settings, base: str, version: str) -> Path:
    """Where a version's report lies."""
    return settings.reports / base.replace("/", "--") / version


def fine_tune(inputs: Inputs, out: Path, work: Path) -> Manifest:
    """The adapter of these inputs in ``out``, trained unless it is there already; checkpoints are in ``work``."""
    if out.is_dir():
        return read_manifest(out)
    manifest = finetune(
        inputs.recipe,
        base=inputs.settings.base_model,
        corpus=inputs.corpus,
        system=inputs.system,
        synonyms=inputs.synonyms,
        out=out,
        device=inputs.settings.device,
        work=work,
    )
    shutil.rmtree(work, ignore_errors=True)
    return manifest


def measure(inputs: Inputs, folder: Path) -> tuple[Evaluation, Evaluation]:
    """Candidate and champion (where there is none, the bare base) on the same questions, unless done already."""
    questions = inputs.questions_digest()

    def of(adapter: Adapter | None, name: str) -> Evaluation:
        file = folder / f"{name}-{questions}.json"
        if not file.is_file():
            measured(inputs, adapter).write(file)
        return Evaluation.read(file)

    champion = inputs.champion
    candidate = of(Adapter("candidate", folder / "adapter"), "candidate")
    return candidate, of(champion, f"champion-{champion.version if champion else 'none'}")


def measured(
    inputs: Inputs,
    adapter: Adapter | None,
    parts: Collection[str] = ("gate", "test"),
    schools: Path | None = None,
) -> Evaluation:
    """One adapter's answers to the questions of ``parts``, and its loss on rows of held-out wordings.

    With ``schools``, a folder of other schools, retrieval's answers to theirs besides.
    """
    plan, settings = inputs.recipe.training, inputs.settings
    rows = held_out_rows(
        inputs.corpus, system=inputs.system, synonyms=inputs.synonyms, plan=inputs.recipe.dataset, seed=plan.seed
    )
    loss = None
    if rows and "gate" in parts:
        path = adapter.path if adapter else None
        loss = held_out_loss(
            rows, base=settings.base_model, adapter=path, device=settings.device, max_length=plan.max_length
        )
    return asyncio.run(_asked(inputs, adapter, loss, parts, schools))


async def _asked(
    inputs: Inputs, adapter: Adapter | None, loss: float | None, parts: Collection[str], schools: Path | None
) -> Evaluation:
    settings = inputs.settings
    generator = await LocalGenerator.load(
        settings.base_model,
        device=settings.device,
        adapter=adapter,
        kv_cache_mb=settings.kv_cache_mb,
        max_in_flight=settings.max_in_flight,
        max_waiting=settings.max_waiting,
    )
    try:
        return await evaluate(
            generator,
            corpus=inputs.corpus,
            settings=settings,
            profile=inputs.profile,
            synonyms=inputs.synonyms,
            sets=inputs.sets(),
            closed_book_system=inputs.system,
            held_out_loss=loss,
            parts=parts,
            schools=schools,
        )
    finally:
        await generator.aclose()


def _begin(folder: Path, recipe: str) -> None:
    """An empty folder for a run; what the recipe left unfinished with other inputs is of no use any more."""
    for other in (*folder.parent.glob(f"{recipe}-*"), *folder.parent.glob(".*")):
        shutil.rmtree(other, ignore_errors=True)
    folder.mkdir(parents=True)


def _end(folder: Path) -> None:
    """What counts is in the registry and in the report by now."""
    done = folder.with_name(f".{folder.name}")
    folder.rename(done)  # at once, so that a folder half deleted is not taken for an unfinished run
    shutil.rmtree(done)
