"""The command ``cenfobot``: for operators (init, serve, staff), staff (review, pairs, retrain), who asks (chat, ask).

Answers and data go to standard output, everything else to standard error; a fault is one clear line
and exit status 1.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.channels.telegram.token_guard import guard_logs
from bot.errors import CenfobotError
from bot.operator import user_name
from bot.settings import load_settings
from storage.errors import StorageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the process's exit status."""
    args = parser().parse_args(arguments)
    if getattr(args, "by", "") is None:
        args.by = user_name()
    try:
        settings = load_settings(host=getattr(args, "host", None), port=getattr(args, "port", None))
        guard_logs()
        _configure_logs(settings.log_level if args.command == "serve" else "WARNING")
        # Imported late: a model's libraries take seconds to load, and most commands need none of them.
        if args.command == "init":
            from bot import cli_init

            return cli_init.run(args, settings)
        if args.command in {"review", "pairs", "retrain"}:
            from bot import cli_staff

            return cli_staff.run(args, settings)
        if args.command == "privacy":
            from bot import cli_privacy

            return cli_privacy.run(args, settings)
        if args.command == "staff":
            from bot import cli_accounts

            return cli_accounts.run(args, settings)
        from bot import cli_talk

        return cli_talk.run(args, settings)
    except (CenfobotError, StorageError) as error:
        print(f"cenfobot: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(f"cenfobot: {error}. Check the path and your rights to it (CENFOBOT_HOME).", file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    """Every command and option."""
    top = argparse.ArgumentParser(prog="cenfobot", description="Answers students' questions from approved pairs.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    init = commands.add_parser("init", help="make a fresh home from a CSV (question;answer) and a profile")
    init.add_argument("--csv", type=Path, metavar="FILE", help="the approved pairs (default: the sample data)")
    init.add_argument("--profile", type=Path, metavar="FILE", help="the institution (default: the sample's)")
    init.add_argument("--synonyms", type=Path, metavar="FILE", help="equivalent words (default: the shipped ones)")
    init.add_argument("--abbreviations", type=Path, metavar="FILE", help="short forms (default: the shipped ones)")

    serve = commands.add_parser("serve", help="serve the web chat")
    serve.add_argument("--host", help="address to listen on (CENFOBOT_HOST)")
    serve.add_argument("--port", type=int, help="port to listen on (CENFOBOT_PORT)")

    commands.add_parser("chat", help="chat in the terminal")

    ask = commands.add_parser("ask", help="ask one question, or a file of them")
    ask.add_argument("question", nargs="?", help="the question")
    ask.add_argument("--batch", metavar="FILE", help="one independent question a line; - is standard input")
    ask.add_argument("--conversation", metavar="FILE", help="one student's turns, a line each; - is standard input")
    ask.add_argument("--json", action="store_true", help="one JSON object a line")

    _add_review(commands.add_parser("review", help="decide what students could not get answered"))
    _add_pairs(commands.add_parser("pairs", help="see and change what is approved"))
    retrain = commands.add_parser("retrain", help="ask for a retraining; cenfobot-train schedule takes it up")
    retrain.add_argument("--recipe", required=True, metavar="NAME", help="name of a shipped recipe, or a YAML file")
    _add_who(retrain)
    _add_staff(commands.add_parser("staff", help="say who may decide in the chats"))
    _add_privacy(commands.add_parser("privacy", help="export or delete what students wrote"))
    return top


def _add_privacy(privacy: argparse.ArgumentParser) -> None:
    actions = privacy.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("purge", help="delete now what is older than CENFOBOT_RETENTION_DAYS")
    for name, what in (("export", "one chat as JSON"), ("delete", "everything of one chat, for good")):
        action = actions.add_parser(name, help=what)
        action.add_argument("channel", help="web, terminal, …")
        action.add_argument("chat", help="the chat's id in its channel")


def _add_staff(staff: argparse.ArgumentParser) -> None:
    actions = staff.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="add somebody, and get the one-time code that links their chat account")
    add.add_argument("name")
    add.add_argument("--role", choices=("reviewer", "admin"), required=True, help="an admin names the staff's chat")
    actions.add_parser("remove", help="take somebody's rights; the account is unlinked").add_argument("name")
    listed = actions.add_parser("list", help="who may decide")
    listed.add_argument("--json", action="store_true", help="one JSON object a line")


def _add_review(review: argparse.ArgumentParser) -> None:
    actions = review.add_subparsers(dest="action", required=True, metavar="ACTION")
    listed = actions.add_parser("list", help="what waits, most wanted first")
    listed.add_argument("--json", action="store_true", help="one JSON object a line")
    actions.add_parser("show", help="one review").add_argument("id", type=_id)
    approve = actions.add_parser("approve", help="approve the draft, or --answer")
    approve.add_argument("id", type=_id)
    approve.add_argument("--answer", metavar="TEXT", help="the approved answer")
    _add_decision(approve)
    edit = actions.add_parser("edit", help="change the question or the draft; the review stays open")
    edit.add_argument("id", type=_id)
    edit.add_argument("--question", metavar="TEXT")
    edit.add_argument("--answer", metavar="TEXT", help="the new draft")
    reject = actions.add_parser("reject", help="no answer of ours")
    reject.add_argument("id", type=_id)
    _add_who(reject)


def _add_pairs(pairs: argparse.ArgumentParser) -> None:
    actions = pairs.add_subparsers(dest="action", required=True, metavar="ACTION")
    listed = actions.add_parser("list", help="approved pairs")
    listed.add_argument("contains", nargs="?", help="only those whose question or answer holds this text")
    listed.add_argument("--retired", action="store_true", help="the retired ones instead")
    listed.add_argument("--json", action="store_true", help="one JSON object a line")
    export = actions.add_parser("export", help="the approved pairs as a CSV for spreadsheets")
    export.add_argument("file", type=Path, metavar="FILE", help="a new file")
    actions.add_parser("history", help="who changed a pair, when, from what").add_argument("id", type=_id)
    add = actions.add_parser("add", help="approve a new pair")
    add.add_argument("question")
    add.add_argument("answer")
    add.add_argument("--wording", action="append", default=[], metavar="TEXT", help="another wording; may be repeated")
    _add_decision(add)
    edit = actions.add_parser("edit", help="change a pair; its history is kept")
    edit.add_argument("id", type=_id)
    edit.add_argument("--question", metavar="TEXT")
    edit.add_argument("--answer", metavar="TEXT")
    _add_who(edit)
    retire = actions.add_parser("retire", help="take a pair out of service")
    retire.add_argument("id", type=_id)
    _add_who(retire)


def _add_decision(command: argparse.ArgumentParser) -> None:
    command.add_argument("--yes", action="store_true", help="confirm an answer that contradicts an approved one")
    _add_who(command)


def _add_who(command: argparse.ArgumentParser) -> None:
    command.add_argument("--by", metavar="NAME", help="who decides (default: your user name)")


def _id(text: str) -> int:
    number = int(text)
    if not 0 < number < 2**31:
        raise argparse.ArgumentTypeError(f"an id is a number from 1 to {2**31 - 1}, not {text}")
    return number


def _configure_logs(level: str) -> None:
    logging.basicConfig(level="WARNING", stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("cenfobot").setLevel(level)


if __name__ == "__main__":
    sys.exit(main())
