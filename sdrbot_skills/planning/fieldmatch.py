"""Which source field fills which target field: standard names first, then names and labels, with confidence and reason."""

from __future__ import annotations

import re
from typing import NamedTuple

from rapidfuzz import fuzz

from sdrbot_skills.model.plan import FieldMapping, Transform
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import TEXT_KINDS, Kind
from sdrbot_skills.planning.draft import Draft
from sdrbot_skills.planning.kinds import bridge, loses
from sdrbot_skills.planning.valuemaps import add_value_map

ELSEWHERE = frozenset({"stage", "pipeline", "owner", "email_opt_out", "fax_opt_out", "do_not_call"})
"""Standard fields that other rooms propose."""

NOT_CARRIED = frozenset({"created", "modified", "probability", "currency"})
"""Standard fields that follow from others (the stage, the money) or that targets set themselves."""

COMBINED: dict[str, tuple[str, Transform]] = {
    "company.website": ("company.domain", Transform(name="first")),
    "company.street": ("company.street2", Transform(name="join", settings={"separator": "\n"})),
    "person.street": ("person.street2", Transform(name="join", settings={"separator": "\n"})),
}
"""Standard field -> a second one whose value goes in as well, where the target has no place for that."""

INSTEAD: dict[str, tuple[str, Transform | None]] = {
    "company.domain": ("company.website", Transform(name="domains_of")),
    "company.website": ("company.domain", None),
    "person.mobile_phone": ("person.phone", None),
}
"""Standard field -> what else can fill it where the source has none. A mobile number in the phone field is a phone number, not the other way."""

JOINED = {"person.full_name": ("person.first_name", "person.last_name")}
"""Standard field -> two whose values make it up, where the source has none."""

SURE = 0.99
LIKELY = 0.85
POSSIBLE = 0.6
_SAME_NAME = 0.9


class Candidate(NamedTuple):
    """A target field that a source field may fill."""

    field: Field
    confidence: float
    reason: str


def match_standard(draft: Draft) -> None:
    """Propose mappings between fields that both sides name in the shared vocabulary."""
    for target in draft.target.fields:
        name = (target.standard or "").partition(".")[2]
        if target.standard and draft.can_hold(target) and name not in ELSEWHERE | NOT_CARRIED:
            _propose_standard(draft, target, target.standard)


def _propose_standard(draft: Draft, target: Field, standard: str) -> None:
    source = draft.source_standard(standard)
    if source is not None:
        second = _second(draft, standard)
        if second is None:
            _map(draft, source, target, SURE, "the same standard field")
        else:
            mapping = FieldMapping.of([source.name, second.name], target.name, transform=COMBINED[standard][1])
            draft.fields.append(_explained(mapping, SURE, f"{source.label} and {second.label} in one field"))
    elif standard in JOINED:
        parts = [part for name in JOINED[standard] if (part := draft.source_standard(name)) is not None]
        if parts:
            names = [part.name for part in parts]
            mapping = FieldMapping.of(names, target.name, transform=Transform(name="join", settings={"separator": " "}))
            draft.fields.append(_explained(mapping, SURE, f"{' and '.join(part.label for part in parts)} in one field"))
    elif standard in INSTEAD and standard != "person.mobile_phone":
        other = draft.source_standard(INSTEAD[standard][0])
        if other is not None:
            mapping = FieldMapping.of(other.name, target.name, transform=INSTEAD[standard][1])
            draft.fields.append(_explained(mapping, LIKELY, f"taken from {other.label}"))


def _second(draft: Draft, standard: str) -> Field | None:
    name = COMBINED.get(standard, ("",))[0]
    second = draft.source_standard(name)
    if second is None or draft.target_standard(name) is not None or not draft.has_data(second.name):
        return None
    return second


