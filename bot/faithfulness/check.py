"""Is what the model wrote approved? Checked sentence by sentence while it is written, and once as a whole.

A sentence that an approved answer holds, letter by letter, passes. Any other passes when its figures (as values with
their unit, of the same subject and the same thing), addresses, names, days and months stand in a passage of the prompt;
when it denies, obliges, permits and promises nothing that the passage does not; and when most of its words stand there.
A doubt costs little, since the student then gets the approved answer: the checks would rather refuse an honest
rephrasing than let an addition through.

On 65 honest rephrasings and 170 mutations written by hand (``tests/bot/faithfulness/rephrasings.csv``):
57 of 65 pass, 166 of 170 are caught; of the part ``fresh``, which was looked at last, 12 of 15 and 38 of 39.

What slips through: two facts of one passage exchanged without a figure ("la TCEA mide lo que rinde un ahorro"); a noun
or an adjective replaced by one that begins alike ("legal", "ilegal") or put in place of a fraction ("beca completa" for
"media beca"); "solo" or a condition left out; a light verb exchanged ("dar", "recibir"); the opposite of a word that
:mod:`closed_words` does not list; and an approved answer that is wrong itself.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import Indel

from bot.faithfulness import claims
from bot.faithfulness.figures import addresses, figures
from bot.faithfulness.form import faulty_form, scaffolding
from bot.faithfulness.subjects import another_subject
from bot.faithfulness.wording import Reading, Source, Vocabulary, reading, sentences, source

__all__ = ["NEAR_COPY", "Verdict", "addresses", "check_answer", "check_sentence", "figures", "names", "sentences",
           "slip_of"]  # fmt: skip

NEAR_COPY = 0.8
"""A text at least this like an approved one (by words or by signs), yet not equal to it, is a slip of copying."""
_NOT_KNOWN = re.compile(
    r"\bno (?:\w+ )?(?:tengo|tenemos|cuento|contamos|dispongo|encuentro|encontre|hay|se)\b"
    r".*\b(?:informacion|datos?|detalles?)\b"
    r"|\b(?:do not|don['’]t|did not|didn['’]t) (?:\w+ )?(?:have|know|find)\b.*\b(?:information|details?|answer)\b"
)
_CHECKS = (
    claims.strange_figures,
    claims.strange_addresses,
    claims.strange_names,
    claims.strange_half_of_day,
    claims.strange_rate,
    claims.turned_round,
    claims.added_words,
)


@dataclass(frozen=True)
class Verdict:
    """Whether a text may be shown, and if not, why (in words, for the log)."""

    faithful: bool
    reason: str = ""


def names(sentence: str) -> set[str]:
    """The capitalised words in a sentence, folded, but for an ordinary one that begins it."""
    return set(Reading(sentence).names)


def check_sentence(sentence: str, passages: Sequence[tuple[str, str]], question: str) -> Verdict:
    """Holds one sentence against the passages, (question, answer), that the prompt held.

    What the student's ``question`` says counts for nothing, with one exception: a sentence that says that something is
    not known may name what was asked. "¿Tienen Enfermería?" makes neither "Sí, tenemos Enfermería" nor "No, no
    tenemos Enfermería" true.
    """
    sources = [source(asked, answer) for asked, answer in passages]
    if any(sentence.strip() in s.sentences for s in sources):
        return Verdict(True)
    said = reading(sentence)
    if _says_not_known(said, sources, question):
        return Verdict(True)
    fault = scaffolding(sentence, sources) or next(filter(None, (check(said, sources) for check in _CHECKS)), "")
    return Verdict(not fault, fault)


def check_answer(text: str, passages: Sequence[tuple[str, str]], question: str, *, system: str = "") -> Verdict:
    """Holds a whole answer against the passages, best first: its form, its subject, and each of its sentences.

    ``system`` is the prompt's system text.
    """
    sources = [source(asked, answer) for asked, answer in passages]
    fault = faulty_form(text, sources, system=system)
    if not fault and sources and not _says_not_known(reading(text), sources, question):
        fault = another_subject(text, sources, question)
    if fault:
        return Verdict(False, fault)
    verdicts = (check_sentence(sentence, passages, question) for sentence in sentences(text))
    return next((verdict for verdict in verdicts if not verdict.faithful), Verdict(True))


def slip_of(text: str, approved: Sequence[str]) -> str | None:
    """The approved text that ``text`` nearly, but not quite, repeats; None where it repeats one, or none of them."""
    if text in approved:
        return None
    by_signs = process.extractOne(text, approved, scorer=Indel.normalized_similarity, score_cutoff=NEAR_COPY)
    split = [candidate.split() for candidate in approved]
    by_words = process.extractOne(text.split(), split, scorer=Indel.normalized_similarity, score_cutoff=NEAR_COPY)
    alike = [(likeness, index) for _, likeness, index in filter(None, (by_signs, by_words))]
    return approved[max(alike)[1]] if alike else None


def _says_not_known(said: Reading, sources: Sequence[Source], question: str) -> bool:
    """Whether a text says no more than that something asked is not known."""
    match = _NOT_KNOWN.search(said.plain)
    if not match or said.figures or len(sentences(said.text)) > 1:
        return False
    asked = Vocabulary(Reading(question).words.union(*(source.words for source in sources)))
    rest = Reading(said.plain[match.end() :]).content
    return all(asked.has(word) for word in rest | said.names)
