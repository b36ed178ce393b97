"""Fields by their number, which only v1 tells, and by their code, which v2 goes by (API reference "PersonFields" in both versions)."""

from __future__ import annotations

from typing import Any, NamedTuple

from sdrbot_skills.crm.failures import Missing
from sdrbot_skills.crm.pipedrive.client import V2, PipedriveClient
from sdrbot_skills.errors import ConfigurationError

CHOOSING = frozenset({"enum", "set"})


class Kind(NamedTuple):
    """What an object's fields are called in v1 and v2; `own`: whether fields can be made there."""

    plural: str
    v1: str
    v2: str
    own: bool = True


_KINDS = {
    "person": Kind("persons", "personFields", "personFields"),
    "organization": Kind("organizations", "organizationFields", "organizationFields"),
    "deal": Kind("deals", "dealFields", "dealFields"),
    "product": Kind("products", "productFields", "productFields"),
    "lead": Kind("leads", "leadFields", "dealFields", own=False),
    "activity": Kind("activities", "activityFields", "activityFields", own=False),
}
_OTHER_WORDS = {"people": "person", "persons": "person", "activities": "activity"}
OBJECTS = {
    "person": "People",
    "organization": "Organizations",
    "deal": "Deals",
    "product": "Products",
    "lead": "Leads, which have the custom fields of deals",
    "activity": "Activities, whose fields cannot be changed",
}


def kind_of(object_type: str) -> Kind:
    """The object of that word, singular or plural. Raises `ConfigurationError`."""
    word = object_type.strip().lower()
    word = _OTHER_WORDS.get(word, word.removesuffix("s"))
    if word not in _KINDS:
        raise ConfigurationError(f"Pipedrive has no object {object_type!r}. There are: {', '.join(_KINDS)}.")
    return _KINDS[word]


def own_kind(object_type: str) -> Kind:
    """The same, of an object that can be given fields."""
    kind = kind_of(object_type)
    if not kind.own:
        hint = " Leads have the custom fields of deals: change those." if kind.plural == "leads" else ""
        raise ConfigurationError(f"Pipedrive lets no program change the fields of {kind.plural}.{hint}")
    return kind


def numbered(client: PipedriveClient, kind: Kind) -> list[dict[str, Any]]:
    """The definitions as v1 tells them: with their number."""
    return [entry for rows in client.offset_pages(f"{client.v1}/{kind.v1}") for entry in rows]


def definition(client: PipedriveClient, kind: Kind, field_id: int) -> dict[str, Any]:
    """One definition by its number. Raises `ConfigurationError` where there is none."""
    if kind.own:
        try:
            return dict(client.get(f"{client.v1}/{kind.v1}/{field_id}")["data"])
        except Missing:
            found = []
    else:
        found = [entry for entry in numbered(client, kind) if entry["id"] == field_id]
    if not found:
        raise ConfigurationError(
            f"Pipedrive's {kind.plural} have no field number {field_id}; list them to see the numbers."
        )
    return found[0]


def custom(client: PipedriveClient, kind: Kind, field_id: int) -> dict[str, Any]:
    """The same, of a field that can be changed."""
    found = definition(client, kind, field_id)
    if not found.get("edit_flag"):
        raise ConfigurationError(
            f"{found['name']} of {kind.plural} is one of Pipedrive's own fields, which stay as they are."
        )
    return found


def by_code(client: PipedriveClient, kind: Kind, code: str) -> dict[str, Any]:
    """One definition by its code, for what has just been made or changed."""
    return next(entry for entry in numbered(client, kind) if entry["key"] == code)


def path_of(kind: Kind, entry: dict[str, Any]) -> str:
    """Where a field is changed."""
    return f"{V2}/{kind.v2}/{entry['key']}"


def brief(entry: dict[str, Any]) -> dict[str, Any]:
    """A line of a list of fields."""
    return {
        "id": entry["id"],
        "name": entry["name"],
        "key": entry["key"],
        "type": entry["field_type"],
        "required": bool(entry.get("mandatory_flag")),
        "custom": bool(entry.get("edit_flag")),
        "options": len(entry.get("options") or ()),
    }


def whole(entry: dict[str, Any]) -> dict[str, Any]:
    """A field with its options."""
    options = [{"id": one["id"], "label": one["label"]} for one in entry.get("options") or ()]
    return {**brief(entry), "options": options}
