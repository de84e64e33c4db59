"""How fast the lexical index is with many pairs: ``python -m benchmarks.retrieval [--pairs 100000]``.

Prints one JSON object: milliseconds of search, ``upsert`` and ``remove`` (wall time, and CPU time for a machine that
others use too), seconds to build, memory, machine and versions. Pairs are sentences over some 20,000 Spanish-looking
words, met as unevenly as in real text (Zipf), with two wordings each. Every second search repeats a wording with a word
lost, two swapped and one misspelt; the others are new sentences.
"""

import argparse
import json
import os
import platform
import random
import resource
import time
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path

import numpy as np
import scipy
import sklearn

from bot.retrieval.lexical import LexicalIndex
from bot.retrieval.synonyms import Synonyms

DATA = Path(__file__).resolve().parents[1] / "data"
COMMON = "de la que el en y a los se del las un por con no una para es al lo como cual cuanto tiene hay puedo".split()
ASKED = ["cuánto cuesta", "cuánto dura", "qué horario tiene", "dónde queda", "cómo me inscribo en", "hay"]
STEMS = "mat cont pro mer cur cert banc dist cred pres form trans est insp comp fin reg neg val serv".split()
MIDDLES = "ri gra ti fi ca di po ve cul ta ula enci orm ist ant ".split(" ")
ENDINGS = "a o as os ar er ir ción ciones mente ero ada ado al ales ista idad arse ando ería".split()


class Writer:
    """Writes pairs and questions over a fixed vocabulary."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        whole = [a + b + c + d for a in STEMS for b in MIDDLES for c in ("", "l", "n", "r") for d in ENDINGS]
        self._content = self._random.sample(sorted(set(whole)), 20_000)
        self._zipf = list(accumulate(1 / (rank + 20) for rank in range(len(self._content))))

    def sentence(self, length: int) -> str:
        """About ``length`` words, two of five common ones."""
        content = self._random.choices(self._content, cum_weights=self._zipf, k=length)
        return " ".join(self._random.choice(COMMON) if self._random.random() < 0.4 else word for word in content)

    def pairs(self, count: int) -> Iterator[tuple[int, str, str, list[str]]]:
        """``count`` pairs with a question and one more wording of some ten words, and an answer of twenty."""
        for number in range(count):
            question = f"¿{self._random.choice(ASKED).capitalize()} {self.sentence(8)}?"
            yield number, question, self.sentence(20), [self.asked(question)]

    def asked(self, question: str) -> str:
        """The question as a student might put it: a word lost, two swapped, one misspelt."""
        words = question.strip("¿?").lower().split()
        words.pop(self._random.randrange(len(words)))
        place = self._random.randrange(len(words) - 1)
        words[place : place + 2] = reversed(words[place : place + 2])
        spoilt = self._random.randrange(len(words))
        cut = self._random.randrange(len(words[spoilt]))
        words[spoilt] = words[spoilt][:cut] + words[spoilt][cut + 1 :] or "x"
        return " ".join(words)


def percentiles(action: Callable[[int], object], times: int) -> dict[str, float]:
    """Milliseconds that ``action(0)``, ``action(1)`` ... take, wall and CPU."""
    taken = []
    for number in range(times):
        start = time.perf_counter(), time.process_time()
        action(number)
        taken.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    wall, cpu = np.array(taken).T * 1e3
    quantiles = {f"p{q}": round(float(np.percentile(wall, q)), 2) for q in (50, 95, 99)}
    return quantiles | {"cpu_p95": round(float(np.percentile(cpu, 95)), 2)}


def measured(count: int, searches: int) -> dict[str, object]:
    """Builds an index of ``count`` pairs and measures it."""
    writer = Writer(seed=1)
    pairs = list(writer.pairs(count))
    chosen = random.Random(2).choices(pairs, k=searches)
    questions = [writer.asked(pair[1]) if n % 2 else writer.sentence(10) for n, pair in enumerate(chosen)]
    more = list(Writer(seed=3).pairs(200))
    index = LexicalIndex(Synonyms.read(DATA / "synonyms.csv"))
    before = memory()
    start = time.perf_counter(), time.process_time()
    index.load(pairs)
    built, worked = time.perf_counter() - start[0], time.process_time() - start[1]
    found = [index.search(questions[n], 1)[0].pair_id == chosen[n][0] for n in range(1, searches, 2)]
    return {
        "pairs": len(index),
        "build_seconds": {"wall": round(built, 2), "cpu": round(worked, 2)},
        "index_mib": round(memory() - before),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "search_ms": percentiles(lambda n: index.search(questions[n], 3), searches),
        "coverage_ms": percentiles(lambda n: index.coverage(questions[n], chosen[n][0]), searches),
        "upsert_ms": percentiles(lambda n: index.upsert(count + n, *more[n][1:]), len(more)),
        "remove_ms": percentiles(lambda n: index.remove(count + n), len(more)),
        "spoilt_questions_found_first": round(float(np.mean(found)), 3),
    }


def memory() -> float:
    """MiB of memory in use now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--searches", type=int, default=1000)
    options = parser.parse_args()
    machine = {"cores": os.cpu_count(), "load": os.getloadavg()[0], "platform": platform.platform()}
    versions = {"python": platform.python_version()} | {m.__name__: m.__version__ for m in (np, scipy, sklearn)}
    print(json.dumps(measured(options.pairs, options.searches) | {"machine": machine, "versions": versions}, indent=2))


if __name__ == "__main__":
    main()
