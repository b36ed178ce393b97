"""Record types and person accounts: which records of an object are what, on both sides."""

from __future__ import annotations

from collections.abc import Sequence

from sdrbot_skills.model.plan import Question
from sdrbot_skills.model.schema import ObjectSchema, RecordType
from sdrbot_skills.planning.draft import Draft


def source_types(draft: Draft) -> list[str]:
    """The source record types that belong to this object of the plan: of an object that mixes companies and people, the companies.

    The people (person accounts) are among the source's contacts too, and come as such.
    """
    if not has_people(draft.source):
        return []
    return [entry.name for entry in draft.source.record_types if not entry.person]


def has_people(schema: ObjectSchema) -> bool:
    """Whether some records of a company object are people (person accounts)."""
    return schema.standard == "company" and any(entry.person for entry in schema.record_types)


def target_type(draft: Draft) -> str | None:
    """The record type new records get: the default one of the fitting kind, asked about where there are several."""
    types = _usable(draft.target)
    if len(types) < 2:
        return types[0].name if types else None
    chosen = next((entry for entry in types if entry.default), types[0])
    draft.questions.append(
        Question(
            id=f"{draft.word}.record_type.target",
            object=draft.word,
            text=f"Which record type do new {draft.target.plural} get? Proposed: {chosen.label}.",
            choices={entry.name: entry.label for entry in types},
            suggestion=chosen.name,
        )
    )
    return chosen.name


def _usable(schema: ObjectSchema) -> Sequence[RecordType]:
    return [entry for entry in schema.record_types if entry.active and not entry.person]
