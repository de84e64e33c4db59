"""The commands that answer: ``serve``, ``chat`` and ``ask``."""

import argparse
import asyncio
import json
import sys
import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.app import Bot, running_bot, serve
from bot.errors import CenfobotError
from bot.messages import Answer, IncomingMessage, Passage
from bot.settings import DATA, Settings

CHANNEL = "terminal"


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Carries out one parsed command; returns the exit status."""
    if args.command == "serve":
        asyncio.run(serve(settings, _announce))
    elif args.command == "chat":
        asyncio.run(_chat(settings))
    else:
        asyncio.run(_ask(args, settings))
    return 0


def _announce(bot: Bot, address: str) -> None:
    """Says in plain words what runs, which model answers, and how to get more."""
    small = Path(bot.settings.base_model) == DATA / "models" / "tiny-llama"
    lines = [
        "",
        f"  {bot.profile.name}: el chat está en {address}",
        "",
        f"  Responde: {bot.generator.model} en 4 bits, {bot.in_service.explanation}.",
    ]
    if small:
        lines += [
            "  Es el modelo pequeño de prueba: lee la información aprobada y la repite; no conversa como uno grande.",
            "  Llama-2-7B (GPU de 16 GB): CENFOBOT_BASE_MODEL=NousResearch/Llama-2-7b-chat-hf en .env",
        ]
    lines += [
        "  Telegram: atiende también ahí."
        if bot.settings.on_telegram
        else "  Telegram: TELEGRAM_BOT_TOKEN en .env lo enciende (docs/telegram.md).",
        f"  Datos: {bot.settings.home}{' (de ejemplo, inventados)' * bot.profile.sample_data}   Para terminar: Ctrl+C",
        "",
    ]
    print("\n".join(lines), file=sys.stderr, flush=True)


async def _ask(args: argparse.Namespace, settings: Settings) -> None:
    given = [way for way in (args.question, args.batch, args.conversation) if way is not None]
    if len(given) != 1:
        raise CenfobotError('Ask one thing: cenfobot ask "…", --batch FILE or --conversation FILE.')
    file = args.batch or args.conversation
    questions = _lines(file) if file else [_readable(args.question)]
    async with running_bot(settings) as bot:
        answers = _in_turn(bot, questions) if args.conversation is not None else _independent(bot, questions)
        async for answer in answers:
            print(_as_json(answer) if args.json else _shown(answer), flush=True)


def _lines(name: str) -> list[str]:
    """The lines of a file, or of standard input for ``-``; a line that is not UTF-8 is read as Windows-1252."""
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise CenfobotError(
            f"The file {name} cannot be read: {error.strerror}. Name a text file, or - for standard input."
        ) from error
    lines = raw.removeprefix(b"\xef\xbb\xbf").removesuffix(b"\n").split(b"\n")
    return [_decoded(line.removesuffix(b"\r")) for line in lines] if raw else []


def _decoded(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:  # what spreadsheets and old editors write
        return line.decode("cp1252", errors="replace")


def _readable(argument: str) -> str:
    """A command-line argument without the surrogates that stand for bytes that are not UTF-8."""
    return argument.encode("utf-8", errors="surrogateescape").decode("utf-8", errors="replace")


async def _independent(bot: Bot, questions: list[str]) -> AsyncIterator[Answer]:
    """The answers in the order of the questions; several are made at the same time."""
    room = asyncio.Semaphore(bot.settings.max_in_flight)

    async def one(question: str) -> Answer:
        async with room:
            return await _turn(bot, question, uuid.uuid4().hex)

    tasks = [asyncio.create_task(one(question)) for question in questions]
    try:
        for task in tasks:
            yield await task
    finally:
        for task in tasks:
            task.cancel()


async def _in_turn(bot: Bot, questions: list[str]) -> AsyncIterator[Answer]:
    chat_id = uuid.uuid4().hex
    for question in questions:
        yield await _turn(bot, question, chat_id)


async def _turn(bot: Bot, question: str, chat_id: str) -> Answer:
    message = IncomingMessage(CHANNEL, uuid.uuid4().hex, chat_id, question, datetime.now(UTC))
    _, answer = await bot.dialogue.turn(message)
    return answer


def _shown(answer: Answer) -> str:
    """What a student sees."""
    text = f"{answer.warning}\n\n{answer.text}" if answer.warning else answer.text
    return f"{text}\n{_offered(answer.suggestions)}".rstrip("\n")


def _offered(suggestions: Sequence[Passage]) -> str:
    """The questions that may have been meant, a line each; nothing where there is none."""
    lines = [f"  · {passage.title}\n" for passage in suggestions]
    return "".join(["Quizá te sirva:\n", *lines]) if lines else ""


def _as_json(answer: Answer) -> str:
    fields = {
        "question": answer.question,
        "kind": answer.kind.value,
        "text": answer.text,
        "passages": [{"question": p.question, "answer": p.answer, "score": round(p.score, 4)} for p in answer.passages],
        "model": {"base": answer.model.base, "adapter": answer.model.adapter} if answer.model else None,
        "verbatim": answer.verbatim,
        "asked": answer.asked,
        "probability": answer.probability,
        "reason": answer.reason,
        "warning": answer.warning,
        "suggestions": [passage.title for passage in answer.suggestions],
        "open_questions": answer.open_questions,
        "milliseconds": answer.milliseconds["total"],
    }
    return json.dumps(fields, ensure_ascii=False)


async def _chat(settings: Settings) -> None:
    chat_id = uuid.uuid4().hex
    async with running_bot(settings) as bot:
        texts = bot.profile.texts
        if bot.profile.sample_data:
            print(f"({texts.sample_data_notice})")
        print(f"{texts.greeting}  (línea vacía para salir)")
        while line := (await asyncio.to_thread(_read_line)).strip():
            shown = ""

            async def preview(text: str) -> None:
                nonlocal shown
                print(text.removeprefix(shown), end="", flush=True)
                shown = text

            message = IncomingMessage(CHANNEL, uuid.uuid4().hex, chat_id, line, datetime.now(UTC))
            reply, _ = await bot.dialogue.turn(message, preview=preview)
            print(reply.text.removeprefix(shown) if reply.text.startswith(shown) else f"\n{reply.text}")
            print(_offered(reply.suggestions), end="")
        print(texts.goodbye)


def _read_line() -> str:
    try:
        return input("> ")
    except EOFError:
        return ""
