"""The commands of ``cenfobot-train`` that train or measure a model; the others are in ``bookkeeping.py``."""

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from bot.adapters import Registered, adapter_in_service
from bot.errors import DataError, ModelError, SettingsError
from bot.generation.base import Adapter
from bot.generation.manifest import read_manifest
from bot.profile import load_profile
from bot.retrieval.synonyms import Synonyms
from bot.settings import DATA, Settings
from storage.database import Database
from storage.exclusive import exclusive
from storage.training_runs import TrainingRunRecord
from training import pipeline, promotion, tune
from training.dataset.corpus_in_service import corpus_from_csv
from training.dataset.rows import build_rows
from training.evaluation.sets import WORDINGS
from training.importing import import_adapter
from training.inputs import Inputs, check, gather, with_base
from training.recipe import Recipe, load_recipe
from training.reporting.evaluation import as_text, write_evaluation
from training.reporting.readme import publish
from training.reporting.report import rewrite_report
from training.reporting.tables import Table
from training.requests import LOCK, work_off

OTHER_SCHOOLS = DATA / "evaluation" / "other_schools"


def _run(args: argparse.Namespace, settings: Settings, database: Database) -> int:
    options = pipeline.Options(args.by, args.allow_removals, args.again, args.pause_bot)
    with exclusive(settings.database, LOCK):
        outcome = pipeline.run(load_recipe(args.recipe), settings, database, options)
    print(outcome.text)
    if outcome.report:
        print(f"report: {outcome.report}")
    return 0


def _check(args: argparse.Namespace, settings: Settings, database: Database) -> int:
    lengths = check(_in_service(args, settings, database))
    print(f"{len(lengths)} rows of {min(lengths)} to {max(lengths)} tokens; nothing stands in the way of training")
    return 0


def _dataset(args: argparse.Namespace, settings: Settings, database: Database) -> int:
    inputs = _in_service(args, settings, database)
    plan = inputs.recipe
    for row in build_rows(
        inputs.corpus, system=inputs.system, synonyms=inputs.synonyms, plan=plan.dataset, seed=plan.training.seed
    ):
        fields = {"kind": row.kind.value, "prompt": row.prompt.user, "completion": row.completion}
        print(json.dumps(fields, ensure_ascii=False))
    return 0


def _in_service(args: argparse.Namespace, settings: Settings, database: Database) -> Inputs:
    """The recipe's inputs from the CSV as it is folded now."""
    recipe = load_recipe(args.recipe)
    settings = with_base(settings, recipe)
    with exclusive(settings.database, LOCK):
        return gather(recipe, settings, database, adapter_in_service(settings, database).adapter)


def finetune(args: argparse.Namespace, settings: Settings) -> int:
    recipe = load_recipe(args.recipe)
    settings = settings.model_copy(update={"base_model": args.base or with_base(settings, recipe).base_model})
    inputs = Inputs(
        recipe,
        settings,
        load_profile(args.profile or settings.profile_file),
        Synonyms.read(args.synonyms or settings.synonyms_file),
        corpus_from_csv(args.csv or settings.pairs_csv, held_out=recipe.dataset.held_out),
        champion=None,
    )
    if args.out.exists():
        raise ModelError(f"{args.out} exists, and an adapter is never overwritten. Give --out a new folder.")
    check(inputs)
    work = args.out.with_name(f".{args.out.name}-checkpoints")  # from which the same command goes on if it is killed
    manifest = pipeline.fine_tune(inputs, args.out, work)
    kinds = ", ".join(f"{number} {kind}" for kind, number in manifest.rows.items())
    print(
        f"{args.out}: adapter {manifest.version} for {manifest.base}, {manifest.pairs} pairs ({kinds} rows), "
        f"last loss {manifest.last_loss:.4f}, {manifest.wall_seconds:.0f} s"
    )
    return 0


def _import(args: argparse.Namespace, settings: Settings, database: Database) -> int:
    with exclusive(settings.database, LOCK):
        version = import_adapter(args.source, settings=settings, database=database)
    print(f"It is the candidate {version}; to put it into service: cenfobot-train promote {version} --recipe NAME")
    return 0


