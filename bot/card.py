"""A card that is too small for the bot and a training together is lent: the bot frees it, and takes it back after.

Two files in the home are locked with ``flock``, so that a crash frees them: ``card.lock`` by the training that
wants the card, and ``card-in-use.lock`` by the bot while its weights lie on it, then by the training.
"""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Self

from bot.errors import ModelError

WANTED, IN_USE = "card.lock", "card-in-use.lock"


@contextmanager
def borrowed_card(
    home: Path, *, patience_seconds: float = 600, wait: Callable[[float], None] = time.sleep
) -> Iterator[None]:
    """For a training: has the running bot free its memory, and holds the card until the block ends.

    It waits for the answers in flight; where no bot runs, not at all. ``wait`` sleeps for so many seconds.

    Raises:
        ModelError: the bot has not freed the card within ``patience_seconds``.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / WANTED).open("w") as wanted, (home / IN_USE).open("w") as in_use:
        fcntl.flock(wanted, fcntl.LOCK_EX)
        deadline = time.monotonic() + patience_seconds
        while not _lock(in_use):
            if time.monotonic() > deadline:
                raise ModelError(
                    f"The bot of {home} has not freed the card within {patience_seconds:.0f} seconds. "
                    "Its log says why; end it, or train without borrowing the card."
                )
            wait(0.2)
        yield


def is_borrowed(home: Path) -> bool:
    """True while a training holds the card, or waits for the bot to free it."""
    try:
        with (home / WANTED).open() as wanted:
            return not _lock(wanted, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


class Card:
    """For a bot: says whether its weights lie on the card. Entering the context takes the card, if it is free."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._file: IO[str]

    def __enter__(self) -> Self:
        self._file = (self._home / IN_USE).open("w")
        self.take()
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()

    def is_wanted(self) -> bool:
        """True when a training holds the card, or waits for it."""
        return is_borrowed(self._home)

    def take(self) -> bool:
        """Says that the bot uses the card. False: a training still does."""
        return _lock(self._file)

    def give(self) -> None:
        """Says that the bot has freed the card."""
        fcntl.flock(self._file, fcntl.LOCK_UN)


def _lock(file: IO[str], kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
