"""The command ``cenfobot-train``: the learning loop as a whole (``run``), each of its steps, and its timetable.

Example::

    cenfobot-train run --recipe tiny                # fold, train, measure, promote if it is not worse
    cenfobot-train schedule --cron "0 3 * * 0" --recipe tiny

A mistake in a file or a setting ends with one clear message on standard error and exit status 1.
"""

import argparse
import sys
import warnings
from contextlib import closing
from pathlib import Path

from bot.errors import CenfobotError
from bot.operator import user_name
from bot.settings import load_settings
from storage.errors import StorageError


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    args = parser().parse_args(arguments)
    warnings.simplefilter("ignore", FutureWarning)  # the libraries' notes to each other's developers
    try:
        # Imported late: torch and TRL take seconds to load, and these commands need neither.
        from bot.home import open_home
        from training import bookkeeping

        settings = load_settings()
        if args.command in bookkeeping.COMMANDS:
            command = bookkeeping.COMMANDS[args.command]
        else:
            from training import commands

            if args.command == "finetune":
                return commands.finetune(args, settings)
            command = commands.COMMANDS[args.command]
        with closing(open_home(settings)) as database:
            return command(args, settings, database)
    except (CenfobotError, StorageError) as error:
        print(f"cenfobot-train: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"cenfobot-train: {error}. Check the path and your rights to it (CENFOBOT_HOME).", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """Every command and option."""
    top = argparse.ArgumentParser(prog="cenfobot-train", description="Trains the model on the approved pairs.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="fold, train, measure, and promote the adapter if it is not worse")
    _add_recipe(run)
    _add_removals(run)
    run.add_argument("--again", action="store_true", help="train even where nothing has changed")
    _add_pause(run)
    _add_who(run)

    fold = commands.add_parser("fold", help="write what was approved, edited and retired into the CSV")
    _add_removals(fold)
    _add_who(fold)

    _add_recipe(commands.add_parser("check", help="look for what would spoil a training, before any of its time"))
    _add_recipe(commands.add_parser("dataset", help="show the training rows, one JSON object a line"))

    finetune = commands.add_parser("finetune", help="fine-tune an adapter on the pairs of a CSV, and nothing else")
    _add_recipe(finetune)
    finetune.add_argument("--out", type=Path, required=True, metavar="DIR", help="the adapter; must not exist")
    finetune.add_argument("--csv", type=Path, metavar="FILE", help="approved pairs; default: those in service")
    finetune.add_argument("--profile", type=Path, metavar="FILE", help="the institution; default: the one in service")
    finetune.add_argument("--synonyms", type=Path, metavar="FILE", help="default: those in service")
    finetune.add_argument("--base", help="folder or hub name; default: the recipe's, else the bot's")

    evaluate = commands.add_parser("evaluate", help="measure an adapter as served, and with the safeguards off")
    evaluate.add_argument("version", nargs="?", help="default: the one in service")
    evaluate.add_argument(
        "--recipe", default="tiny", metavar="NAME", help="whose held-out share counts (default: tiny)"
    )
    evaluate.add_argument(
        "--parts", nargs="+", choices=["gate", "dev", "test"], default=["gate", "test"], help="default: gate test"
    )
    evaluate.add_argument(
        "--out", type=Path, metavar="DIR", help="tables, curve and answers (default: with its report)"
    )
    evaluate.add_argument("--readme", type=Path, metavar="FILE", help="put the test part's table into this README")

    report = commands.add_parser("report", help="make a version's report anew")
    report.add_argument("version")

    importing = commands.add_parser("import", help="register an adapter that was trained elsewhere, as a candidate")
    importing.add_argument("source", type=Path, metavar="FILE", help="zip or folder, as training/colab.ipynb makes it")

    promote = commands.add_parser("promote", help="measure a version, and put it into service if the gates hold")
    promote.add_argument("version")
    promote.add_argument("--recipe", metavar="NAME", help="whose gates must hold")
    promote.add_argument("--anyway", metavar="WHY", help="do not measure; promote for this reason")
    _add_who(promote)

    rollback = commands.add_parser("rollback", help="put the champion before this one back into service")
    rollback.add_argument("--why", default="rolled back by hand")
    _add_who(rollback)

    versions = commands.add_parser("versions", help="the adapters of the base in service, and who promoted which")
    versions.add_argument("--pair", type=int, metavar="ID", help="only those that hold this approved pair")

    schedule = commands.add_parser("schedule", help="retrain at set times, and whenever staff ask for it")
    _add_recipe(schedule)
    schedule.add_argument("--cron", help="minute hour day month weekday, in CENFOBOT_TIMEZONE: '0 3 * * 0'")
    schedule.add_argument("--min-changes", type=_number, default=1, metavar="N", help="skip below N approved changes")
    schedule.add_argument("--once", action="store_true", help="look once, now, and end: for the system's own cron")

    _add_pause(schedule)

    _add_pause(commands.add_parser("work", help="run the retrainings that are queued, and end"))
    commands.add_parser("runs", help="the retrainings that were asked for, and what became of them")

    tune = commands.add_parser("tune", help="search better values for a recipe")
    _add_recipe(tune)
    tune.add_argument(
        "--trials", type=_number, required=True, metavar="N", help="trials in all; goes on where it stopped"
    )
    return top


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, not {text}")
    return int(text)


def _add_recipe(command: argparse.ArgumentParser) -> None:
    command.add_argument("--recipe", required=True, metavar="NAME", help="name of a shipped recipe, or a YAML file")


def _add_pause(command: argparse.ArgumentParser) -> None:
    about = "the running bot frees its memory meanwhile, and gives approved answers verbatim"
    command.add_argument("--pause-bot", action="store_true", help=about)


def _add_removals(command: argparse.ArgumentParser) -> None:
    command.add_argument("--allow-removals", action="store_true", help="even if more than a tenth of the rows go")


def _add_who(command: argparse.ArgumentParser) -> None:
    command.add_argument("--by", metavar="NAME", default=user_name(), help="who asks for it (default: your user name)")


if __name__ == "__main__":
    sys.exit(main())