def match_by_name(draft: Draft) -> dict[str, list[Candidate]]:
    """Propose mappings between the remaining fields; gives back what is ambiguous: source field -> candidates."""
    unclear: dict[str, list[Candidate]] = {}
    for source in draft.source.fields:
        if not _worth_matching(draft, source):
            continue
        found = candidates(draft, source)
        clear = found and (len(found) == 1 or found[0].confidence - found[1].confidence >= 0.1)
        if clear and found[0].confidence >= LIKELY:
            _map(draft, source, found[0].field, found[0].confidence, found[0].reason)
        elif found and source.custom:
            unclear[source.name] = found[:3]
    return unclear


def candidates(draft: Draft, source: Field) -> list[Candidate]:
    """Target fields not yet filled that this source field may fill, the best first."""
    free = [entry for entry in draft.target.fields if _is_free(draft, entry)]
    scored = [entry for target in free if (entry := _score(draft, source, target)) is not None]
    return sorted(scored, key=lambda entry: -entry.confidence)


def words_of(name: str) -> str:
    """A field's name as words: without its vendor's suffix, cut at capitals and underscores, in lower case."""
    bare = re.sub(r"__(c|pc|r)$", "", name)
    return re.sub(r"[\W_]+", " ", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", bare)).strip().lower()


def _worth_matching(draft: Draft, source: Field) -> bool:
    if source.name in draft.used() or source.kind in (Kind.REFERENCE, Kind.FILE, Kind.USER, Kind.CONSENT):
        return False
    if source.standard and source.standard.partition(".")[2] in ELSEWHERE | NOT_CARRIED:
        return False
    return draft.has_data(source.name) if source.custom else bool(draft.fill.rate(source.name))


def _is_free(draft: Draft, target: Field) -> bool:
    special = (target.standard or "").partition(".")[2] in ELSEWHERE | NOT_CARRIED
    kind_fits = target.kind not in (Kind.REFERENCE, Kind.FILE, Kind.USER, Kind.CONSENT)
    is_key = target.name == draft.capabilities.migration_key_field
    return target.creatable and kind_fits and not special and not is_key and draft.mapped(target.name) is None


def _score(draft: Draft, source: Field, target: Field) -> Candidate | None:
    if bridge(source, target) is None:
        return None
    ours, theirs = {words_of(source.name), words_of(source.label)}, {words_of(target.name), words_of(target.label)}
    if ours & theirs:
        confidence, reason = _SAME_NAME, "the same name"
    elif source.custom or target.custom:
        best = max(fuzz.token_sort_ratio(one, other) for one in ours for other in theirs)
        confidence, reason = best / 100 * 0.95, f"names {best:.0f} % alike"
    else:
        return None
    if source.kind != target.kind and not {source.kind, target.kind} <= TEXT_KINDS:
        confidence -= 0.05
        reason += f", {source.kind} becomes {target.kind}"
    confidence += 0.05 * _option_overlap(draft, source, target)
    return Candidate(target, round(min(confidence, SURE), 2), reason) if confidence >= POSSIBLE + 0.1 else None


def _option_overlap(draft: Draft, source: Field, target: Field) -> float:
    ours = {option.label.casefold() for option in source.options}
    theirs = {option.label.casefold() for option in target.options}
    return len(ours & theirs) / len(ours) if ours and theirs else 0.0


def _map(draft: Draft, source: Field, target: Field, confidence: float, reason: str) -> None:
    mapping = mapping_between(draft, source, target)
    if mapping is not None:
        loss = loses(source, target)
        draft.fields.append(_explained(mapping, confidence, f"{reason}; {loss}" if loss else reason))


def mapping_between(draft: Draft, source: Field, target: Field) -> FieldMapping | None:
    """The mapping of one field to another with what the kinds need, or `None` where the value cannot get there."""
    way = bridge(source, target)
    if way is None:
        return None
    mapping = FieldMapping.of(source.name, target.name, transform=way.transform, otherwise=way.otherwise)
    return add_value_map(draft, mapping, source, target) if way.values else mapping


def _explained(mapping: FieldMapping, confidence: float, reason: str) -> FieldMapping:
    return mapping.model_copy(update={"confidence": confidence, "reason": reason})
