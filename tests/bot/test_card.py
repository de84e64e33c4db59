"""A training borrows the card from the bot, and a crash of either frees it."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.card import Card, borrowed_card, is_borrowed
from bot.errors import ModelError


def test_a_card_that_nobody_uses_is_borrowed_at_once(tmp_path: Path) -> None:
    assert not is_borrowed(tmp_path / "home")
    with borrowed_card(tmp_path / "home"):
        assert is_borrowed(tmp_path / "home")
    assert not is_borrowed(tmp_path / "home")


def test_a_training_waits_until_the_bot_has_freed_the_card(tmp_path: Path) -> None:
    waits: list[float] = []
    with Card(tmp_path) as card:

        def wait(seconds: float) -> None:
            waits.append(seconds)
            assert card.is_wanted()
            if len(waits) == 3:
                card.give()

        with borrowed_card(tmp_path, wait=wait):
            assert len(waits) == 3
            assert not card.take()
        assert not card.is_wanted()
        assert card.take()


def test_a_bot_that_never_frees_the_card_ends_the_wait_with_an_error(tmp_path: Path) -> None:
    lent = borrowed_card(tmp_path, patience_seconds=0)
    with Card(tmp_path), pytest.raises(ModelError, match="has not freed the card within 0 seconds"), lent:
        pass
    assert not is_borrowed(tmp_path)


def test_a_bot_that_begins_while_the_card_is_lent_does_not_take_it(tmp_path: Path) -> None:
    with borrowed_card(tmp_path), Card(tmp_path) as card:
        assert card.is_wanted()
        assert not card.take()


@pytest.mark.parametrize("code", ["with borrowed_card(home):", "with Card(home):"])
def test_a_crash_frees_the_card(tmp_path: Path, code: str) -> None:
    home = f"from bot.card import *; from pathlib import Path; home = Path({str(tmp_path)!r})"
    script = f"{home}\n{code} print('held', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        process.kill()
    with borrowed_card(tmp_path, patience_seconds=0):
        assert is_borrowed(tmp_path)
