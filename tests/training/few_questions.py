"""The loop with a quarter of the shipped evaluation sets: what is asked changes nothing in how a loop goes."""

import csv
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from bot.settings import DATA
from training import inputs
from training.cli import main
from training.evaluation.sets import read_sets

_STEP = 4


def write_few(folder: Path) -> Path:
    """Every fourth row of each set."""
    for file in (DATA / "evaluation").glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as shipped:
            header, *rows = csv.reader(shipped, delimiter=";")
        kept = rows if file.stem == "follow_ups" else rows[::_STEP]  # a conversation's turns belong together
        with (folder / file.name).open("w", encoding="utf-8", newline="") as few:
            csv.writer(few, delimiter=";", quoting=csv.QUOTE_ALL).writerows([header, *kept])
    return folder


def ask_few(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Has this process ask what :func:`write_few` wrote."""
    patch.setattr(inputs, "read_sets", partial(read_sets, shipped=folder))


def asking_few(arguments: Sequence[str]) -> int:
    """``cenfobot-train`` with the sets in a folder: its arguments, after the folder."""
    with pytest.MonkeyPatch.context() as patch:
        ask_few(Path(arguments[0]), patch)
        return main([*arguments[1:]])
