"""Custom fields to make on the target: their names in the target's own style, and what they hold."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sdrbot_skills.crm.capabilities import Capabilities
from sdrbot_skills.crm.optionvalues import stored
from sdrbot_skills.model.plan import FieldMapping, Plan, SchemaChange
from sdrbot_skills.model.schema import Field, ObjectSchema, Option
from sdrbot_skills.model.values import Kind

_LONGEST = 40
_ADDRESSES = (Kind.EMAILS, Kind.PHONES, Kind.URLS)
_CHOICES = (Kind.CHOICE, Kind.CHOICES)
_KINDS = {Kind.CONSENT: Kind.BOOLEAN, Kind.USER: Kind.TEXT}


def field_name(words: str, capabilities: Capabilities, taken: ObjectSchema) -> str:
    """An API name made of `words`, spelled as this CRM spells custom fields (its migration key shows how), and not yet taken."""
    model = capabilities.migration_key_field
    suffix = model[model.rfind("__") :] if "__" in model else ""
    parts = re.findall(r"[A-Za-z0-9]+", words) or ["field"]
    if "_" not in model:
        name = parts[0].lower() + "".join(part[0].upper() + part[1:].lower() for part in parts[1:])
    else:
        name = "_".join(parts) if any(letter.isupper() for letter in model) else "_".join(parts).lower()
    if not name[0].isalpha():
        name = f"f_{name}" if "_" in model else f"f{name}"
    longest = min(_LONGEST, capabilities.longest_field_name)
    name = name[:longest].rstrip("_")
    used = {entry.name.casefold() for entry in taken.fields}
    joint = "_" if "_" in model else ""
    for number in ["", *(f"{joint}{count}" for count in range(2, 100))]:
        candidate = f"{name[: longest - len(number)]}{number}{suffix}"
        if candidate.casefold() not in used:
            return candidate
    raise AssertionError("a hundred fields of one name")


def copy_of(source: Field, target: ObjectSchema, capabilities: Capabilities, reason: str) -> SchemaChange:
    """A field on the target that can hold what a source field holds."""
    kind = _KINDS.get(source.kind, source.kind)
    if kind in _ADDRESSES and source.capacity != 1:
        kind = Kind.LONG_TEXT  # an e-mail or phone field of most CRMs holds a single one
    made = Field(
        name=field_name(source.label, capabilities, target),
        label=source.label[:_LONGEST],
        kind=kind,
        vendor_type="",
        custom=True,
        options=_options(source, capabilities) if kind in _CHOICES else (),
        max_length=source.max_length if kind is Kind.TEXT else None,
        precision=source.precision,
        scale=source.scale,
        capacity=1 if kind in _ADDRESSES else None,
        description=f"Carried over from {source.name}",
    )
    return SchemaChange(object=target.name, field=made, reason=reason)


def mapping_to(change: SchemaChange, source: Field, capabilities: Capabilities) -> FieldMapping:
    """The mapping of a source field to the one made for it: its options as the target will store them."""
    mapping = FieldMapping.of(source.name, change.field.name)
    if change.field.kind not in _CHOICES:
        return mapping
    kept = stored(source.options, capabilities)
    value_map = {one.value: there.value for one, there in zip(source.options, kept, strict=True)}
    return (
        mapping
        if all(ours == theirs for ours, theirs in value_map.items())
        else mapping.model_copy(update={"value_map": value_map})
    )


def _options(source: Field, capabilities: Capabilities) -> tuple[Option, ...]:
    return tuple({one.value: one for one in stored(source.options, capabilities)}.values())


def migration_key(target: ObjectSchema, capabilities: Capabilities) -> SchemaChange | None:
    """The text field that holds a record's source id, where the target has none yet; unique, where the target has such fields."""
    if target.field(capabilities.migration_key_field) is not None:
        return None
    made = Field(
        name=capabilities.migration_key_field,
        label="CRM migration key",
        kind=Kind.TEXT,
        vendor_type="",
        unique=capabilities.custom_upsert_key,
        upsert_key=capabilities.custom_upsert_key,
        custom=True,
        max_length=255,
        description="Where this record came from. Makes repeated runs safe; may be removed when the migration is over.",
    )
    reason = "makes writing twice impossible, links exact, deltas and undo cheap"
    return SchemaChange(object=target.name, field=made, reason=reason)


def pending_changes(plan: Plan, target_schemas: Mapping[str, ObjectSchema]) -> list[SchemaChange]:
    """The plan's schema changes that the target does not have yet: a schema run has to make them before records can move."""
    return [
        change
        for change in plan.schema_changes
        if change.object not in target_schemas or target_schemas[change.object].field(change.field.name) is None
    ]


def without_schema_changes(plan: Plan) -> Plan:
    """The plan for somebody who wants no custom field: nothing is made on the target, and nothing is carried into what would have been made."""
    made = {(change.object, change.field.name) for change in plan.schema_changes}
    objects = {
        word: entry.model_copy(
            update={
                "migration_key": None if (entry.target, entry.migration_key) in made else entry.migration_key,
                "fields": [mapping for mapping in entry.fields if (entry.target, mapping.target) not in made],
            }
        )
        for word, entry in plan.objects.items()
    }
    return plan.model_copy(update={"objects": objects, "schema_changes": []})
