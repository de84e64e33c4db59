"""The checkpoints of one training run: only whole ones, and only those made with the same inputs, are gone on from.

The trainer writes a checkpoint file by file into its final folder, so one that a kill cut short looks much like a
whole one. Here a checkpoint counts once it is sealed: ``seal.json``, which lists every file with its size, is written
after all the others have reached the disk. An older checkpoint is removed only when a newer one is sealed.
"""

import json
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from transformers import TrainerState
from transformers.trainer import TRAINER_STATE_NAME

SEAL = "seal.json"
INPUTS = "inputs.json"
KEPT = 2
"""Newest checkpoints that are kept; the best one is kept besides."""


@dataclass(frozen=True)
class Checkpoint:
    """A whole checkpoint."""

    folder: Path
    seconds: float
    """:attr:`Checkpoints.seconds` when it was sealed."""

    state: TrainerState
    """Step, loss curves and best checkpoint as they were."""

    @property
    def is_last(self) -> bool:
        """Whether the training ended with it; the trainer itself would do one step more."""
        return bool(self.state.stateful_callbacks["TrainerControl"]["args"]["should_training_stop"])  # type: ignore[call-overload, index]  # a mapping once it is read from the file


class Checkpoints:
    """The folder of one run's checkpoints."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Spent on the run by all processes that worked on it; what came after a last checkpoint is not counted."""
        return time.monotonic() - self._started

    def begin(self, inputs: Mapping[str, object]) -> Checkpoint | None:
        """The newest whole checkpoint made with ``inputs``, which JSON can hold; None: the run begins afresh.

        Checkpoints that cannot be gone on from are deleted.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        file, wanted = self.folder / INPUTS, json.dumps(inputs, indent=1, sort_keys=True, ensure_ascii=False)
        same = file.is_file() and file.read_text(encoding="utf-8") == wanted
        newest = None
        for folder in self._folders():
            if same and (whole := _read(folder)):
                newest = whole
            else:
                shutil.rmtree(folder)
        if not same:
            file.write_text(wanted, encoding="utf-8")
        self._started -= newest.seconds if newest else 0
        return newest

    def at(self, step: int) -> Path:
        """The folder of the checkpoint of that optimizer step, as the trainer names it."""
        return self.folder / f"checkpoint-{step}"

    def seal(self, step: int, *, best: int | None) -> None:
        """Declares the checkpoint of ``step`` whole, and removes older ones but that of the step ``best``."""
        newest = self.at(step)
        for file in newest.iterdir():
            _to_disk(file)
        seal = newest / SEAL
        seal.write_text(json.dumps({"files": _sizes(newest), "seconds": self.seconds}), encoding="utf-8")
        _to_disk(seal)
        _to_disk(newest)
        for folder in self._folders()[:-KEPT]:
            if best is None or folder != self.at(best):
                shutil.rmtree(folder)

    def _folders(self) -> list[Path]:
        """By step, the newest last."""
        return sorted(self.folder.glob("checkpoint-*"), key=lambda folder: int(folder.name.rpartition("-")[2]))


def _read(folder: Path) -> Checkpoint | None:
    """The checkpoint in ``folder``; None: it was not sealed, or has lost files since."""
    try:
        seal = json.loads((folder / SEAL).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if _sizes(folder) != seal["files"]:
        return None
    return Checkpoint(folder, seal["seconds"], TrainerState.load_from_json(str(folder / TRAINER_STATE_NAME)))


def _sizes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_size for file in folder.iterdir() if file.name != SEAL}


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
