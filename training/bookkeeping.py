"""The commands of ``cenfobot-train`` that need no model, and so none of its libraries, which take seconds to import."""

import argparse
from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from bot.generation.manifest import short_base_name
from bot.settings import Settings
from storage import registry, training_runs
from storage.database import Database
from storage.errors import Locked
from storage.exclusive import exclusive
from storage.registry import CHAMPION
from training import schedule
from training.folding.fold import fold
from training.recipe import load_recipe
from training.requests import LOCK, queue_if_worth_it


def _fold(args: argparse.Namespace, settings: Settings, database: Database) -> int:
    with exclusive(settings.database, LOCK):
        folded = fold(
            database, settings.pairs_csv, settings.csv_versions, by=args.by, allow_removals=args.allow_removals
        )
    print(folded.summary)
    return 0


def _versions(args: argparse.Namespace, settings: Settings, database: Database) -> int:
    base = short_base_name(settings.base_model)
    with database.reading() as session:
        records = registry.versions(session, base)
        holding = None if args.pair is None else registry.versions_with_pair(session, base, args.pair)
        champion = registry.alias(session, base, CHAMPION)
        changes = registry.alias_changes(session, base)
    for record in records:
        if holding is None or record.version in holding:
            mark = "*" if champion and champion.version == record.version else " "
            made = f"{record.manifest['version']}, {record.manifest['pairs']} pairs"
            print(f"{mark} {record.version}  {record.created_at:%Y-%m-%d %H:%M} UTC  {made}")
    if holding is None:
        for change in changes:
            move = f"{change.previous or 'nothing'} -> {change.version}"
            print(f"  {change.at:%Y-%m-%d %H:%M} UTC  {move}, by {change.by}: {change.why}")
    return 0


def _schedule(args: argparse.Namespace, settings: Settings, database: Database) -> int:
    recipe = load_recipe(args.recipe)
    base = short_base_name(recipe.base or settings.base_model)

    def queue() -> None:
        said = queue_if_worth_it(
            database, settings.pairs_csv, base=base, recipe=args.recipe, min_changes=args.min_changes, by="the schedule"
        )
        print(said, flush=True)

    def is_waiting() -> bool:
        with database.reading() as session:
            if not training_runs.waiting(session):
                return False
        try:
            with exclusive(settings.database, LOCK):
                return True
        except Locked:  # somebody trains by hand: its turn comes
            return False

    if args.once:
        queue()
        from training import commands  # only this way of the four needs a model

        return commands.work(args, settings, database)
    zone = ZoneInfo(settings.timezone)
    when = f"at '{args.cron}' ({settings.timezone}), and" if args.cron else "only"
    print(f"retraining with {args.recipe} {when} when staff ask (cenfobot retrain); Ctrl+C ends it", flush=True)
    trigger = schedule.cron_trigger(args.cron, zone) if args.cron else None
    work = ["work", "--pause-bot"] if args.pause_bot else ["work"]
    schedule.keep_schedule(trigger, zone, queue=queue, is_waiting=is_waiting, work=work)
    return 0


def _runs(args: argparse.Namespace, settings: Settings, database: Database) -> int:
    with database.reading() as session:
        found = training_runs.list_runs(session)
    if not found:
        print("no retraining was asked for")
    for run in found:
        outcome = str(run.report.get("outcome", "")) if run.report else ""
        asked = f"{run.requested_at:%Y-%m-%d %H:%M} UTC by {run.requested_by}"
        print(f"{run.id:>4}  {run.recipe}  {asked}  {run.status}  {outcome}")
    return 0


_Command = Callable[[argparse.Namespace, Settings, Database], int]
COMMANDS: Mapping[str, _Command] = {
    "fold": _fold,
    "versions": _versions,
    "schedule": _schedule,
    "runs": _runs,
}
