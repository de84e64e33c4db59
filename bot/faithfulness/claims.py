"""What one sentence states, held against what approved pairs state. Each check names a fault, or returns ""."""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import combinations

from bot.faithfulness.closed_words import CAN, CLAIMS, FREE, HALVES_OF_DAY, MONTHS, MUST, OPPOSITES, WEEKDAYS
from bot.faithfulness.figures import Figure, addresses, measure, singular
from bot.faithfulness.wording import Clause, Reading, Source

SHARE = 0.7
"""So large a share of a sentence's content words stands in the one or two passages that hold the most of them."""
CLAUSE_SHARE = 0.5
"""The same for each clause: an addition often hangs on a true statement."""
APART = 0.3
"""A figure's passage holds, of the words that lead to it, at most so much smaller a share than the best passage."""
_RATE = re.compile(
    r"\b(?:al|a la|por|cada|per|each|every|a) ([a-zñ]+)|\b((?:mensual|semanal|anual|diari|month|week|year)\w*)"
)
_DAYS = {singular(day) for day in (*WEEKDAYS, *MONTHS)}
_YES_OR_NO = re.compile(r"\W*(si|no|yes)\b\s*[,.:;!]")


def strange_figures(said: Reading, sources: Sequence[Source]) -> str:
    """A figure, weekday or month that no answer holds, or that belongs to another subject or another thing."""
    words: set[str] = set()
    for clause, about in _about(said, sources):
        days = {said.plain[day.start : day.end] for day in clause.days}
        words = set(clause.content) - days | (set() if clause.opens else words)
        for figure in (*clause.figures, *clause.days):
            shown = said.plain[figure.start : figure.end].strip()
            holders = [source for source in sources if source.holds(figure)]
            if not holders:
                return f"figures that no passage holds: {shown}"
            holders = [source for source in holders if source in about]
            if not holders or _share(words, holders) < _share(words, sources) - APART:
                return f"figures of another subject: {shown}"
            counts = figure in clause.figures and figure.unit != "year"
            if counts and not any(_belongs(figure, clause, source) for source in holders):
                return f"figures of another thing: {shown}"
    return ""


def strange_addresses(said: Reading, sources: Sequence[Source]) -> str:
    """An e-mail address or link that no answer holds."""
    strange = addresses(said.text).difference(*(addresses(source.answer.text) for source in sources))
    return f"addresses that no passage holds: {', '.join(sorted(strange))}" if strange else ""


def strange_names(said: Reading, sources: Sequence[Source]) -> str:
    """A name that no passage holds, in any number or gender."""
    strange = sorted(name for name in said.names if not any(source.vocabulary.has(name) for source in sources))
    return f"names that no passage holds: {', '.join(strange)}" if strange else ""


def strange_half_of_day(said: Reading, sources: Sequence[Source]) -> str:
    """ "Por la noche", where no passage says so and no hour in one is at night."""
    hours = {int(f.value.split(":")[0]) for s in sources for f in s.answer.figures if f.unit == "clock"}
    for word in said.words:
        half = HALVES_OF_DAY.get(word.removesuffix("s"))
        if half and not hours.intersection(half) and not any(s.vocabulary.has(word) for s in sources):
            return f"a half of the day that no passage holds: {word}"
    return ""


def strange_rate(said: Reading, sources: Sequence[Source]) -> str:
    """A price or number "al mes", "por hora", "weekly", where no passage holds that measure of time."""
    for match in _RATE.finditer(said.plain):
        rate = measure(match[1] or match[2])
        if rate and not any(rate in source.measures for source in sources):
            return f"a rate that no passage holds: {match.group()}"
    return ""


def turned_round(said: Reading, sources: Sequence[Source]) -> str:
    """A "no" dropped or added, "yes" for "no", the opposite word, "must" for "may", or a promise that nobody made."""
    return _denial(said, sources) or _yes_or_no(said, sources) or _opposite(said, sources) or _promise(said, sources)


def added_words(said: Reading, sources: Sequence[Source]) -> str:
    """Content words that stand in no one or two passages, or in passages about another subject alone."""
    named = frozenset(name for source in sources for name in source.names)
    best: frozenset[str] = frozenset()
    held = [frozenset(w for w in said.content if s.vocabulary.has_alike(w)) for s in sources]
    for one, other in combinations([*held, frozenset[str]()], 2):
        best = max(best, one | other, key=len)
    strange = ", ".join(sorted(said.content - best))
    if len(best) < SHARE * len(said.content):
        return f"words that no passage holds: {strange}"
    for clause in said.clauses:
        content = set(clause.content)
        if len(content & best) < CLAUSE_SHARE * len(content):
            return f"a clause that no passage holds: {strange}"
    for clause, about in _about(said, sources):
        here = named.intersection(clause.words)
        for word in clause.content:
            if here and about and not _held(word, about) and _held(word, sources):
                return f"a word of another subject: {word}"
    return ""


