"""Between flat values and Attio's: a list of values for every attribute, objects inside (Attio's page "Attribute types").

Reading takes the current values. Writing needs whole composites: of a name or a location of which only some parts are given, the others are
taken from the record as it is, or are empty on a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.attio.codec import CURRENCY
from sdrbot_skills.crm.attio.schema import NAMES, PARTS, PLACE, SYSTEM, Attribute
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.errors import RowRejected
from sdrbot_skills.model.records import Link, Record
from sdrbot_skills.model.schema import LinkType
from sdrbot_skills.model.values import instant

Values = Mapping[str, Any]
"""`values` of a record as Attio answers it: a list for every attribute."""

Lookup = Callable[[str], Attribute | None]
"""An attribute by its slug."""


# -- reading ----------------------------------------------------------------------------------------------------------


def to_record(row: Mapping[str, Any], fields: list[str]) -> Record:
    """A record with the values of these fields. Attio tells no time of change: it is the newest of its values' times.

    What a value that was taken away without a new one changes is therefore not seen; two readings differ all the same where that value was
    the newest.
    """
    values = row["values"]
    flat = {name: _flat(values, name) for name in fields}
    return Record(row["id"]["record_id"], flat, _modified(values) or _moment(row["created_at"]))


def _modified(values: Values) -> str | None:
    """Values that Attio keeps by itself (interactions) are no change by anybody."""
    times = [
        entry["active_from"]
        for slug, entries in values.items()
        for entry in entries
        if slug not in SYSTEM and entry["attribute_type"] != "interaction"
    ]
    return _moment(max(times)) if times else None


def _moment(text: str) -> str:
    head, _, tail = text.partition(".")
    return instant(f"{head}.{tail[:6].rstrip('Z').ljust(6, '0')}+00:00")


def _flat(values: Values, name: str) -> Any:
    slug, _, part = name.partition(".")
    entries = values.get(slug) or ()
    if not entries:
        return None
    if part:
        return entries[0].get(part) or None
    found = [_MEMBERS[entry["attribute_type"]](entry) for entry in entries]
    return found if entries[0]["attribute_type"] in _MANY else found[0] if len(found) == 1 else found


def _titled(entry: Any) -> str:
    """Options and statuses come in full; a bare id is what very old values hold."""
    return str(entry["title"]) if isinstance(entry, Mapping) else str(entry)


_MEMBERS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "text": lambda entry: entry["value"],
    "number": lambda entry: entry["value"],
    "checkbox": lambda entry: entry["value"],
    "date": lambda entry: entry["value"],
    "timestamp": lambda entry: entry["value"],
    "rating": lambda entry: entry["value"],
    "currency": lambda entry: entry["currency_value"],
    "select": lambda entry: _titled(entry["option"]),
    "status": lambda entry: _titled(entry["status"]),
    "record-reference": lambda entry: entry["target_record_id"],
    "actor-reference": lambda entry: entry["referenced_actor_id"],
    "domain": lambda entry: entry["domain"],
    "email-address": lambda entry: entry["original_email_address"],
    "phone-number": lambda entry: entry["original_phone_number"],
    "interaction": lambda entry: entry["interacted_at"],
}
_MANY = frozenset({"domain", "email-address", "phone-number"})


# -- writing ----------------------------------------------------------------------------------------------------------


def incomplete(payload: Mapping[str, Any]) -> bool:
    """Whether a payload names parts of composites, so that the record has to be read before it is changed."""
    return any("." in name and not name.endswith(CURRENCY) for name in payload)


def to_values(payload: Mapping[str, Any], lookup: Lookup, there: Values | None = None) -> dict[str, list[Any]]:
    """The `values` of a write. `there`: the record's values as they are, for composites. Raises `RowRejected` for what cannot be sent."""
    values: dict[str, list[Any]] = {}
    composites: dict[str, dict[str, Any]] = {}
    for name, value in payload.items():
        slug, _, part = name.partition(".")
        attribute = _writable(name, slug, part, lookup)
        if name.endswith(CURRENCY):
            continue  # it cannot be written; a before-image holds it
        if attribute.type in PARTS:
            composites.setdefault(slug, {})[part] = value
        else:
            entries = [] if value is None else value if isinstance(value, list) else [value]
            values[slug] = [_entry(attribute, one) for one in entries]
    for slug, parts in composites.items():
        attribute = _writable(slug, slug, "", lookup)
        values[slug] = _composite(attribute.type, parts, (there or {}).get(slug) or ())
    return values


def _writable(name: str, slug: str, part: str, lookup: Lookup) -> Attribute:
    attribute = lookup(slug)
    known = attribute is not None and (not part or part in PARTS.get(attribute.type, ()) or "." + part == CURRENCY)
    if attribute is None or not known:
        raise RowRejected(f"Attio has no attribute {name!r}.", rule=Rule.UNKNOWN_FIELD, field=name)
    if not attribute.writable:
        raise RowRejected(f"Attio fills {name!r} itself.", rule=Rule.READ_ONLY, field=name)
    return attribute


def _entry(attribute: Attribute, value: Any) -> Any:
    if attribute.type in ("select", "status"):
        if value not in attribute.options:
            message = f"{attribute.slug} has no such option; options have to be made before records are written."
            raise RowRejected(message, rule=Rule.UNKNOWN_OPTION, field=attribute.slug)
        return {"status" if attribute.type == "status" else "option": value}
    if attribute.type == "record-reference":
        return {"target_object": attribute.objects[0] if attribute.objects else "", "target_record_id": value}
    if attribute.type == "actor-reference":
        return {"referenced_actor_type": "workspace-member", "referenced_actor_id": value}
    member = {
        "currency": "currency_value",
        "domain": "domain",
        "email-address": "email_address",
        "phone-number": "original_phone_number",
    }
    return {member.get(attribute.type, "value"): value}


def _composite(kind: str, parts: Mapping[str, Any], there: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """All keys of a composite are sent, or none at all where nothing is left in it."""
    names = NAMES if kind == "personal-name" else PLACE
    whole = {name: parts[name] if name in parts else (there[0].get(name) if there else None) for name in names}
    if kind == "personal-name":
        whole = {name: whole[name] or "" for name in names}
        whole["full_name"] = f"{whole['first_name']} {whole['last_name']}".strip()
    return [whole] if any(whole.values()) else []


def links_of(link_type: LinkType, row: Mapping[str, Any]) -> list[Link]:
    """The links of one type that a record as Attio answers it holds."""
    own = row["id"]["record_id"]
    return [Link(link_type.name, own, entry["target_record_id"]) for entry in row["values"].get(link_type.name) or ()]
