"""Commands as real processes that start at once: forked from one that has loaded the libraries, which takes seconds."""

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

from tqdm import tqdm

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["bot.cli_talk", "training.commands"])


def forked(
    main: Callable[[Sequence[str]], int], arguments: Sequence[str], variables: Mapping[str, str], output: Path
) -> BaseProcess:
    """Starts ``main`` with environment variables besides; what it says is appended to ``output``."""
    process = _FORKS.Process(target=_run, args=(main, tuple(arguments), dict(variables), str(output)))
    process.start()
    return process


def _run(
    main: Callable[[Sequence[str]], int], arguments: Sequence[str], variables: dict[str, str], output: str
) -> None:
    """What the forked process does: it becomes the command."""
    os.environ.update(variables)
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(file, stream)
    tqdm.set_lock(threading.RLock())  # its own is a semaphore that a killed process leaves behind, with a warning
    sys.exit(main(arguments))
