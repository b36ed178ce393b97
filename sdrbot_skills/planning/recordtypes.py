"""Record types and person accounts: which records of an object are what, on both sides."""

from __future__ import annotations

from collections.abc import Sequence

from sdrbot_skills.model.plan import Question
from sdrbot_skills.model.schema import ObjectSchema, RecordType
from sdrbot_skills.planning.draft import Draft


def source_types(draft: Draft) -> list[str]:
    """The source record types that belong to this object of the plan: of an object that mixes companies and people, one kind only."""
    if not has_people(draft.source):
        return []
    wanted = draft.word == "person_accounts"
    return [entry.name for entry in draft.source.record_types if entry.person is wanted]


def has_people(schema: ObjectSchema) -> bool:
    """Whether some records of a company object are people (person accounts)."""
    return schema.standard == "company" and any(entry.person for entry in schema.record_types)


def person_account_question(draft: Draft) -> Question:
    """Whether person accounts are carried; the plan has them as an object of their own, which the answer `leave` takes out."""
    return Question(
        id="person_accounts.record_type.people",
        object="person_accounts",
        text=f"Some {draft.source.plural} are people (person accounts). They are proposed as {draft.target.plural}, apart from the companies.",
        choices={"carry": f"carry them as {draft.target.plural}", "leave": "leave them out"},
        suggestion="carry",
    )


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
