"""Training rows from approved pairs: the prompts that the bot would make, with the completions it should give.

Three kinds of rows, in shares that the recipe sets:

- *closed book*: the bare question and its answer, the seed's kind;
- *grounded*: the question under the passages that the bot's own retriever finds, and the right answer;
- *don't know*: the same with the right pair taken out, and the "I don't know yet" text.

A student seldom asks in an approved wording. So in the recipe's share of the prompts, the wording
that is asked is hidden from the retriever, and the right passage shows another one, or is missed as
it would be. Where it is missed in a grounded row, it comes last, for want of room in the last one's place.

Held-out wordings are never asked, shown or indexed; chat noise that happens to make one is taken back.

Not covered: where a second pair happens to answer the same question in other words, a don't-know row
is wrong (staff keep one answer per question); noise may make what is near a held-out wording, not equal to it.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import datasets

from bot.answering.prompt import DONT_KNOW, Prompt, Tokenizer, encode_example, grounded_user_text
from bot.answering.understanding import clean
from bot.errors import DataError
from bot.messages import Passage
from bot.retrieval.lexical import LexicalIndex
from bot.retrieval.synonyms import Synonyms
from storage.pairs_csv import CsvPair
from storage.text import folded
from training import recipe
from training.dataset.corpus import Corpus, CorpusPair
from training.dataset.noise import as_a_student_types

FOLDS = 5
"""A fifth of all wordings is hidden at a time: one index per fold instead of one per wording."""
NEAR_BEST = 0.97
"""A prompt of a row "as served" holds the passages whose lexical score is at least this share of the best one's."""
MOST_NEW = 0.25
"""The rows more for new pairs are at most this share of the others: where many are new, each gets fewer."""


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


def build_rows(corpus: Corpus, *, system: str, synonyms: Synonyms, plan: recipe.Dataset, seed: int) -> list[Row]:
    """The plan's rows of each pair, the kinds in its shares over all, and those of new pairs besides; in random order.

    The same arguments give the same rows. ``system`` is the profile's text for the model.

    Raises:
        DataError: fewer than two pairs, of which no don't-know row can be made.
    """
    pairs = corpus.pairs
    if len(pairs) < 2:
        raise DataError(f"A model is trained on at least 2 approved pairs; the CSV has {len(pairs)}. Approve more.")
    rng = random.Random(seed)
    asked: Sequence[tuple[int, str | None]]
    if plan.rows_per_pair is None:
        asked = [(number, text) for number, pair in enumerate(pairs) for text in pair.trained]
    else:
        asked = [(number, None) for number in range(len(pairs))] * plan.rows_per_pair
    total = len(asked)
    closed, known = round(total * plan.closed_book), round(total * (plan.closed_book + plan.grounded))
    kinds = [Kind.CLOSED_BOOK] * closed + [Kind.GROUNDED] * (known - closed) + [Kind.DONT_KNOW] * (total - known)
    rng.shuffle(kinds)
    maker = _RowMaker(pairs, system, synonyms, plan, rng)
    rows = [maker.row(kind, number, text) for kind, (number, text) in zip(kinds, asked, strict=True)]
    new = [number for number, pair in enumerate(pairs) if pair.new]
    each = min(plan.new_pair_rows, int(total * MOST_NEW) // max(len(new), 1))
    rows += [row for number in new for row in maker.rows_of_new_pair(number, each)]
    rng.shuffle(rows)
    return rows


def held_out_rows(
    corpus: Corpus, *, system: str, synonyms: Synonyms, plan: recipe.Dataset, seed: int, limit: int = 200
) -> list[Row]:
    """``limit`` rows at most that are asked in held-out wordings, to take the loss on; as the plan's rows otherwise.

    They are grounded, or closed-book where the plan has no grounded ones. The same arguments give the same rows.
    """
    rng = random.Random(seed)
    maker = _RowMaker(corpus.pairs, system, synonyms, plan, rng)
    asked = [(number, text) for number, pair in enumerate(corpus.pairs) for text in sorted(pair.held_out)]
    return [maker.held_out_row(number, text) for number, text in rng.sample(asked, min(limit, len(asked)))]


class _RowMaker:
    """Draws rows; keeps the pairs, and an index of them with each fold of their trained wordings hidden."""

    def __init__(
        self, pairs: Sequence[CorpusPair], system: str, synonyms: Synonyms, plan: recipe.Dataset, rng: random.Random
    ) -> None:
        self._pairs = [pair.pair for pair in pairs]
        self._wordings = [pair.trained for pair in pairs]
        self._held_out = {folded(text) for pair in pairs for text in pair.held_out}
        self._system = system if plan.system_text else ""
        self._plan = plan
        self._rng = rng
        self._indexes = {fold: self._index(synonyms, fold) for fold in (None, *range(FOLDS))}

    def row(self, kind: Kind, number: int, wording: str | None = None) -> Row:
        """One row of ``kind`` for the pair of that number, asked in the given or in any of its trained wordings."""
        plan, rng, wordings = self._plan, self._rng, self._wordings[number]
        place = rng.randrange(len(wordings)) if wording is None else wordings.index(wording)
        if kind is Kind.CLOSED_BOOK:
            return self._closed_book(number, wordings[place])
        hidden = self._fold(number, place) if rng.random() < plan.new_wording else None
        asked = self._noisy(wordings[place]) if rng.random() < plan.noise else wordings[place]
        return self._with_passages(kind, number, asked, hidden)

    def rows_of_new_pair(self, number: int, count: int) -> list[Row]:
        """``count`` rows more for a new pair, so that it is known without passages: each eighth is grounded.

        The others are closed-book, by turns the canonical question as it stands, another wording, the canonical one
        with the plan's noise, another wording.
        """
        canonical, *others = self._wordings[number]
        rows = []
        for turn in range(count):
            if turn % 8 == 7 and self._plan.grounded:
                rows.append(self.row(Kind.GROUNDED, number))
                continue
            place = turn - turn // 8  # among the closed-book ones
            asked = others[place // 2 % len(others)] if others and place % 2 else canonical
            noisy = place % 4 and self._rng.random() < self._plan.noise
            rows.append(self._closed_book(number, self._noisy(asked) if noisy else asked))
        return rows

    def held_out_row(self, number: int, asked: str) -> Row:
        """A row of the pair of that number, asked in a held-out wording."""
        if not self._plan.grounded:
            return self._closed_book(number, asked)
        return self._with_passages(Kind.GROUNDED, number, asked, None)

    def _closed_book(self, number: int, asked: str) -> Row:
        pair = self._pairs[number]
        return Row(Kind.CLOSED_BOOK, pair, Prompt(self._system, grounded_user_text(asked, [])), pair.answer)

    def _with_passages(self, kind: Kind, number: int, asked: str, hidden: int | None) -> Row:
        plan, rng, pair = self._plan, self._rng, self._pairs[number]
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

    def _noisy(self, asked: str) -> str:
        typed = clean(as_a_student_types(asked, self._rng))
        return asked if folded(typed) in self._held_out else typed

    def _right_pair(self, number: int, hidden: int | None) -> Passage:
        wordings = self._kept_wordings(number, hidden) or self._wordings[number]
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
        return [text for place, text in enumerate(self._wordings[number]) if self._fold(number, place) != hidden]

    @staticmethod
    def _fold(number: int, place: int) -> int:
        return (number + place) % FOLDS


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
