"""The last versions of the CSV, one file each, named by the first 16 characters of its SHA-256."""

import hashlib
import re
from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path

from storage.folds import FoldRecord
from storage.pairs_csv import replace_csv

KEPT = 10
"""Versions that are kept, the one in service included."""

_NAME = re.compile(r"[0-9a-f]{16}\.csv")


def version_file(versions: Path, sha256: str) -> Path:
    """Where the version with this hash is kept."""
    return versions / f"{sha256[:16]}.csv"


def keep_version(versions: Path, content: bytes) -> None:
    """Keeps one version; it is whole on the disk when this returns."""
    versions.mkdir(parents=True, exist_ok=True)
    replace_csv(version_file(versions, hashlib.sha256(content).hexdigest()), content)


def drop_old_versions(versions: Path, folds: Iterable[FoldRecord]) -> None:
    """Deletes all but the newest :data:`KEPT` versions that these folds, newest first, wrote or replaced."""
    hashes = dict.fromkeys(chain.from_iterable((fold.after, fold.before) for fold in folds))
    kept = {version_file(versions, sha256) for sha256 in islice(hashes, KEPT)}
    for file in versions.glob("*.csv"):
        if _NAME.fullmatch(file.name) and file not in kept:
            file.unlink(missing_ok=True)
