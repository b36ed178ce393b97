"""Lookups of rows being written: parents named by external id, and whether every reference points to something."""

from collections import defaultdict
from typing import Any

from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.salesforce import ids
from sdrbot_skills.lab.salesforce.errors import Refusal
from sdrbot_skills.lab.salesforce.org import Org, View
from sdrbot_skills.lab.salesforce.rows import Row
from sdrbot_skills.lab.salesforce.schema import Field, SObject


def resolve_parents(org: Org, rows: list[Row]) -> None:
    """Turn `{"Account": {"Ext__c": "x"}}` into AccountId."""
    asked: dict[tuple[str, str], list[tuple[Row, Field, str]]] = defaultdict(list)
    for row in rows:
        for f, spec in row.parents.items():
            if not row.ok:
                continue
            if row.given.get(f.name):
                message = f"Cannot specify both an external ID reference {f.relationship} and a salesforce id, {f.name}"
                row.refuse(Refusal("INVALID_FIELD", message, [f.name]))
                continue
            try:
                target, key, value = _address(org, f, spec)
            except Refusal as refusal:
                row.refuse(refusal)
                continue
            asked[target.name, key.name].append((row, f, value))
    for (target_name, key_name), wanted in asked.items():
        found = _find(org, target_name, key_name, [value for _, _, value in wanted])
        for row, f, value in wanted:
            _take(row, f, value, found.get(value, []), target_name, key_name)


def _address(org: Org, f: Field, spec: dict[str, Any]) -> tuple[SObject, Field, str]:
    type_name = spec.get("attributes", {}).get("type") or f.to[0]
    view = org.view(type_name)
    named = {name: value for name, value in spec.items() if name != "attributes"}
    if view is None or view.sobject.name not in f.to or len(named) != 1:
        raise Refusal("INVALID_FIELD", f"The relationship for {f.relationship} needs exactly one external id field")
    ((name, value),) = named.items()
    key = view.field(name)
    if key is None or not (key.is_key or key.name == "Id"):
        message = f"Field name provided, {name} is not an External ID or indexed field for {view.sobject.name}"
        raise Refusal("INVALID_FIELD", message)
    return view.sobject, key, str(value).strip()


def _find(org: Org, target: str, key: str, values: list[str]) -> dict[str, list[str]]:
    """value -> ids of the records that have it."""
    sobject = org.sobject(target)
    if sobject is None:
        return {}
    if key == "Id":
        return {value: [ids.restore(value) or value] for value in values}
    f = sobject.fields[key]
    found = org.store.find(target, key, {f.key(value) for value in values})
    return {value: [ids.encode(sobject.prefix, n) for n in found.get(f.key(value), [])] for value in values}


def _take(row: Row, f: Field, value: str, hits: list[str], target: str, key: str) -> None:
    if len(hits) == 1:
        row.given[f.name] = hits[0]
    elif hits:
        message = f"{key}: more than one record found for external id field: [{', '.join(hits)}]"
        row.refuse(Refusal("DUPLICATE_EXTERNAL_ID", message, [key]))
    else:
        message = f"Foreign key external ID: {value} not found for field {key} in entity {target}"
        row.refuse(Refusal("INVALID_FIELD", message))


def check_references(org: Org, view: View, rows: list[Row]) -> None:
    """Every reference that a row sets must exist, be of the right object and not be in the recycle bin."""
    fields = view.sobject.references
    wanted: dict[str, set[int]] = defaultdict(set)
    uses: list[tuple[Row, Field, str, tuple[str, int] | None]] = []
    for row in rows:
        for f in fields:
            value = row.given.get(f.name)
            if value is None or not row.ok or (row.before and row.before.doc.get(f.name) == value):
                continue
            place = ids.decode(value)
            uses.append((row, f, value, place))
            if place:
                wanted[place[0]].add(place[1])
    found: dict[tuple[str, int], Record] = {}
    for prefix, numbers in wanted.items():
        if target := org.by_prefix(prefix):
            found |= {(prefix, n): record for n, record in org.store.get_many(target.name, numbers).items()}
    for row, f, value, place in uses:
        if refusal := _problem(org, view, f, value, found.get(place) if place else None):
            row.refuse(refusal)


def _problem(org: Org, view: View, f: Field, value: str, record: Record | None) -> Refusal | None:
    target = org.by_prefix(value[:3])
    if target is None or target.name not in f.to:
        return Refusal("FIELD_INTEGRITY_EXCEPTION", f"{f.label}: id value of incorrect type: {value}", [f.name])
    if record is None:
        return Refusal("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
    if record.archived:
        return Refusal("ENTITY_IS_DELETED", "entity is deleted", [])
    if not org.sees(target.name, record.id):
        message = f"insufficient access rights on cross-reference id: {value[:15]}"
        return Refusal("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", message, [])
    inactive = f.name == "OwnerId" and target.name == "User" and not record.doc.get("IsActive")
    if inactive and not org.has("inactive_owners"):
        message = f"operation performed with inactive user [{value[:15]}] as owner of {view.sobject.label.lower()}"
        return Refusal("INACTIVE_OWNER_OR_USER", message, [])
    return None
