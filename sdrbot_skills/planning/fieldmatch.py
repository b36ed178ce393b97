"""Fields that meet by their names: API name, label, kind and options of all free fields of both sides are weighed against each other.

A pair is proposed where it is clearly the best for its source field and for its target field. Whatever is nearly as good for either makes it
unclear, which is a question and never a guess.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from rapidfuzz import fuzz, process

from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import TEXT_KINDS, Kind
from sdrbot_skills.planning.draft import Draft
from sdrbot_skills.planning.kinds import bridge
from sdrbot_skills.planning.mapping import LIKELY, POSSIBLE, SURE, map_field
from sdrbot_skills.planning.names import Words, spellings
from sdrbot_skills.planning.standardmatch import is_special

BOTH_NAMES = 0.97
ONE_NAME = 0.91
MISSPELT = 0.87
MORE_WORDS = 0.74
SAME_OPTIONS = 0.75

CLEAR = 0.06
"""How much better than the next best a pair has to be."""

_UNNAMED = frozenset({Kind.REFERENCE, Kind.FILE, Kind.USER, Kind.CONSENT})
_LONG = 5
"""Letters from which a word is long enough for a misspelling to be told from another word."""
_SPELLING = 85
_SHORTEST = 3
_SHORTER = 0.75
_TELLING_OPTIONS = 4


class Candidate(NamedTuple):
    """A target field that a source field may fill."""

    field: Field
    confidence: float
    reason: str


Candidates = dict[str, list[Candidate]]
"""By source field, the best first."""


def match_by_name(draft: Draft) -> Candidates:
    """Propose mappings between the remaining fields; gives back what is unclear of the source's own fields."""
    sources = [field for field in draft.source.fields if _worth_matching(draft, field)]
    targets = [field for field in draft.target.fields if _is_free(draft, field)]
    found = _candidates(sources, targets)
    _settle(draft, found)
    return {name: some[:3] for name, some in found.items() if some and draft.source.by_name[name].custom}


def _settle(draft: Draft, found: Candidates) -> None:
    """Propose every clear pair, the best first, and take both its fields out; what one pair settles can make another clear."""
    moved = True
    while moved:
        moved = False
        rivals = _by_target(found)
        for name, some in sorted(found.items(), key=lambda entry: -entry[1][0].confidence if entry[1] else 0):
            if some and _is_clear(name, some, rivals):
                best = some[0]
                map_field(draft, draft.source.by_name[name], best.field, best.confidence, best.reason)
                found.pop(name)
                _take_out(found, best.field.name)
                moved = True
                break


def _is_clear(name: str, some: Sequence[Candidate], rivals: Mapping[str, Mapping[str, float]]) -> bool:
    best = some[0]
    if best.confidence < LIKELY or (len(some) > 1 and best.confidence - some[1].confidence < CLEAR):
        return False
    others = [confidence for other, confidence in rivals[best.field.name].items() if other != name]
    return best.confidence - max(others, default=0.0) >= CLEAR


def _by_target(found: Candidates) -> Mapping[str, Mapping[str, float]]:
    rivals: dict[str, dict[str, float]] = defaultdict(dict)
    for name, some in found.items():
        for one in some:
            rivals[one.field.name][name] = one.confidence
    return rivals


def _take_out(found: Candidates, target: str) -> None:
    for name, some in found.items():
        found[name] = [one for one in some if one.field.name != target]


def _worth_matching(draft: Draft, source: Field) -> bool:
    if source.name in draft.used() or source.kind in _UNNAMED or is_special(source) or source == draft.linked_company:
        return False
    return draft.has_data(source.name) if source.custom else bool(draft.fill.rate(source.name))


def _is_free(draft: Draft, target: Field) -> bool:
    is_key = target.name == draft.capabilities.migration_key_field
    usable = target.creatable and target.kind not in _UNNAMED
    return usable and not is_special(target) and not is_key and draft.mapped(target.name) is None


# -- weighing ----------------------------------------------------------------------------------------------------------


def _candidates(sources: Sequence[Field], targets: Sequence[Field]) -> Candidates:
    """For each source field the targets whose names have a word in common with it, or whose options are the same."""
    theirs = {field.name: spellings(field) for field in targets}
    by_word: dict[str, set[str]] = defaultdict(set)
    for name, both in theirs.items():
        for word in {word for words in both for word in words}:
            by_word[word].add(name)
    ours = {field.name: spellings(field) for field in sources}
    alike = _alike({word for both in ours.values() for words in both for word in words}, by_word)
    with_options = [field for field in targets if len(field.options) >= _TELLING_OPTIONS]
    fields = {field.name: field for field in targets}
    found: Candidates = {}
    for source in sources:
        words = {word for spelled in ours[source.name] for word in spelled}
        near = {name for word in words for one in alike[word] for name in by_word[one]}
        near |= {field.name for field in with_options if _shared(source, field) >= 0.8}
        scored = [
            _score(source, fields[name], ours[source.name], theirs[name], alike) for name in fields if name in near
        ]
        found[source.name] = sorted((one for one in scored if one), key=lambda one: -one.confidence)
    return found


