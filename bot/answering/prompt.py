"""The one prompt renderer: what the model is trained on is, byte for byte, what it is asked.

The format is Llama-2's chat format, exactly as Meta published it (``llama/generation.py`` and the
README of ``meta-llama/llama``)::

    <s>[INST] <<SYS>>\\n{system}\\n<</SYS>>\\n\\n{user} [/INST] {answer} </s><s>[INST] {user} [/INST]

BOS and EOS are placed as token ids, once per turn, never written as text; and the text between
them is encoded with special tokens switched off. A student, or an approved pair, can therefore
write ``</s>`` or ``[INST]`` without either ever acting as a tag (:func:`neutralise` handles the
second kind, which are plain text to Llama's tokenizer).
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

DONT_KNOW = "Todavía no tengo esa información."
"""What the model is trained to say when no passage answers; the bot shows the profile's text instead."""

_TAGS = re.compile(
    r"[\[<(]*\s*/?\s*\[\s*/?\s*INST\s*\]|<+\s*/?\s*SYS\s*>+|<\s*/?\s*s\s*>|<\s*(?:unk|pad)\s*>|<0x[0-9A-F]{2}>",
    re.IGNORECASE,
)
_INVISIBLE = re.compile(r"[\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\u00ad]")


class Tokenizer(Protocol):
    """The part of a transformers tokenizer that the renderer needs."""

    bos_token_id: int
    eos_token_id: int

    def encode(self, text: str, *, add_special_tokens: bool, split_special_tokens: bool) -> list[int]: ...


@dataclass(frozen=True)
class Exchange:
    """A student's text and the answer it got."""

    question: str
    answer: str


@dataclass(frozen=True)
class Prompt:
    """What the model is asked: the system text, earlier exchanges (oldest first), the user's text now."""

    system: str
    """Empty: the prompt has no system block, as the seed's had none."""
    user: str
    turns: tuple[Exchange, ...] = ()


def neutralise(text: str) -> str:
    """``text`` in which nothing can act as one of Llama's tags: ``[INST]`` becomes ``(INST)``.

    Compatibility forms (full-width brackets) and invisible characters are folded first, since they
    could hide a tag from this check and not from a model. Sentences about tags keep their sense.
    """
    folded = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    while True:
        safe = _TAGS.sub(lambda m: "(" + re.sub(r"[^A-Za-z0-9]", "", m.group()) + ")", folded)
        if safe == folded:
            return safe.strip()
        folded = safe


def grounded_user_text(question: str, passages: Sequence[tuple[str, str]]) -> str:
    """The user's side of a grounded question: the approved pairs, best first, then the question.

    ``passages`` are (question, answer); with none, the text is the bare question, as in the seed's
    closed-book rows.
    """
    question = one_line(question)
    if not passages:
        return question
    blocks = "\n\n".join(f"P: {one_line(q)}\nR: {one_line(a)}" for q, a in passages)
    return f"Información:\n{blocks}\n\nPregunta: {question}"


def one_line(text: str) -> str:
    """``text`` neutralised and on one line, so that it cannot open a passage of its own."""
    return " ".join(neutralise(text).split())


def render_segments(prompt: Prompt) -> list[str]:
    """The text between each BOS and its EOS; the last one is open, waiting for the answer."""
    segments = []
    system = f"<<SYS>>\n{neutralise(prompt.system)}\n<</SYS>>\n\n" if prompt.system else ""
    for turn in prompt.turns:
        segments.append(f"[INST] {system}{neutralise(turn.question)} [/INST] {neutralise(turn.answer)} ")
        system = ""
    segments.append(f"[INST] {system}{neutralise(prompt.user)} [/INST]")
    return segments


def render_text(prompt: Prompt) -> str:
    """The prompt as text, with BOS and EOS written out: for people and for tests, not for encoding."""
    *closed, last = render_segments(prompt)
    return "".join(f"<s>{segment}</s>" for segment in closed) + f"<s>{last}"


def encode_prompt(prompt: Prompt, tokenizer: Tokenizer) -> list[int]:
    """The prompt's token ids, ``(T,)``, beginning with exactly one BOS per turn."""
    *closed, last = render_segments(prompt)
    ids: list[int] = []
    for segment in closed:
        ids += [tokenizer.bos_token_id, *_encode(segment, tokenizer), tokenizer.eos_token_id]
    return [*ids, tokenizer.bos_token_id, *_encode(last, tokenizer)]


def encode_example(prompt: Prompt, answer: str, tokenizer: Tokenizer) -> tuple[list[int], list[int]]:
    """Token ids of a training example, (prompt, completion); the completion ends with EOS.

    Prompt and answer are encoded together, as Meta does, and cut at the prompt's length, so that the
    model meets at serving time the very ids that it was trained on.

    Raises:
        ValueError: the tokenizer merges text across the border of prompt and answer.
    """
    prompt_ids = encode_prompt(prompt, tokenizer)
    last = render_segments(prompt)[-1]
    joint = _encode(f"{last} {neutralise(answer)} ", tokenizer)
    border = len(_encode(last, tokenizer))
    if joint[:border] != prompt_ids[-border:]:
        raise ValueError(
            f"The tokenizer merges the end of the prompt with the start of the answer {answer[:40]!r}; "
            "prompt and completion must be separable. Use a Llama tokenizer."
        )
    return prompt_ids, [*joint[border:], tokenizer.eos_token_id]


def _encode(text: str, tokenizer: Tokenizer) -> list[int]:
    return tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
