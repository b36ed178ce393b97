"""What of both schemas a plan touches: bound into the approval, so that a change there stops the run and no other change does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sdrbot_skills.model.plan import ObjectPlan, Plan
from sdrbot_skills.model.schema import Field, ObjectSchema

Schemas = Mapping[str, ObjectSchema]


def touched_schema(plan: Plan, source_schemas: Schemas, target_schemas: Schemas) -> dict[str, Any]:
    """Objects, fields, options and required-ness that the plan rests on, as plain JSON in a fixed order.

    Of the target also the names of all required fields: a new one would make every record fail, an ordinary new field changes nothing.
    A field that is not there is `None`. The fields that a schema run makes are the plan's own and are compared by name like others.
    """
    source: dict[str, Any] = {}
    target: dict[str, Any] = {}
    for entry in plan.objects.values():
        _merge(source, entry.source, _source_part(entry, source_schemas.get(entry.source)))
        _merge(
            target,
            entry.target,
            _target_part(entry, source_schemas.get(entry.source), target_schemas.get(entry.target)),
        )
    return {"source": source, "target": target}


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Each place where two such documents differ, in words: which side, object, field and fact, and what it was and is."""
    found: list[str] = []
    for side in ("source", "target"):
        for name, part in before.get(side, {}).items():
            found += [f"{side} {name}{line}" for line in _changed(part, now.get(side, {}).get(name, {}))]
    return found


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    ours, theirs = before.get("fields", {}), now.get("fields", {})
    for field in dict.fromkeys([*ours, *theirs]):
        was, is_now = ours.get(field), theirs.get(field)
        if was == is_now:
            continue
        if not was or not is_now:
            yield f".{field}: {'is not there any more' if was else 'is new, and required'}"
            continue
        for fact in dict.fromkeys([*was, *is_now]):
            if was.get(fact) != is_now.get(fact):
                yield f".{field}: {fact} {_was_and_is(was.get(fact), is_now.get(fact))}"
    for fact in dict.fromkeys([*before, *now]):
        if fact != "fields" and before.get(fact) != now.get(fact):
            yield f": {fact} {_was_and_is(before.get(fact), now.get(fact))}"


def _was_and_is(was: Any, is_now: Any) -> str:
    if isinstance(was, list) and isinstance(is_now, list):
        gone, new = [str(one) for one in was if one not in is_now], [str(one) for one in is_now if one not in was]
        return "; ".join([f"without {', '.join(gone)}"] * bool(gone) + [f"with {', '.join(new)}"] * bool(new))
    return f"was {was}, is {is_now}"


def _merge(side: dict[str, Any], name: str, part: dict[str, Any]) -> None:
    """Two objects of the plan may share an object of a CRM; what either touches is touched."""
    known = side.setdefault(name, {"fields": {}})
    for field, facts in part.pop("fields").items():
        options = sorted({*(known["fields"].get(field) or {}).get("options", []), *(facts or {}).get("options", [])})
        known["fields"][field] = {**facts, "options": options} if facts and options else facts
    known.update(part)
    known["fields"] = dict(sorted(known["fields"].items()))


def _source_part(entry: ObjectPlan, schema: ObjectSchema | None) -> dict[str, Any]:
    used: dict[str, set[str]] = {name: set() for name in entry.source_fields()}
    for condition in entry.filter:
        used.setdefault(condition.field, set())
    for mapping in entry.fields:
        for name in mapping.source if mapping.value_map else []:
            used[name] |= set(mapping.value_map or {})
    names = {one.name for one in schema.record_types} if schema else set()
    return {
        "fields": _facts(schema, used, required=False),
        "record_types": sorted(name for name in entry.source_record_types if name in names),
    }


def _target_part(entry: ObjectPlan, source: ObjectSchema | None, schema: ObjectSchema | None) -> dict[str, Any]:
    used: dict[str, set[str]] = {mapping.target: set() for mapping in entry.fields}
    for mapping in entry.fields:
        if mapping.value_map is not None:
            used[mapping.target] |= {value for value in mapping.value_map.values() if value is not None}
        elif source is not None:
            used[mapping.target] |= {
                option.value for name in mapping.source if (field := source.field(name)) for option in field.options
            }
    for name in [*(key.field for key in entry.match.on), entry.migration_key, *(link.target for link in entry.links)]:
        if name and schema and schema.field(name):
            used.setdefault(name, set())
    types = [one for one in schema.record_types if one.name == entry.target_record_type] if schema else []
    return {
        "fields": _facts(schema, used, required=True),
        "required": sorted(field.name for field in schema.fields if field.required and field.creatable)
        if schema
        else [],
        "record_type": types[0].id if types else None,
    }


def _facts(schema: ObjectSchema | None, used: Mapping[str, Iterable[str]], *, required: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, options in used.items():
        field = schema.field(name) if schema else None
        found[name] = _field_facts(field, set(options), required=required) if field else None
    return found


def _field_facts(field: Field, options: set[str], *, required: bool) -> dict[str, Any]:
    facts: dict[str, Any] = {"kind": field.kind.value, "type": field.vendor_type}
    if required:
        facts |= {
            "required": field.required,
            "unique": field.unique,
            "creatable": field.creatable,
            "updatable": field.updatable,
            "max_length": field.max_length,
            "precision": field.precision,
            "scale": field.scale,
            "capacity": field.capacity,
            "restricted": field.restricted,
        }
    if field.options and options:
        facts["options"] = sorted(option.value for option in field.options if option.active and option.value in options)
    return facts
