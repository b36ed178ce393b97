"""Fields that both sides name in the shared vocabulary, and what stands in or goes along where one side has no such field."""

from __future__ import annotations

from typing import NamedTuple

from sdrbot_skills.model.plan import FieldMapping, Transform
from sdrbot_skills.model.schema import Field
from sdrbot_skills.planning.draft import Draft
from sdrbot_skills.planning.mapping import LIKELY, SURE, explained, map_field

ELSEWHERE = frozenset({"stage", "pipeline", "owner", "email_opt_out", "fax_opt_out", "do_not_call"})
"""Standard fields that other rooms propose."""

CREATED = "created"
"""When a record was made. It is carried where the target lets a new record have the source's date; others set it themselves."""

FOLLOWING = frozenset({"modified", "probability", "currency"})
"""Standard fields that follow from others (the stage, the money) or that every target sets itself."""

NOT_CARRIED = FOLLOWING | {CREATED}
"""Standard fields that stay behind where they have no counterpart, and nobody is asked about."""


class Along(NamedTuple):
    """What goes into the same field as well, where the target has no place of its own for it. `lists`: only into a field for several values."""

    others: tuple[str, ...]
    transform: Transform
    lists: bool = False


class Instead(NamedTuple):
    """What fills a field that the source does not have. `lists`: only where that holds several values."""

    other: str
    transform: Transform | None = None
    lists: bool = False


_LINES = Transform(name="join", settings={"separator": "\n"})
_ALL = Transform(name="all_of")

ALONG: dict[str, Along] = {
    "company.website": Along(("company.domain",), Transform(name="first")),
    "company.street": Along(("company.street2",), _LINES),
    "person.street": Along(("person.street2",), _LINES),
    "person.email": Along(("person.secondary_emails",), _ALL, lists=True),
    "person.phone": Along(("person.mobile_phone", "person.further_phones"), _ALL, lists=True),
}

INSTEAD: dict[str, tuple[Instead, ...]] = {
    "company.domain": (Instead("company.website", Transform(name="domains_of")),),
    "company.website": (Instead("company.domain"),),
    "person.secondary_emails": (Instead("person.email", Transform(name="rest"), lists=True),),
    "person.further_phones": (
        Instead("person.mobile_phone"),
        Instead("person.phone", Transform(name="rest"), lists=True),
    ),
    "person.mobile_phone": (Instead("person.further_phones"),),
}

JOINED = {"person.full_name": ("person.first_name", "person.last_name")}
"""Standard field -> two whose values make it up, where the source has none."""


def match_standard(draft: Draft) -> None:
    """Propose mappings between fields that both sides name in the shared vocabulary."""
    for target in draft.target.fields:
        name = (target.standard or "").partition(".")[2]
        if target.standard and draft.can_hold(target) and name not in ELSEWHERE | FOLLOWING:
            _propose(draft, target, target.standard)


def is_special(field: Field) -> bool:
    """Whether a field is proposed elsewhere, or not at all, so that its name is of no matter."""
    return (field.standard or "").partition(".")[2] in ELSEWHERE | NOT_CARRIED


def said_in_parts(draft: Draft, source: Field) -> bool:
    """Whether a source field only says in one what its parts say that are carried: a full name beside first and last name."""
    parts = [draft.source_standard(name) for name in JOINED.get(source.standard or "", ())]
    return bool(parts) and all(part is not None and part.name in draft.used() for part in parts)


def _propose(draft: Draft, target: Field, standard: str) -> None:
    source = draft.source_standard(standard)
    if source is None:
        if not _joined(draft, target, standard):
            _instead(draft, target, standard)
        return
    others = _along(draft, target, standard)
    if not others and _rest_goes_elsewhere(draft, source, target, standard):
        mapping = FieldMapping.of(source.name, target.name, transform=Transform(name="primary"))
        draft.fields.append(
            explained(mapping, SURE, "the same standard field; further entries have a field of their own")
        )
        return
    if not others:
        map_field(draft, source, target, SURE, "the same standard field")
        return
    fields = [source, *others]
    mapping = FieldMapping.of([one.name for one in fields], target.name, transform=ALONG[standard].transform)
    draft.fields.append(explained(mapping, SURE, f"{' and '.join(one.label for one in fields)} in one field"))


def _rest_goes_elsewhere(draft: Draft, source: Field, target: Field, standard: str) -> bool:
    if source.capacity == 1 or target.capacity != 1:
        return False
    takers = [name for name, ways in INSTEAD.items() if any(way.lists and way.other == standard for way in ways)]
    return any(draft.target_standard(name) is not None and draft.source_standard(name) is None for name in takers)


def _along(draft: Draft, target: Field, standard: str) -> list[Field]:
    along = ALONG.get(standard)
    if along is None or (along.lists and target.capacity == 1):
        return []
    found = [(name, draft.source_standard(name)) for name in along.others]
    return [
        field
        for name, field in found
        if field is not None and draft.target_standard(name) is None and draft.may_have_data(field.name)
    ]


def _joined(draft: Draft, target: Field, standard: str) -> bool:
    parts = [part for name in JOINED.get(standard, ()) if (part := draft.source_standard(name)) is not None]
    if parts:
        names = [part.name for part in parts]
        mapping = FieldMapping.of(names, target.name, transform=Transform(name="join", settings={"separator": " "}))
        draft.fields.append(explained(mapping, SURE, f"{' and '.join(part.label for part in parts)} in one field"))
    return bool(parts)


def _instead(draft: Draft, target: Field, standard: str) -> None:
    if standard == "person.company_name" and draft.target.standard == "lead" and draft.linked_company is not None:
        map_field(draft, draft.linked_company, target, LIKELY, "the name of the company that the person belongs to")
        return
    for way in INSTEAD.get(standard, ()):
        other = draft.source_standard(way.other)
        if other is not None and not (way.lists and other.capacity == 1):
            mapping = FieldMapping.of(other.name, target.name, transform=way.transform)
            draft.fields.append(explained(mapping, LIKELY, f"taken from {other.label}"))
            return
