"""The merge treats both sides alike, and pairs are regrouped to exactly what it says."""

from hypothesis import given
from hypothesis import strategies as st

from bot.errors import DataError
from storage.pair_history import PairState
from storage.text import folded
from training.folding.merging import Table, merge, rows_of, table
from training.folding.regrouping import arranged, regroup

QUESTIONS = ["uno", "¿Uno?", "dos", "tres", "cuatro", "cinco"]
ROWS = st.dictionaries(st.sampled_from(QUESTIONS), st.sampled_from("ABCD")).map(
    # Spellings of one question have one answer, as the CSV's reader demands.
    lambda rows: [(q, rows["uno"] if q == "¿Uno?" and "uno" in rows else a) for q, a in rows.items()]
)


def merged(bases: list[Table], ours: Table, theirs: Table) -> Table | None:
    try:
        return merge(bases, ours, theirs)
    except DataError:
        return None


@given(ROWS, ROWS, ROWS)
def test_neither_side_wins_by_being_the_file(base: list[tuple[str, str]], one: object, other: object) -> None:
    sides = table(one), table(other)  # type: ignore[arg-type]  # hypothesis gives rows
    assert merged([table(base)], *sides) == merged([table(base)], *reversed(sides))


@given(ROWS, ROWS)
def test_a_side_that_changed_nothing_gives_way(base: list[tuple[str, str]], other: list[tuple[str, str]]) -> None:
    assert merge([table(base)], table(base), table(other)) == table(other)
    assert merge([table(base), table(other)], table(other), table(base)) == table(other)


@st.composite
def pairs(draw: st.DrawFn) -> list[PairState]:
    """Active pairs; two may have the same answer, as the desk can make them."""
    found: list[PairState] = []
    left = ["uno", "dos", "tres", "cuatro", "cinco"]
    while left and len(found) < 4:
        taken = draw(st.lists(st.sampled_from(left), min_size=1, max_size=3, unique=True))
        left = [text for text in left if text not in taken]
        wordings = [*taken, "¿Uno?"] if "uno" in taken and draw(st.booleans()) else taken
        found.append(PairState(len(found) + 1, draw(st.sampled_from("ABCD")), tuple(wordings)))
    return found


@given(pairs(), ROWS)
def test_regrouped_pairs_say_what_the_table_says(before: list[PairState], rows: list[tuple[str, str]]) -> None:
    plan = regroup(before, table(rows), [question for question, _ in rows])
    changed = {pair.id: pair for pair in plan.changed}
    after = [changed.get(pair.id, pair) for pair in before if pair.id not in plan.retired]
    after += [PairState(100 + number, *new) for number, new in enumerate(plan.new)]
    assert sorted(rows_of(after)) == sorted(rows)
    assert all(pair.wordings for pair in after)
    owners = [(key, pair.id) for pair in after for key in {folded(text) for text in pair.wordings}]
    assert len(owners) == len({key for key, _ in owners})
    assert sorted(arranged(QUESTIONS, after, [before])) == sorted(rows)
    in_order = [question for question, _ in arranged(QUESTIONS, after, [before])]
    assert in_order == [question for question in QUESTIONS if question in in_order]