def _about(said: Reading, sources: Sequence[Source]) -> Iterator[tuple[Clause, list[Source]]]:
    """Each clause with the passages that hold all names in it; one without names is about those of the one before."""
    named = frozenset(name for source in sources for name in source.names)
    names: frozenset[str] = frozenset()
    for clause in said.clauses:
        names = named.intersection(clause.words) or names
        yield clause, [source for source in sources if all(source.vocabulary.has(name) for name in names)]


def _held(word: str, sources: Sequence[Source]) -> bool:
    return any(source.vocabulary.has_alike(word) for source in sources)


def _belongs(figure: Figure, clause: Clause, source: Source) -> bool:
    """Whether no word beside the figure stands, in the answer, beside other figures only: fee and enrolment swapped.

    Where the clause names days, these alone count: the verb stands with the first of several days.
    """
    beside, apart = set[str](), set[str]()
    for other in source.answer.clauses:
        counted = [f for f in other.figures if f.unit != "year"]
        own = not counted or any(figure.is_held_by(f) for f in counted)
        (beside if own else apart).update(_labels(other))
    labels = _labels(clause) - {singular(name) for name in source.names}
    return not (labels & _DAYS or labels) & (apart - beside)


def _share(words: Collection[str], sources: Sequence[Source]) -> float:
    """The largest share of the words that one of the passages holds, in [0, 1]."""
    return max(sum(source.vocabulary.has_alike(word) for word in words) for source in sources) / max(len(words), 1)


def _labels(clause: Clause) -> set[str]:
    """What a figure may be of: content words and measures ("al mes", "mensualidad": mes), without plural and gender."""
    return {singular(word) for word in clause.content} | ({measure(word) for word in clause.words} - {""})


def _denial(said: Reading, sources: Sequence[Source]) -> str:
    free = re.search(FREE, said.plain) and any(re.search(FREE, source.answer.plain) for source in sources)
    affirmed: list[tuple[str, Sequence[Source]]] = []
    pending: list[tuple[str, Sequence[Source]]] = []
    for clause, holders in _about(said, sources):
        about = holders or sources
        if clause.opens:
            affirmed, pending = affirmed + pending, []
        if clause.denied:  # "los domingos y feriados no atiende": what precedes the negation is denied with it
            nearby = {word for word, _ in pending}.union(clause.words)
            if any(clause.denied) and not free and not any(s.denied.has_alike(w) for s in about for w in nearby):
                return f"denies what no passage denies: {' '.join(clause.words)}"
            pending = []
        else:
            pending += [(word, about) for word in clause.affirmed]
    for word, about in affirmed + pending:
        denied = any(source.denied.has_alike(word) for source in about)
        if denied and not any(source.affirmed.has_alike(word) for source in about):
            return f"affirms what a passage denies: {word}"
    return ""


def _yes_or_no(said: Reading, sources: Sequence[Source]) -> str:
    """A beginning "Sí," or "No," is that of the passage on which the sentence rests, or fits what it denies."""
    begins = _YES_OR_NO.match(said.plain)
    if not begins:
        return ""
    rest = max(sources, key=lambda source: sum(source.vocabulary.has_alike(w) for w in said.content), default=None)
    approved = rest and _YES_OR_NO.match(rest.answer.plain)
    no = begins[1] == "no"
    if approved:
        return "" if no == (approved[1] == "no") else f"begins with {begins[1]!r}, the passage with {approved[1]!r}"
    denies = any(clause.denied for clause in rest.answer.clauses) if rest else False
    return "begins with 'no', though the passage denies nothing" if no and not denies else ""


def _opposite(said: Reading, sources: Sequence[Source]) -> str:
    held = {word for source in sources for word in source.words}
    for ones, others in OPPOSITES:
        if (strange := ones & said.words) and not ones & held and others & held:
            return f"the opposite of a passage's word: {', '.join(sorted(strange))}"
        if (strange := others & said.words) and not others & held and ones & held:
            return f"the opposite of a passage's word: {', '.join(sorted(strange))}"
    return ""


def _promise(said: Reading, sources: Sequence[Source]) -> str:
    answers = " ".join(source.answer.plain for source in sources)
    for one, other in ((MUST, CAN), (CAN, MUST)):
        if (strange := one.search(said.plain)) and not one.search(answers) and other.search(answers):
            return f"obliges where a passage permits, or the other way round: {strange.group()}"
    denied = {word for clause in said.clauses for words in clause.denied for word in words}
    for claim, ground in CLAIMS:
        strange = claim.search(said.plain)
        if strange and strange.group() not in denied and not any(_grounds(ground, source) for source in sources):
            return f"promises what no passage promises: {strange.group()}"
    return ""


def _grounds(ground: re.Pattern[str], source: Source) -> bool:
    """Whether the answer has the ground of a promise and does not deny it."""
    return any(not source.denied.has(match.group()) for match in ground.finditer(source.answer.plain))
