"""How pairs and a CSV follow a merge with the least change: pairs keep their ids, rows and wordings their order.

Nothing here reads or writes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from storage.pair_history import PairState
from training.folding.merging import Table, key_of


@dataclass(frozen=True)
class Regrouping:
    """What to do to the active pairs so that they say what a table says."""

    retired: tuple[int, ...]
    changed: tuple[PairState, ...]
    """Pairs with their new answer and wordings."""
    new: tuple[tuple[str, tuple[str, ...]], ...]
    """(answer, wordings) of pairs to add."""


def regroup(pairs: Sequence[PairState], merged: Table, order: Sequence[str]) -> Regrouping:
    """How the pairs become what ``merged`` says: a pair follows its questions, rows of one new answer are one pair.

    ``order`` gives the file's questions; new wordings take their place among a pair's others from there.
    """
    finals = _final_answers(pairs, merged)
    by_answer = {answer: pair_id for pair_id, answer in reversed(finals.items()) if answer is not None}
    owners = {key_of(wording): pair.id for pair in pairs for wording in pair.wordings}
    texts: dict[int, list[str]] = {pair.id: [] for pair in pairs}
    added: dict[str, list[str]] = {}
    for text in dict.fromkeys((*order, *(wording for pair in pairs for wording in pair.wordings))):
        entry = merged.get(key := key_of(text))
        if entry and text in entry.spellings:
            owner = owners.get(key)
            target = owner if owner is not None and finals[owner] == entry.answer else by_answer.get(entry.answer)
            (added.setdefault(entry.answer, []) if target is None else texts[target]).append(text)
    changed = []
    for pair in pairs:
        answer = finals[pair.id]
        if answer is not None and (answer != pair.answer or set(texts[pair.id]) != set(pair.wordings)):
            changed.append(PairState(pair.id, answer, _ordered(pair.wordings, texts[pair.id])))
    return Regrouping(
        retired=tuple(pair.id for pair in pairs if finals[pair.id] is None),
        changed=tuple(changed),
        new=tuple((answer, tuple(wordings)) for answer, wordings in added.items()),
    )


def _final_answers(pairs: Sequence[PairState], merged: Table) -> dict[int, str | None]:
    """Each pair's new answer; None: it is retired. Two pairs never become one answer's."""
    # The answers that a pair's questions have now.
    left = {pair.id: [merged[key].answer for key in map(key_of, pair.wordings) if key in merged] for pair in pairs}
    finals: dict[int, str | None] = {pair.id: pair.answer for pair in pairs if pair.answer in left[pair.id]}
    taken = set(finals.values())
    for pair in pairs:  # an answer that was edited on a pair's rows is an edit of that pair
        if pair.id not in finals and left[pair.id]:
            finals[pair.id] = next((answer for answer in left[pair.id] if answer not in taken), None)
            taken.add(finals[pair.id])
    answers = {entry.answer for entry in merged.values()}
    for pair in pairs:  # other questions with the same answer: still that pair
        if pair.id not in finals:
            still_given = pair.answer in answers and pair.answer not in taken
            finals[pair.id] = pair.answer if still_given else None
            taken.add(finals[pair.id])
    return {pair.id: finals[pair.id] for pair in pairs}


def _ordered(before: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """``wanted``, the file's texts first and in its order, woven into the order that the pair had before."""
    keys = placed({text: place for place, text in enumerate(before)}, wanted, end=len(before))
    return tuple(text for *_, text in sorted(keys, key=lambda key: key[:2]))


def placed(places: Mapping[str, int], wanted: Iterable[str], *, end: int) -> list[tuple[int, int, str]]:
    """Sort keys that put the wanted texts into a list where some stand already: (place, side, text).

    ``places`` says where the texts stand, those that are going to leave included. A new text comes after those before
    it in ``wanted``; a first one comes where the list's first text is or was, or at ``end`` when it is empty.
    """
    at, side = min(places.values(), default=end), -1
    keys = []
    for text in wanted:
        if text in places:
            keys.append((places[text], 0, text))
            at, side = max(at, places[text]), 1
        else:
            keys.append((at, side, text))
    return keys


def arranged(
    file: Sequence[str], pairs: Sequence[PairState], earlier: Iterable[Sequence[PairState]]
) -> list[tuple[str, str]]:
    """The CSV's (question, answer) rows for the active pairs, in the order of the file's questions.

    An answer changes in its place, a row that is gone leaves, a new wording follows its pair's last row, and a new
    pair comes at the end. ``earlier`` states of the pairs tell where a question stood that was replaced.
    """
    owners = {key_of(text): pair.id for state in (*earlier, pairs) for pair in state for text in pair.wordings}
    places: dict[int, dict[str, int]] = {}
    for place, text in enumerate(file):
        if (owner := owners.get(key_of(text))) is not None:
            places.setdefault(owner, {})[text] = place
    keys = [
        (place, side, text, pair.answer)
        for pair in pairs
        for place, side, text in placed(places.get(pair.id, {}), pair.wordings, end=len(file))
    ]
    return [(text, answer) for *_, text, answer in sorted(keys, key=lambda key: key[:2])]
