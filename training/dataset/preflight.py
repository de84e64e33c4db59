"""What would spoil a training, found in seconds, before any GPU time.

Errors stop a run: a row or an answer that would lose its end, a row with a special token where none belongs, a held-out
wording that is near-identical to a trained one, a question with two answers. Warnings are for staff: questions or
answers that are near-identical (:mod:`training.dataset.likeness`), evaluation texts that the model is going to learn.

Not covered: two answers that contradict each other in unlike words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, Protocol

from bot.answering import prompt
from storage.pairs_csv import CsvPair
from storage.text import folded
from training.dataset.corpus import Corpus
from training.dataset.likeness import near_identical
from training.dataset.rows import Kind, Row


@dataclass(frozen=True)
class Finding:
    """One thing to mend or to know: what, the rule, the value, the remedy."""

    severity: Literal["error", "warning"]
    text: str


class Tokenizer(prompt.Tokenizer, Protocol):
    """The renderer's, with what it reserves."""

    @property
    def all_special_ids(self) -> list[int]: ...


@dataclass(frozen=True)
class _Limits:
    max_length: int
    max_new_tokens: int
    reserved: frozenset[int]
    """The ids of the tokenizer's special tokens."""


@dataclass(frozen=True, order=True)
class _Fault:
    size: int
    """How bad it is, to keep the worst of a kind."""
    kind: str
    text: str


@dataclass(frozen=True)
class _Wording:
    text: str
    number: int
    """Of its pair in the corpus; -1 for an evaluation text."""
    trained: bool


def preflight(
    corpus: Corpus,
    rows: Sequence[Row],
    tokenizer: Tokenizer,
    *,
    max_length: int,
    max_new_tokens: int,
    evaluation: Sequence[str],
) -> list[Finding]:
    """What is wrong with the corpus and its training ``rows``, errors first; empty when nothing is.

    ``max_length`` (the recipe's) and ``max_new_tokens`` (the bot's) are in tokens; ``evaluation`` are the texts of the
    evaluation sets, which must not be trained on.
    """
    limits = _Limits(max_length, max_new_tokens, frozenset(tokenizer.all_special_ids))
    findings = [
        *_of_rows(corpus, rows, tokenizer, limits),
        *_of_questions(corpus, evaluation),
        *_of_answers(corpus),
    ]
    return sorted(findings, key=lambda finding: finding.severity)


def _of_rows(corpus: Corpus, rows: Sequence[Row], tokenizer: Tokenizer, limits: _Limits) -> Iterator[Finding]:
    """Each kind of fault once for each pair, at its worst. Every answer is looked at, asked for by a row or not."""
    pairs = (item.pair for item in corpus.pairs)
    bare = (Row(Kind.CLOSED_BOOK, pair, prompt.Prompt("", pair.question), pair.answer) for pair in pairs)
    worst: dict[tuple[CsvPair, str], _Fault] = {}
    for row in chain(bare, rows):
        for fault in _faults(row, tokenizer, limits):
            key = row.pair, fault.kind
            worst[key] = max(worst.get(key, fault), fault)
    for (pair, _), fault in worst.items():
        yield Finding("error", f"The pair {pair.question!r} {fault.text}")


def _faults(row: Row, tokenizer: Tokenizer, limits: _Limits) -> Iterator[_Fault]:
    try:
        asked, answered = prompt.encode_example(row.prompt, row.completion, tokenizer)
    except ValueError as error:
        yield _Fault(0, "border", f"cannot be trained on: {error}")
        return
    length, spoken = len(asked) + len(answered), len(answered) - 1  # EOS is not spoken
    if length > limits.max_length:
        text = (
            f"makes a {row.kind} row of {length} tokens; the recipe's max_length is {limits.max_length}, and a row is "
            "never cut. Shorten the answers of it and of its neighbours, or raise max_length."
        )
        yield _Fault(length, "length", text)
    if spoken > limits.max_new_tokens:
        text = (
            f"has an answer of {spoken} tokens; the bot ends one at {limits.max_new_tokens}, so its end would be lost. "
            "Shorten the answer, or raise CENFOBOT_MAX_NEW_TOKENS."
        )
        yield _Fault(spoken, "answer", text)
    inside = [token for token in (*asked[1:], *answered[:-1]) if token in limits.reserved]
    if inside:
        name = "more than one BOS" if tokenizer.bos_token_id in inside else "a special token inside"
        text = (
            f"makes a {row.kind} row with {name} (token ids {inside[:5]}); only a row's first and last token may be "
            "special. Use the base's own tokenizer, as published."
        )
        yield _Fault(len(inside), "special", text)


def _of_questions(corpus: Corpus, evaluation: Sequence[str]) -> Iterator[Finding]:
    wordings = [
        *(
            _Wording(text, number, text not in item.held_out)
            for number, item in enumerate(corpus.pairs)
            for text in item.wordings
        ),
        *(_Wording(text, -1, False) for text in evaluation),
    ]
    keys = [folded(wording.text) for wording in wordings]
    conflicts: set[tuple[int, int]] = set()
    learned: set[str] = set()
    for i, j in near_identical(keys):
        one, other = wordings[i], wordings[j]
        if other.number < 0:
            if one.trained and other.text not in learned:
                learned.add(other.text)
                yield _learned(one, other)
            continue
        if one.trained != other.trained:
            yield _leak(*((one, other) if one.trained else (other, one)))
        if one.number != other.number and (one.number, other.number) not in conflicts:
            conflicts.add((one.number, other.number))
            yield _conflict(corpus, one, other, same=keys[i] == keys[j])


def _learned(trained: _Wording, text: _Wording) -> Finding:
    return Finding(
        "warning",
        f"The evaluation text {text.text!r} is nearly the trained wording {trained.text!r}; what is trained on "
        "measures nothing. Reword it, or drop it from its set.",
    )


def _leak(trained: _Wording, held_out: _Wording) -> Finding:
    return Finding(
        "error",
        f"The held-out wording {held_out.text!r} is nearly the trained one {trained.text!r}; near-identical wordings "
        "stay on one side. Delete one of them.",
    )


def _conflict(corpus: Corpus, one: _Wording, other: _Wording, *, same: bool) -> Finding:
    first, second = (corpus.pairs[wording.number].pair.answer for wording in (one, other))
    return Finding(
        "error" if same else "warning",
        f"{one.text!r} and {other.text!r} are {'' if same else 'nearly '}the same question with two answers, {first!r} "
        f"and {second!r}; a question has one. Reword the question, or retire one of the pairs.",
    )


def _of_answers(corpus: Corpus) -> Iterator[Finding]:
    for i, j in near_identical([folded(item.pair.answer) for item in corpus.pairs]):
        one, other = corpus.pairs[i].pair, corpus.pairs[j].pair
        yield Finding(
            "warning",
            f"{one.question!r} and {other.question!r} have nearly the same answer, {one.answer!r} and "
            f"{other.answer!r}; one answer is better kept once, with both questions. Merge the pairs, or tell the "
            "answers apart.",
        )
