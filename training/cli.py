"""The command ``cenfobot-train``: ``finetune`` makes an adapter. Later releases add more commands here.

Example::

    cenfobot-train finetune --recipe tiny --csv data/cenfobank.csv --profile data/profile.toml \\
        --synonyms data/synonyms.csv --out var/adapters/first

A mistake in a file or a setting ends with one clear message on standard error and exit status 1.
"""

import argparse
import sys
import warnings
from pathlib import Path

from bot.errors import CenfobotError
from bot.profile import load_profile
from bot.retrieval.synonyms import Synonyms
from bot.settings import load_settings
from storage.errors import StorageError
from training.recipe import load_recipe


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    args = _parser().parse_args(arguments)
    try:
        return _finetune(args)
    except (CenfobotError, StorageError, OSError) as error:
        print(f"cenfobot-train: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cenfobot-train", description="Trains the model on the approved pairs.")
    commands = parser.add_subparsers(required=True, metavar="command")
    command = commands.add_parser("finetune", help="fine-tune an adapter on the pairs of a CSV")
    command.add_argument("--recipe", required=True, help="name of a shipped recipe, or a YAML file")
    command.add_argument("--out", type=Path, required=True, help="folder of the adapter; must not exist")
    command.add_argument("--csv", type=Path, help="approved pairs; default: those in service")
    command.add_argument("--profile", type=Path, help="the institution's profile; default: the one in service")
    command.add_argument("--synonyms", type=Path, help="the retriever's synonyms; default: those in service")
    command.add_argument("--base", help="folder or hub name; default: the recipe's, else CENFOBOT_BASE_MODEL")
    return parser


def _finetune(args: argparse.Namespace) -> int:
    warnings.simplefilter("ignore", FutureWarning)  # the libraries' notes to each other's developers
    settings = load_settings()
    recipe = load_recipe(args.recipe)
    system = load_profile(args.profile or settings.profile_file).system
    synonyms = Synonyms.read(args.synonyms or settings.synonyms_file)
    from training.finetune import finetune  # torch and TRL take seconds to import; a mistake above is told at once

    manifest = finetune(
        recipe,
        base=args.base or recipe.base or settings.base_model,
        csv=args.csv or settings.pairs_csv,
        system=system,
        synonyms=synonyms,
        out=args.out,
        device=settings.device,
    )
    kinds = ", ".join(f"{number} {kind}" for kind, number in manifest.rows.items())
    print(
        f"{args.out}: adapter {manifest.version} for {manifest.base}, {manifest.pairs} pairs ({kinds} rows), "
        f"last loss {manifest.last_loss:.4f}, {manifest.wall_seconds:.0f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
