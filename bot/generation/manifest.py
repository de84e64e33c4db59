"""What an adapter was made of, and whether it belongs to the base and the pairs in service.

The manifest is the file ``manifest.json`` beside an adapter's weights. It is written once, by the
fine-tuning, and never changed.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path

from bot.errors import AdapterError, ModelError

FILE = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """How one adapter came about."""

    version: str
    """The adapter's version: the recipe's name and the time, never used twice."""
    base: str
    """The base's name as :func:`short_base_name` gives it; never a path of the machine that trained."""
    base_fingerprint: str
    """:func:`base_fingerprint` of the base."""
    base_revision: str | None
    """The hub's commit of the base; None for a folder, which the fingerprint identifies."""
    csv_sha256: str
    """SHA-256 of the CSV, in hexadecimal."""
    pairs: int
    """Number of approved pairs in the CSV."""
    pair_ids: list[int]
    """The database's ids of these pairs; empty for an adapter that was trained from a CSV alone."""
    new_pair_ids: list[int]
    """Those of them that got more rows, since the adapter in service was not trained on them."""
    rows: dict[str, int]
    """Number of training rows by kind."""
    recipe: dict[str, object]
    """Every value of the recipe."""
    seed: int
    libraries: dict[str, str]
    """Version of Python and of each library that shapes the weights."""
    losses: list[tuple[int, float]]
    """(optimizer step, mean loss in nats per completion token since the entry before)."""
    held_out_losses: list[tuple[int, float]]
    """The same over rows of held-out wordings, at checkpoints; empty where the recipe holds none out."""
    metrics: dict[str, float]
    """Measures by name (:mod:`training.measures`); empty until the adapter is registered."""
    created_at: str
    """ISO 8601, in UTC."""
    wall_seconds: float
    """From reading the CSV to the last optimizer step."""

    @property
    def last_loss(self) -> float:
        """The last entry of the loss curve, in nats per completion token; lower is better."""
        return self.losses[-1][1]


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Writes ``manifest.json`` into an adapter's folder."""
    (folder / FILE).write_text(json.dumps(asdict(manifest), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the adapter in ``folder``.

    Raises:
        AdapterError: there is none, or it is not one that this version writes.
    """
    path = folder / FILE
    remedy = "Train it again with 'cenfobot-train finetune'."
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise AdapterError(f"{folder} is no adapter of ours: it has no {FILE}. {remedy}") from error
    except ValueError as error:
        raise AdapterError(f"{path} is damaged: {error}. {remedy}") from error
    wanted = {field.name for field in fields(Manifest)}
    if not isinstance(raw, dict) or set(raw) != wanted:
        found = sorted(raw) if isinstance(raw, dict) else raw
        raise AdapterError(f"{path} must hold exactly {sorted(wanted)}, not {found!r}. {remedy}")
    curves = {name: [(step, loss) for step, loss in raw[name]] for name in ("losses", "held_out_losses")}
    return Manifest(**{**raw, **curves})


def short_base_name(base: str) -> str:
    """The base's name without the machine: a folder's last part, or the hub name as it is."""
    return Path(base).resolve().name if Path(base).is_dir() else base


def base_fingerprint(base: str) -> str:
    """SHA-256, in hexadecimal, over the base's ``config.json`` and weights (about 1 GB per second).

    ``base`` is a folder or a hub name; a hub name is downloaded unless it is in the cache.

    Raises:
        ModelError: there is no such base, or it has no configuration or no safetensors weights.
    """
    folder = _folder(base)
    weights = sorted(folder.glob("*.safetensors"))
    if not (folder / "config.json").is_file() or not weights:
        raise ModelError(
            f"{base} is no base model: it needs config.json and *.safetensors. Name another base, or build this one."
        )
    files = [folder / "config.json", *weights]
    return _digest(tuple((path, path.stat().st_size, path.stat().st_mtime_ns) for path in files))


@cache
def _digest(files: tuple[tuple[Path, int, int], ...]) -> str:
    """Over (file, bytes, time of its last change): one that has not changed is read once in a process."""
    digest = hashlib.sha256()
    for path, size, _ in files:
        digest.update(f"{path.name}\0{size}\0".encode())
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def base_revision(base: str) -> str | None:
    """The hub's commit of the base; None for a folder. Downloads and raises as :func:`base_fingerprint`."""
    return None if Path(base).is_dir() else _folder(base).name  # the hub's cache names its folders after commits


def _folder(base: str) -> Path:
    if Path(base).is_dir():
        return Path(base)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(base, allow_patterns=["config.json", "*.safetensors"]))
    except (HFValidationError, HfHubHTTPError, LocalEntryNotFoundError) as error:
        raise ModelError(
            f"The base {base!r} is neither a folder nor a model on the hub that can be reached: {error}. "
            "Set CENFOBOT_BASE_MODEL to a folder or a hub name."
        ) from error
