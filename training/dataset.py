"""Training rows from approved pairs: the prompts that the bot would make, with the completions it should give.

Three kinds of rows, in shares that the recipe sets:

- *closed book*: the bare question and its answer, the seed's kind;
- *grounded*: the question under the passages that the bot's own retriever finds, and the right answer;
- *don't know*: the same with the right pair taken out, and the "I don't know yet" text.

A student seldom asks in an approved wording. So in the recipe's share of the prompts, the wording
that is asked is hidden from the retriever, and the right passage shows another one, or is missed as
it would be. Where it is missed in a grounded row, it comes last, for want of room in the last one's place.

Not covered: where a second pair happens to answer the same question in other words, a don't-know row
is wrong. Staff keep one answer per question.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import datasets

from bot.answering.answerer import NEAR_BEST
from bot.answering.prompt import DONT_KNOW, Prompt, Tokenizer, encode_example, grounded_user_text
from bot.answering.understanding import clean
from bot.errors import DataError
from bot.messages import Passage
from bot.retrieval.lexical import LexicalIndex
from bot.retrieval.synonyms import Synonyms
from storage.pairs_csv import CsvPair
from training import recipe
from training.noise import as_a_student_types

FOLDS = 5
"""A fifth of all wordings is hidden at a time: one index per fold instead of one per wording."""


class Kind(StrEnum):
    """What a row teaches."""

    CLOSED_BOOK = "closed_book"
    GROUNDED = "grounded"
    DONT_KNOW = "dont_know"


@dataclass(frozen=True)
class Row:
    """One training example before it is encoded."""

    kind: Kind
    pair: CsvPair
    prompt: Prompt
    completion: str


def build_rows(
    pairs: Sequence[CsvPair], *, system: str, synonyms: Synonyms, plan: recipe.Dataset, seed: int
) -> list[Row]:
    """``plan.rows_per_pair`` rows of each pair, the kinds in the plan's shares over all rows, in random order.

    The same arguments give the same rows. ``system`` is the profile's text for the model.

    Raises:
        DataError: fewer than two pairs, of which no don't-know row can be made.
    """
    if len(pairs) < 2:
        raise DataError(f"A model is trained on at least 2 approved pairs; the CSV has {len(pairs)}. Approve more.")
    rng = random.Random(seed)
    total = len(pairs) * plan.rows_per_pair
    closed, known = round(total * plan.closed_book), round(total * (plan.closed_book + plan.grounded))
    kinds = [Kind.CLOSED_BOOK] * closed + [Kind.GROUNDED] * (known - closed) + [Kind.DONT_KNOW] * (total - known)
    rng.shuffle(kinds)
    maker = _RowMaker(pairs, system, synonyms, plan, rng)
    rows = [maker.row(kind, place % len(pairs)) for place, kind in enumerate(kinds)]
    rng.shuffle(rows)
    return rows


class _RowMaker:
    """Draws rows; keeps the pairs, and an index of them with each fold of their wordings hidden."""

    def __init__(
        self, pairs: Sequence[CsvPair], system: str, synonyms: Synonyms, plan: recipe.Dataset, rng: random.Random
    ) -> None:
        self._pairs = pairs
        self._system = system
        self._plan = plan
        self._rng = rng
        self._indexes = {fold: self._index(synonyms, fold) for fold in (None, *range(FOLDS))}

    def row(self, kind: Kind, number: int) -> Row:
        """One row of ``kind`` for the pair of that number."""
        plan, rng, pair = self._plan, self._rng, self._pairs[number]
        place, asked = rng.choice(list(enumerate(_wordings(pair))))
        if kind is Kind.CLOSED_BOOK:
            return Row(kind, pair, Prompt(self._system, grounded_user_text(asked, [])), pair.answer)
        hidden = self._fold(number, place) if rng.random() < plan.new_wording else None
        if rng.random() < plan.noise:
            asked = clean(as_a_student_types(asked, rng))
        found = self._indexes[hidden].search(asked, plan.passages + 1)
        if kind is Kind.DONT_KNOW:
            found = [p for p in found if p.pair_id != number] or [self._another_pair(number)]
        shown = found[: plan.passages]
        if rng.random() < plan.as_served:
            shown = [p for p in shown if p.score >= NEAR_BEST * shown[0].score]
        if kind is Kind.GROUNDED and all(p.pair_id != number for p in shown):
            shown = [*shown[: plan.passages - 1], self._right_pair(number, hidden)]
        if rng.random() < plan.shuffled:
            rng.shuffle(shown)
        user = grounded_user_text(asked, [(p.question, p.answer) for p in shown])
        return Row(kind, pair, Prompt(self._system, user), pair.answer if kind is Kind.GROUNDED else DONT_KNOW)

    def _right_pair(self, number: int, hidden: int | None) -> Passage:
        wordings = self._kept_wordings(number, hidden) or _wordings(self._pairs[number])
        return Passage(number, self._rng.choice(wordings), self._pairs[number].answer, 0.0)

    def _another_pair(self, number: int) -> Passage:
        """Any other pair: a prompt without passages would be a closed-book one."""
        other = (number + self._rng.randrange(1, len(self._pairs))) % len(self._pairs)
        return Passage(other, self._pairs[other].question, self._pairs[other].answer, 0.0)

    def _index(self, synonyms: Synonyms, hidden: int | None) -> LexicalIndex:
        index = LexicalIndex(synonyms)
        kept = [(number, pair, self._kept_wordings(number, hidden)) for number, pair in enumerate(self._pairs)]
        index.load([(number, wordings[0], pair.answer, wordings[1:]) for number, pair, wordings in kept if wordings])
        return index

    def _kept_wordings(self, number: int, hidden: int | None) -> Sequence[str]:
        wordings = _wordings(self._pairs[number])
        return [text for place, text in enumerate(wordings) if self._fold(number, place) != hidden]

    @staticmethod
    def _fold(number: int, place: int) -> int:
        return (number + place) % FOLDS


def _wordings(pair: CsvPair) -> tuple[str, ...]:
    return (pair.question, *pair.wordings)


def encode_rows(rows: Sequence[Row], tokenizer: Tokenizer, *, max_length: int) -> datasets.Dataset:
    """The rows as token ids, in their order: columns ``input_ids`` and ``completion_mask``, both ``(T,)``.

    One BOS at the start, EOS as the last token; the mask is 1 on the completion, EOS included. TRL takes
    such rows as they are: it adds no token, no template and, without a ``max_length`` of its own, no cut.

    Raises:
        DataError: a row has more than ``max_length`` tokens, or cannot be encoded; names the pair.
    """
    columns: dict[str, list[list[int]]] = {"input_ids": [], "completion_mask": []}
    for row in rows:
        try:
            prompt, completion = encode_example(row.prompt, row.completion, tokenizer)
        except ValueError as error:
            raise DataError(f"The pair {row.pair.question!r} cannot be trained on: {error}") from error
        length = len(prompt) + len(completion)
        if length > max_length:
            raise DataError(
                f"The pair {row.pair.question!r} makes a {row.kind} row of {length} tokens; the recipe's max_length is "
                f"{max_length}. Shorten the answers of it and of its neighbours, or raise max_length."
            )
        columns["input_ids"].append(prompt + completion)
        columns["completion_mask"].append([0] * len(prompt) + [1] * len(completion))
    return datasets.Dataset.from_dict(columns)


def count_by_kind(rows: Sequence[Row]) -> dict[str, int]:
    """Number of rows of each kind."""
    return dict(Counter(row.kind.value for row in rows))
