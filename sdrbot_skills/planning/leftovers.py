"""Source fields that nothing was found for: the ambiguous ones are asked one by one, those with data in one question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sdrbot_skills.model.plan import FieldMapping, Question, SchemaChange
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import Kind
from sdrbot_skills.planning.draft import Draft
from sdrbot_skills.planning.fieldmatch import CLEAR, Candidate
from sdrbot_skills.planning.mapping import mapping_between
from sdrbot_skills.planning.newfields import copy_of, mapping_to
from sdrbot_skills.planning.standardmatch import ELSEWHERE, NOT_CARRIED, said_in_parts
from sdrbot_skills.planning.valuemaps import counted

_SHOWN = 12
_WORTH_PROPOSING = 0.75
_CANNOT_BE_MADE = frozenset({Kind.REFERENCE, Kind.FILE, Kind.CONSENT, Kind.USER, Kind.ADDRESS, Kind.PERSON_NAME})


def ask_about_leftovers(draft: Draft, unclear: Mapping[str, Sequence[Candidate]]) -> None:
    """Questions about source fields with data that go nowhere."""
    for name, found in unclear.items():
        draft.questions.append(_ambiguous(draft, name, found, likely=_is_likely(name, unclear)))
    own = [
        entry
        for entry in draft.source.fields
        if (entry.custom or _is_well_known(entry))
        and not said_in_parts(draft, entry)
        and entry.name not in draft.used()
        and entry.name not in unclear
        and entry.kind not in _CANNOT_BE_MADE
        and draft.has_data(entry.name)
        and entry.name != draft.ours.capabilities.migration_key_field
    ]
    if own:
        draft.questions.append(_homeless(draft, [entry.name for entry in own]))


def _is_well_known(entry: Field) -> bool:
    """A standard field that the target has no place for: further e-mails, a LinkedIn page."""
    return bool(entry.standard) and str(entry.standard).partition(".")[2] not in ELSEWHERE | NOT_CARRIED


def _is_likely(name: str, unclear: Mapping[str, Sequence[Candidate]]) -> bool:
    """Whether the best place for a field is worth proposing: nothing else fits it as well, and it fits nothing else as well."""
    best, *others = unclear[name]
    rivals = [
        one for other, some in unclear.items() if other != name for one in some if one.field.name == best.field.name
    ]
    nearest = max((one.confidence for one in [*others, *rivals]), default=0.0)
    return best.confidence >= _WORTH_PROPOSING and best.confidence - nearest >= CLEAR


def _ambiguous(draft: Draft, name: str, found: Sequence[Candidate], *, likely: bool) -> Question:
    source = draft.source.by_name[name]
    choices = {entry.field.name: f"{entry.field.label}: {entry.reason}" for entry in found}
    choices |= {"create": "make a field of its own for it", "leave": "do not carry it"}
    change = copy_of(source, draft.target, draft.capabilities, f"holds {source.label}")
    return Question(
        id=f"{draft.word}.place.{name}",
        object=draft.word,
        text=f"Where does {source.label} ({name}) go?",
        choices=choices,
        suggestion=found[0].field.name if likely else None,
        creates={name: change},
        mappings={
            "create": mapping_to(change, source, draft.capabilities),
            **{entry.field.name: _mapping(draft, source, entry.field) for entry in found},
        },
    )


def _mapping(draft: Draft, source: Field, target: Field) -> FieldMapping:
    """The mapping a choice stands for; its own questions are not asked before it is chosen."""
    made = mapping_between(replace(draft, questions=[]), source, target)
    assert made is not None, "a candidate is a field that the value can get to"
    return made


def _homeless(draft: Draft, names: Sequence[str]) -> Question:
    creates: dict[str, SchemaChange] = {}
    target = draft.target
    for name in names:
        source = draft.source.by_name[name]
        creates[name] = copy_of(source, target, draft.capabilities, f"holds {source.label}")
        target = target.with_fields([creates[name].field])
    shown = ", ".join(f"{draft.source.by_name[name].label} ({name})" for name in names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return Question(
        id=f"{draft.word}.create.fields",
        object=draft.word,
        text=(
            f"{counted(len(names), 'field')} of {draft.source.plural} with data and without a counterpart in {draft.target.label}: {shown}{more}. "
            "Make fields for them? Write the names of those to make, separated by commas, or choose."
        ),
        choices={"create": "make a field for each (needs privileged mode)", "leave": "do not carry them"},
        free=True,
        suggestion="leave",
        creates=creates,
        mappings={
            name: mapping_to(change, draft.source.by_name[name], draft.capabilities) for name, change in creates.items()
        },
    )