def _alike(words: Iterable[str], known: Mapping[str, object]) -> dict[str, frozenset[str]]:
    """For each word itself and the known words that differ from it by a slip of the pen, or that one of the two shortens."""
    long = [word for word in known if len(word) >= _LONG and word.isalpha()]
    by_letter: dict[str, list[str]] = defaultdict(list)
    for word in known:
        by_letter[word[0]].append(word)
    found: dict[str, frozenset[str]] = {}
    for word in words:
        slips: list[str] = []
        if len(word) >= _LONG and word.isalpha():
            slips = [
                hit[0] for hit in process.extract(word, long, scorer=fuzz.ratio, score_cutoff=_SPELLING, limit=None)
            ]
        short = [other for other in by_letter[word[0]] if _shortens(word, other) or _shortens(other, word)]
        found[word] = frozenset({word, *slips, *short} & known.keys())
    return found


def _shortens(short: str, word: str) -> bool:
    """`cmpgn` shortens `campaign`: its letters in their order, the first one and two more at least, and clearly fewer."""
    if not (_SHORTEST <= len(short) <= _SHORTER * len(word) and short.isalpha()):
        return False
    letters = iter(word)
    return all(letter in letters for letter in short)


def _score(
    source: Field,
    target: Field,
    ours: tuple[Words, Words],
    theirs: tuple[Words, Words],
    alike: Mapping[str, frozenset[str]],
) -> Candidate | None:
    if bridge(source, target) is None:
        return None
    confidence, reason = _by_names(ours, theirs, alike, own=source.custom or target.custom)
    shared = _shared(source, target)
    if source.options and target.options and (source.custom or target.custom):
        if (
            shared >= 0.8
            and min(len(source.options), len(target.options)) >= _TELLING_OPTIONS
            and confidence < SAME_OPTIONS
        ):
            confidence, reason = SAME_OPTIONS, "the same options under another name"
        elif shared == 0 and confidence:
            confidence, reason = confidence - 0.1, f"{reason}, no option in common"
    if not _related(source.kind, target.kind):
        confidence -= 0.05
        reason += f", {source.kind} becomes {target.kind}"
    confidence = round(min(confidence + 0.05 * shared, SURE), 2)
    return Candidate(target, confidence, reason) if confidence >= POSSIBLE else None


def _by_names(
    ours: tuple[Words, Words], theirs: tuple[Words, Words], alike: Mapping[str, frozenset[str]], *, own: bool
) -> tuple[float, str]:
    pairs = [(one, other) for one in ours for other in theirs if one and other]
    if any(one == other for one, other in pairs):
        both = all(one == other for one, other in zip(ours, theirs, strict=True) if one and other)
        return (BOTH_NAMES if both else ONE_NAME), "the same name"
    if not own:
        return 0.0, ""
    if any(_misspelt(one, other, alike) for one, other in pairs):
        return MISSPELT, "the same name, shortened or spelled a little differently"
    if any(_contained(one, other) for one, other in pairs):
        return MORE_WORDS, "one name says more than the other"
    return 0.0, ""


def _misspelt(one: Words, other: Words, alike: Mapping[str, frozenset[str]]) -> bool:
    """Word for word the same, but for slips of the pen and shortened words."""
    if len(one) != len(other):
        return False
    left = list(other)
    for word in one:
        hit = word if word in left else next((entry for entry in left if entry in alike[word]), None)
        if hit is None:
            return False
        left.remove(hit)
    return True


def _contained(one: Words, other: Words) -> bool:
    """All words of the shorter name, more than a single one, are in the longer one, which says one word more; numbers have to be the same."""
    shorter, longer = sorted((set(one), set(other)), key=len)
    more = longer - shorter
    return len(shorter) > 1 and shorter < longer and len(more) == 1 and not any(word.isdigit() for word in more)


def _shared(source: Field, target: Field) -> float:
    """The share of options that both have, of all that either has."""
    if not source.options or not target.options:
        return 0.0
    ours = {option.label.casefold() for option in source.options}
    theirs = {option.label.casefold() for option in target.options}
    return len(ours & theirs) / len(ours | theirs)


def _related(source: Kind, target: Kind) -> bool:
    families: tuple[frozenset[Kind], ...] = (
        TEXT_KINDS,
        frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY}),
        frozenset({Kind.DATE, Kind.INSTANT}),
        frozenset({Kind.CHOICE, Kind.CHOICES}),
    )
    return source is target or any({source, target} <= family for family in families)
