"""Changes of a plan in plain words: `leave out Fax`, `move Title to Job Title`, `only created after 2024`, `every record`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.plan import FieldMapping, ObjectPlan, Plan
from sdrbot_skills.planning.draft import Draft
from sdrbot_skills.planning.filters import field_named, parse_filter
from sdrbot_skills.planning.mapping import explained, mapping_between
from sdrbot_skills.planning.survey import Survey, survey

UNDERSTOOD = (
    "leave out FIELD · move FIELD to FIELD · only created after 2024 · only FIELD = VALUE · every record "
    "(for one object alone begin with it: `contacts: leave out FIELD`)"
)

_NOT = r"(?:do not|don'?t|dont|never) (?:move|carry|copy|take|migrate|transfer|map|want)"
_LEAVE_OUT = re.compile(
    rf"(?:leave out|leave|skip|drop|remove|without|{_NOT})(?: out| behind)? (?:the )?(?:field )?(.+)", re.I
)
_MOVE = re.compile(
    r"(?:move|map|put|copy|carry|send) (?:the )?(?:field )?(.+?) (?:to|into|in|onto|->|→) (?:the )?(?:field )?(.+)",
    re.I,
)
_ONLY = re.compile(
    r"(?:only|just|filter)(?: those| the ones?| records)?(?: that are| who are| which are| where| with)? (.+)", re.I
)
_ONLY_OBJECT = re.compile(
    r"only (?:the )?(\w+) ((?:are |is |that |who |which )?(?:are |is )?(?:in|created|changed|modified|updated|with|where) .+)",
    re.I,
)
_ALL = re.compile(r"(?:every record|all records|no filter|without (?:a |the )?filter|everything)", re.I)

Words = tuple[str, ...]


def edit(plan: Plan, text: str, source: Crm, target: Crm) -> Plan:
    """The plan with one change that was asked for in words; the plan given is not changed.

    Raises `ConfigurationError` for what is not understood, names no field, or cannot be carried from one field to the other.
    """
    words, asked = _for_objects(plan, text.strip().rstrip(".!"))
    for pattern, change in _CHANGES:
        if found := pattern.fullmatch(asked):
            changed = plan.model_copy(deep=True)
            change(changed, words, tuple(part.strip().strip("\"'`") for part in found.groups()), source, target)
            return Plan.model_validate(changed.model_dump(by_alias=True))
    raise ConfigurationError(f"The change {text!r} is not understood. Understood: {UNDERSTOOD}.")


def is_edit(text: str) -> bool:
    """Whether a text reads like such a change."""
    asked = re.sub(r"^\w+: ", "", text.strip().rstrip(".!"))
    return any(pattern.fullmatch(asked) for pattern, _ in _CHANGES)


def _for_objects(plan: Plan, text: str) -> tuple[list[str], str]:
    """The objects a change is for: `contacts: leave out fax`, `only companies in Germany`; all of the plan otherwise."""
    word, colon, rest = text.partition(":")
    if colon and word in plan.objects:
        return [word], rest.strip()
    named = _ONLY_OBJECT.fullmatch(text)
    if named and named[1].casefold() in plan.objects:
        return [named[1].casefold()], f"only {named[2]}"
    return list(plan.objects), text


def _leave_out(plan: Plan, words: Sequence[str], named: Words, source: Crm, target: Crm) -> None:
    gone = [(word, mapping) for word in words for mapping in _meant(named[0], plan.objects[word], source, target)]
    if not gone:
        carried = ", ".join(dict.fromkeys(name for word in words for name in plan.objects[word].source_fields()))
        raise ConfigurationError(
            f"The plan carries no field {named[0]!r}; there is nothing to leave out. It carries: {carried}."
        )
    for word, mapping in gone:
        plan.objects[word].fields.remove(mapping)
        _drop_questions(plan, word, mapping.target)


def _meant(name: str, entry: ObjectPlan, source: Crm, target: Crm) -> list[FieldMapping]:
    """The mappings that a name or label of either side means."""
    ours, theirs = source.describe(entry.source), target.describe(entry.target)
    found = []
    for mapping in entry.fields:
        fields = [*(ours.field(one) for one in mapping.source), theirs.field(mapping.target)]
        names = {*mapping.source, mapping.target, *(field.label for field in fields if field)}
        if name.casefold() in {one.casefold() for one in names}:
            found.append(mapping)
    return found


def _drop_questions(plan: Plan, word: str, target: str) -> None:
    """What was asked about a mapping that is gone need not be answered."""
    place = f"{word}.{target}"
    for question in plan.questions:
        question.parts = [part for part in question.parts if part.targets != [place]]
    plan.questions = [one for one in plan.questions if one.targets != [place] or one.answer is not None]


def _move(plan: Plan, words: Sequence[str], named: Words, source: Crm, target: Crm) -> None:
    ours, theirs = _surveys(plan, words, source, target)
    drafts = {word: _draft(plan, word, ours, theirs) for word in words}
    able = {word: draft for word, draft in drafts.items() if _has(draft, named)} or drafts
    word, draft = next(iter(able.items()))
    if len(able) > 1:
        raise ConfigurationError(f"Which of {', '.join(able)}? Say `{word}: move {named[0]} to {named[1]}`.")
    wanted, place = field_named(named[0], draft.source), field_named(named[1], draft.target)
    if not draft.can_hold(place):
        raise ConfigurationError(f"{place.label} ({place.name}) is set by the target itself; no program can write it.")
    mapping = mapping_between(draft, wanted, place)
    if mapping is None:
        raise ConfigurationError(
            f"{wanted.label} ({wanted.kind.value}) cannot be carried into {place.label} ({place.kind.value}): no conversion fits."
        )
    entry = plan.objects[word]
    entry.fields = [one for one in entry.fields if one.target != place.name]
    entry.fields.append(explained(mapping, 1.0, "as a person said"))
    plan.questions = [one for one in plan.questions if one.id != f"{word}.place.{wanted.name}"]
    _drop_questions(plan, word, place.name)
    plan.questions += draft.questions


def _has(draft: Draft, named: Words) -> bool:
    try:
        return bool(field_named(named[0], draft.source) and field_named(named[1], draft.target))
    except ConfigurationError:
        return False


def _only(plan: Plan, words: Sequence[str], named: Words, source: Crm, target: Crm) -> None:
    ours = Survey(account=source.account(), capabilities=source.capabilities, users=source.users())
    for word in words:
        entry = plan.objects[word]
        entry.filter = [*entry.filter, *parse_filter(named[0], source.describe(entry.source), ours)]


def _all(plan: Plan, words: Sequence[str], named: Words, source: Crm, target: Crm) -> None:
    """Without what was narrowed down; what keeps records from being carried twice, or people who opted out from being written to, stays."""
    for word in words:
        entry = plan.objects[word]
        entry.filter = [one for one in entry.filter if isinstance(one.value, bool)]


def _surveys(plan: Plan, words: Sequence[str], source: Crm, target: Crm) -> tuple[Survey, Survey]:
    return (
        survey(source, [plan.objects[word].source for word in words], sample=True),
        survey(target, [plan.objects[word].target for word in words], sample=False),
    )


def _draft(plan: Plan, word: str, ours: Survey, theirs: Survey) -> Draft:
    entry = plan.objects[word]
    return Draft(word, ours.schemas[entry.source], theirs.schemas[entry.target], ours, theirs)


Change = Callable[[Plan, Sequence[str], Words, Crm, Crm], None]
_CHANGES: Sequence[tuple[re.Pattern[str], Change]] = (
    (_ALL, _all),
    (_LEAVE_OUT, _leave_out),
    (_MOVE, _move),
    (_ONLY, _only),
)
