"""The command ``init``: a fresh home from files."""

import argparse

from bot.home import Sources, begin_home
from bot.settings import Settings


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Begins the home; returns the exit status."""
    shipped = Sources()
    sources = Sources(
        args.csv or shipped.csv,
        args.profile or shipped.profile,
        args.synonyms or shipped.synonyms,
        args.abbreviations or shipped.abbreviations,
    )
    begun = begin_home(settings, sources)
    print(f"Listo: {begun.pairs} respuestas aprobadas ({begun.rows} preguntas) en {begun.home}")
    if args.csv and not args.profile:
        print("Los textos y el nombre son los del ejemplo; cámbialos en", settings.profile_file)
    return 0
