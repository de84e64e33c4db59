"""How fast the model answers, one question at a time and many at once: ``python -m benchmarks.generation``.

Prints JSON: machine, versions, and for 1, 4 and 16 answers in flight the tokens and answers per second
(higher is better) and the time to the first piece of text (lower is better), over the same questions.
``cpu_seconds`` is comparable on a machine that others use too.
"""

import argparse
import asyncio
import csv
import json
import os
import platform
import statistics
import time
from pathlib import Path

import bitsandbytes
import peft
import torch
import transformers

from bot.answering.prompt import Prompt, grounded_user_text
from bot.generation.base import Adapter, GenerationOptions
from bot.generation.loading import compute_dtype, load_tokenizer, resolve_device
from bot.generation.local import LocalGenerator
from bot.settings import DATA, Settings

QUESTIONS = 16


def prompts() -> list[Prompt]:
    """Questions of the sample CSV, with three passages each."""
    with (DATA / "cenfobank.csv").open(encoding="utf-8", newline="") as file:
        pairs = [(row["question"], row["answer"]) for row in csv.DictReader(file, delimiter=";")]
    step = len(pairs) // QUESTIONS
    return [
        Prompt("Eres el asistente de un instituto. Responde solo con la información dada.", user)
        for user in (grounded_user_text(pairs[n * step][0], pairs[n * step : n * step + 3]) for n in range(QUESTIONS))
    ]


async def measure(generator: LocalGenerator, base: str, in_flight: int) -> dict[str, float]:
    """Answers every question, ``in_flight`` at a time."""
    places = asyncio.Semaphore(in_flight)
    firsts: list[float] = []

    async def answer(prompt: Prompt) -> str:
        async with places:
            asked = time.perf_counter()
            pieces: list[str] = []
            async for piece in await generator.stream(prompt, GenerationOptions(max_new_tokens=60)):
                if not pieces:
                    firsts.append(time.perf_counter() - asked)
                pieces.append(piece)
            return "".join(pieces)

    started, started_cpu = time.perf_counter(), time.process_time()
    answers = await asyncio.gather(*(answer(prompt) for prompt in prompts()))
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - started_cpu
    tokenizer = load_tokenizer(base)
    tokens = sum(len(tokenizer.encode(text, add_special_tokens=False)) for text in answers)
    return {
        "in_flight": in_flight,
        "tokens_per_second": round(tokens / seconds, 1),
        "answers_per_second": round(len(answers) / seconds, 2),
        "first_text_median_seconds": round(statistics.median(firsts), 3),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds, 2),
    }


async def run(base: str, adapter: Path | None) -> dict[str, object]:
    device = resolve_device("auto")
    generator = await LocalGenerator.load(
        base, adapter=Adapter(adapter.name, adapter) if adapter else None, kv_cache_mb=0, max_in_flight=16,
        max_waiting=64,
    )  # fmt: skip
    try:
        await measure(generator, base, 16)  # the first forward passes are slower
        results = [await measure(generator, base, in_flight) for in_flight in (1, 4, 16)]
    finally:
        await generator.aclose()
    return {
        "model": str(generator.model),
        "device": torch.cuda.get_device_name() if device == "cuda" else f"{os.cpu_count()} cores, {platform.machine()}",
        "compute_dtype": str(compute_dtype(device)),
        "threads": torch.get_num_threads(),
        "versions": {
            "python": platform.python_version(),
            **{m.__name__: m.__version__ for m in (torch, transformers, peft, bitsandbytes)},
        },
        "results": results,
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default=Settings().base_model, help="folder or hub name")
    parser.add_argument("--adapter", type=Path, help="folder of an adapter for that base")
    args = parser.parse_args()
    print(json.dumps(asyncio.run(run(args.base, args.adapter)), indent=1))


if __name__ == "__main__":
    main()
