"""The command ``cenfobot`` as real processes against the emulated Telegram: started, killed and ended by tests."""

import csv
import time
from collections.abc import Callable, Mapping
from itertools import islice
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType

from bot.cli import main
from tests.served.forked import forked
from tests.telegram.bot_api import BotApi

PROJECT = Path(__file__).parents[2]
SAMPLE = PROJECT / "data" / "cenfobank.csv"
SECONDS = 90
"""Within which a bot has started and ended, on the busiest of machines."""


class ServedBot:
    """``cenfobot serve`` with a home of its own on an emulated Telegram. What still runs at the end is killed."""

    def __init__(self, home: Path, api: BotApi, settings: Mapping[str, str] | None = None) -> None:
        """``settings`` are environment variables beside those that every bot of the emulator needs."""
        self.home = home
        self._variables = {
            "CENFOBOT_HOME": str(home),
            "CENFOBOT_DATABASE_URL": "",
            "CENFOBOT_PORT": "0",
            "TELEGRAM_BOT_TOKEN": api.token,
            "TELEGRAM_API_URL": api.url,
            "TELEGRAM_WEBHOOK_URL": "",
            **(settings or {}),
        }
        self._log = home.with_name(f"{home.name}.log")
        self._process: BaseProcess | None = None
        self._started_at = 0

    def __enter__(self) -> "ServedBot":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind:
            print(self.log[-5000:])
        self.kill()

    @property
    def log(self) -> str:
        """All that the processes have written."""
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    @property
    def database(self) -> str:
        """The home's, as a URL."""
        return f"sqlite:///{self.home / 'cenfobot.db'}"

    def start(self) -> None:
        """Returns at once; see :meth:`answers`."""
        self._started_at = len(self.log)
        self._process = forked(main, ["serve"], self._variables, self._log)

    def answers(self) -> None:
        """Returns once it is connected to Telegram."""
        wait_until(lambda: "Telegram: @" in self.log[self._started_at :], "the bot has started")

    def kill(self) -> None:
        """``kill -9``."""
        if self._process:
            self._process.kill()
            self._process.join()

    def terminate(self) -> int:
        """``kill -TERM``; the exit status."""
        assert self._process
        self._process.terminate()
        self._process.join(SECONDS)
        assert self._process.exitcode is not None, "it must end"
        return self._process.exitcode

    def does(self, *arguments: str) -> tuple[int, str]:
        """Another command on the same home; its exit status and what it said."""
        said = self.home.with_name(f"{self.home.name}-{time.monotonic_ns()}.txt")
        process = forked(main, arguments, self._variables, said)
        process.join(SECONDS)
        assert process.exitcode is not None, "it must end"
        return process.exitcode, said.read_text(encoding="utf-8")


def sample() -> dict[str, list[str]]:
    """The sample's answers, each with its questions, the canonical one first."""
    asked: dict[str, list[str]] = {}
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            asked.setdefault(row["answer"], []).append(row["question"])
    return asked


def begin_small_home(bot: ServedBot, pairs: int = 20, wordings: int = 3) -> list[str]:
    """Begins the bot's home with the first pairs of the sample, so that it starts quickly; a question of each."""
    taken = dict(islice(sample().items(), pairs))
    path = bot.home.with_suffix(".csv")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL)
        writer.writerow(["question", "answer"])
        writer.writerows([question, answer] for answer, asked in taken.items() for question in asked[:wordings])
    status, said = bot.does("init", "--csv", str(path))
    assert status == 0, said
    return [asked[0] for asked in taken.values()]


def wait_until(holds: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
    """Returns once it holds.

    Raises:
        AssertionError: it did not, for so long.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)