def _evaluate(args: argparse.Namespace, settings: Settings, database: Database) -> int:
    if args.readme and "test" not in args.parts:
        raise SettingsError(f"--readme shows the part test, and --parts are {', '.join(args.parts)}. Add test to them.")
    with exclusive(settings.database, LOCK):
        inputs, adapter = _of_version(args, settings, database)
    schools = OTHER_SCHOOLS if "test" in args.parts else None  # which is all that they are for
    evaluation = pipeline.measured(inputs, adapter, args.parts, schools)
    version = adapter.version if adapter else "no-adapter"
    folder = args.out or pipeline.report_folder(settings, inputs.base, version) / "evaluation"
    page = write_evaluation(folder, evaluation, answer_from=settings.answer_from)
    evaluation.write(folder / "answers.json")
    print(f"{as_text(evaluation)}\n\nwritten to {page}; every answer is in {folder / 'answers.json'}")
    if args.readme:
        print(f"published in {publish(Table.of(evaluation, 'test'), args.readme)}")
    return 0


def _promote(args: argparse.Namespace, settings: Settings, database: Database) -> int:
    if not args.recipe and not args.anyway:
        raise SettingsError(
            "A version is promoted if a recipe's gates hold: --recipe tiny. Or say why without: --anyway."
        )
    with exclusive(settings.database, LOCK):
        if args.anyway:
            promotion.promote(database, settings=settings, version=args.version, by=args.by, why=args.anyway)
            print(f"{args.version} is in service")
            return 0
        inputs, adapter = _of_version(args, settings, database)
        reference = inputs.champion.version if inputs.champion else pipeline.BARE_BASE
        candidate, champion = (pipeline.measured(inputs, one) for one in (adapter, inputs.champion))
        verdict = promotion.judge(inputs.recipe.gates, candidate, champion, champion_name=reference)
        if verdict.promote:
            why = "; ".join(verdict.reasons)
            promotion.promote(database, settings=inputs.settings, version=args.version, by=args.by, why=why)
    print(pipeline.decision(args.version, verdict))
    return 0 if verdict.promote else 1


def _of_version(args: argparse.Namespace, settings: Settings, database: Database) -> tuple[Inputs, Adapter | None]:
    """A version of the base in service (by default its champion), and what it is measured with: the CSV of today."""
    recipe = load_recipe(args.recipe)
    settings = with_base(settings, recipe)
    in_service = adapter_in_service(settings, database)
    adapter = in_service.adapter
    if args.version:
        adapter = in_service.registered.adapter(promotion.find(in_service.registered, database, args.version))
    return gather(recipe, settings, database, in_service.adapter), adapter


def _report(args: argparse.Namespace, settings: Settings, database: Database) -> int:
    record = promotion.find(Registered(settings, database), database, args.version)
    folder = pipeline.report_folder(settings, record.base, record.version)
    print(rewrite_report(folder, read_manifest(Path(record.path)), record.version))
    return 0


def _rollback(args: argparse.Namespace, settings: Settings, database: Database) -> int:
    with exclusive(settings.database, LOCK):
        version = promotion.rollback(database, settings=settings, by=args.by, why=args.why)
    print(f"{version} is in service again")
    return 0


def _tune(args: argparse.Namespace, settings: Settings, database: Database) -> int:
    inputs = _in_service(args, settings, database)
    if not any(question.part == "dev" and question.source in WORDINGS for question in inputs.sets().questions):
        raise DataError(
            "There are no new wordings to judge trials by: the shipped ones are about the sample data. Write some, "
            f"with dev as their part, into {settings.home / 'evaluation' / 'wordings.csv'}; data/README.md says how."
        )
    check(inputs)
    folder = settings.home / "tune" / inputs.key

    def judge(trial: Recipe, work: Path) -> Mapping[str, float]:
        of_trial = replace(inputs, recipe=trial)
        pipeline.fine_tune(of_trial, work / "adapter", work / "checkpoints")
        return pipeline.measured(of_trial, Adapter("trial", work / "adapter"), parts=("dev",)).measures

    with exclusive(settings.database, LOCK):
        found = tune.search(inputs.recipe, folder, trials=args.trials, judge=judge)
    print(f"best of {found.trials} trials: {found.score:.3f}; recipe and plots in {found.folder}")
    return 0


def work(args: argparse.Namespace, settings: Settings, database: Database) -> int:
    """Works off what is queued."""

    def train(run: TrainingRunRecord) -> str:
        options = pipeline.Options(run.requested_by, pause_bot=args.pause_bot)
        return pipeline.run(load_recipe(run.recipe), settings, database, options).text

    return 1 if work_off(database, settings.database, train) else 0


_Command = Callable[[argparse.Namespace, Settings, Database], int]
COMMANDS: Mapping[str, _Command] = {
    "run": _run,
    "check": _check,
    "dataset": _dataset,
    "evaluate": _evaluate,
    "import": _import,
    "promote": _promote,
    "report": _report,
    "rollback": _rollback,
    "tune": _tune,
    "work": work,
}
