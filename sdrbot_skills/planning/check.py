"""Whether a plan can be run against both schemas as they are now. Every problem is named for the admin who has to mend it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sdrbot_skills.crm import registry
from sdrbot_skills.errors import PlanInvalid
from sdrbot_skills.model.plan import ObjectPlan, Plan
from sdrbot_skills.model.schema import LinkType, ObjectSchema
from sdrbot_skills.planning.mappingcheck import mapping_problems
from sdrbot_skills.planning.spelling import near

Schemas = Mapping[str, ObjectSchema]
Links = Mapping[str, Sequence[LinkType]]


@dataclass(frozen=True)
class _Checked:
    """One object of the plan with both schemas, the target with the fields that a schema run will make."""

    word: str
    entry: ObjectPlan
    source: ObjectSchema
    target: ObjectSchema
    opt_out_field: str | None


def check(
    plan: Plan,
    source_schemas: Schemas,
    target_schemas: Schemas,
    source_links: Links | None = None,
    target_links: Links | None = None,
) -> None:
    """Raise `PlanInvalid` with every problem, unanswered questions that block included; return where the plan can be run."""
    found = problems(plan, source_schemas, target_schemas, source_links, target_links)
    found += [
        f"question {entry.id} waits for an answer: {entry.text}" for entry in plan.open_questions() if entry.blocks
    ]
    if found:
        raise PlanInvalid(found)


def problems(
    plan: Plan,
    source_schemas: Schemas,
    target_schemas: Schemas,
    source_links: Links | None = None,
    target_links: Links | None = None,
) -> list[str]:
    """Every place where the plan and the schemas (by API name) do not fit, in the plan's order. Links are checked where they are given."""
    found: list[str] = []
    for word, entry in plan.objects.items():
        source, target = source_schemas.get(entry.source), target_schemas.get(entry.target)
        if source is None or target is None:
            side, name = ("source", entry.source) if source is None else ("target", entry.target)
            found.append(
                f"{word}: the {side} has no object {name!r} that this credential sees.{near(name, source_schemas if source is None else target_schemas)}"
            )
            continue
        checked = _Checked(word, entry, source, _with_changes(plan, target), _opt_out_field(plan, entry.target))
        found += _object_problems(plan, checked)
        found += _link_problems(
            plan, word, (source_links or {}).get(entry.source), (target_links or {}).get(entry.target)
        )
    return found


def _object_problems(plan: Plan, checked: _Checked) -> Iterator[str]:
    where = f"{checked.word} ({checked.source.name} -> {checked.target.name})"
    yield from (f"{where}: {problem}" for problem in _field_problems(checked))
    yield from (f"{where}: {problem}" for problem in _required_problems(checked))
    yield from (f"{where}: {problem}" for problem in _rule_problems(checked))


def _field_problems(checked: _Checked) -> Iterator[str]:
    targets = Counter(mapping.target for mapping in checked.entry.fields)
    yield from (f"{target} is filled by {count} mappings; keep one" for target, count in targets.items() if count > 1)
    for mapping in checked.entry.fields:
        target = checked.target.field(mapping.target)
        if target is None:
            yield f"the target has no field {mapping.target!r}.{near(mapping.target, checked.target.by_name)}"
        elif not target.creatable and target.name != checked.opt_out_field:
            yield f"{target.name} ({target.label}) is read-only on the target; take the mapping out, or map to another field"
        else:
            yield from mapping_problems(mapping, checked.source, target)


def _required_problems(checked: _Checked) -> Iterator[str]:
    filled = {mapping.target for mapping in checked.entry.fields} | {link.target for link in checked.entry.links}
    for field in checked.target.fields:
        if field.required and field.creatable and field.name not in filled:
            yield f"{field.name} ({field.label}) must have a value on the target, and the plan gives it none"


def _rule_problems(checked: _Checked) -> Iterator[str]:
    entry = checked.entry
    for condition in entry.filter:
        if checked.source.field(condition.field) is None:
            yield f"the filter names {condition.field!r}, which the source does not have.{near(condition.field, checked.source.by_name)}"
    for key in entry.match.on:
        if entry.mapping(key.field) is None:
            yield f"the match rule compares {key.field!r}, which no mapping fills.{near(key.field, [one.target for one in entry.fields])}"
    if entry.migration_key is not None:
        yield from _key_problems(checked.target, entry.migration_key)
    yield from _record_type_problems(checked)


def _key_problems(target: ObjectSchema, name: str) -> Iterator[str]:
    field = target.field(name)
    if field is None:
        yield f"the migration key {name!r} is neither on the target nor among schema_changes"
    elif not field.unique and not registry.capabilities(target.crm).plain_migration_key:
        yield f"the migration key {name!r} is not a unique field; a key that may occur twice protects nothing"


def _record_type_problems(checked: _Checked) -> Iterator[str]:
    ours = [entry.name for entry in checked.source.record_types]
    theirs = [entry.name for entry in checked.target.record_types]
    for name in checked.entry.source_record_types:
        if name not in ours:
            yield f"the source has no record type {name!r}.{near(name, ours)}"
    wanted = checked.entry.target_record_type
    if wanted is not None and wanted not in theirs:
        yield f"the target has no record type {wanted!r}.{near(wanted, theirs)}"


def _link_problems(
    plan: Plan, word: str, ours: Sequence[LinkType] | None, theirs: Sequence[LinkType] | None
) -> Iterator[str]:
    for link in plan.objects[word].links:
        where = f"{word}: link {link.source} -> {link.target}"
        if link.object not in plan.objects:
            yield f"{where} points at {link.object!r}, which is not in the plan; add that object or take the link out"
            continue
        pointed = plan.objects[link.object]
        for side, name, known, expected in (
            ("source", link.source, ours, pointed.source),
            ("target", link.target, theirs, pointed.target),
        ):
            if known is None:
                continue
            kind = next((entry for entry in known if entry.name == name), None)
            if kind is None:
                yield f"{where}: the {side} has no link {name!r}.{near(name, [entry.name for entry in known])}"
            elif kind.to_object != expected:
                yield f"{where}: on the {side} it leads to {kind.to_object}, and {link.object} are {expected} there"


def _with_changes(plan: Plan, schema: ObjectSchema) -> ObjectSchema:
    made = [
        change.field
        for change in plan.schema_changes
        if change.object == schema.name and schema.field(change.field.name) is None
    ]
    return schema.with_fields(made) if made else schema


def _opt_out_field(plan: Plan, object_name: str) -> str | None:
    if plan.target.crm not in registry.crm_names():
        return None
    return registry.capabilities(plan.target.crm).opt_out_fields.get(object_name)
