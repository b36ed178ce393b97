"""Objects and fields as Twenty defines them, found by id or name, and as these tools tell them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdrbot_skills.crm.twenty.admin_tools.defaults import spelled_default
from sdrbot_skills.crm.twenty.client import TwentyClient
from sdrbot_skills.crm.twenty.schema import Schema, TwentyObject, is_custom
from sdrbot_skills.errors import ConfigurationError

Entry = Mapping[str, Any]
"""One field as Twenty defines it."""

_NAMES = "query { objects(paging: {first: 1000}) { edges { node { id namePlural fieldsList { id name } } } } }"
OWN = frozenset({"companies", "people", "opportunities", "notes", "tasks", "dashboards", "workflows"})
"""Twenty's own objects that people work with; they cannot be removed."""


def objects(client: TwentyClient) -> list[TwentyObject]:
    """All objects, Twenty's own machinery included."""
    return list(Schema(client).definitions().values())


def object_of(client: TwentyClient, object_id: str) -> TwentyObject:
    """The object of an id or a name (`companies`, `company`). Raises `ConfigurationError` where there is none."""
    found = objects(client)
    for one in found:
        if object_id in (one.doc["id"], one.plural, one.singular):
            return one
    names = ", ".join(sorted(one.plural for one in found if not one.doc["isSystem"]))
    raise ConfigurationError(f"This Twenty workspace has no object {object_id!r}. It has: {names}.")


def field_of(client: TwentyClient, field_id: str) -> tuple[TwentyObject, Entry]:
    """The field of an id, or of `people.jobTitle`, with its object. Raises `ConfigurationError` where there is none."""
    for owner in objects(client):
        for entry in owner.doc["fieldsList"]:
            if field_id in (entry["id"], f"{owner.plural}.{entry['name']}"):
                return owner, entry
    raise ConfigurationError(
        f"This Twenty workspace has no field {field_id!r}. Give its id, or object and name: people.jobTitle."
    )


def names_by_id(client: TwentyClient) -> dict[str, str]:
    """What objects (`people`) and fields (`people.jobTitle`) are called."""
    nodes = [edge["node"] for edge in client.graphql(_NAMES, path="/metadata")["objects"]["edges"]]
    fields = {entry["id"]: f"{one['namePlural']}.{entry['name']}" for one in nodes for entry in one["fieldsList"]}
    return fields | {one["id"]: one["namePlural"] for one in nodes}


def brief_object(doc: Entry) -> dict[str, Any]:
    """An object in one line of a list."""
    return {
        "id": doc["id"],
        "name": doc["namePlural"],
        "singular": doc["nameSingular"],
        "label": doc["labelSingular"],
        "label_plural": doc["labelPlural"],
        "active": doc["isActive"],
        "system": doc["isSystem"],
        "custom": not doc["isSystem"] and doc["namePlural"] not in OWN,
    }


def whole_object(one: TwentyObject) -> dict[str, Any]:
    """An object with its fields in brief."""
    more = {"description": one.doc.get("description") or "", "icon": one.doc.get("icon")}
    return {**brief_object(one.doc), **more, "fields": [brief(one.plural, entry) for entry in one.doc["fieldsList"]]}


def brief(plural: str, entry: Entry) -> dict[str, Any]:
    """A field in one line of a list."""
    relation = entry.get("relation") or {}
    return {
        "id": entry["id"],
        "object": plural,
        "name": entry["name"],
        "label": entry["label"],
        "type": entry["type"],
        "nullable": entry["isNullable"],
        "unique": entry["isUnique"],
        "active": entry["isActive"],
        "custom": is_custom(plural, entry),
        "options": len(entry.get("options") or ()),
        "leads_to": (relation.get("targetObjectMetadata") or {}).get("namePlural"),
    }


def whole(plural: str, entry: Entry) -> dict[str, Any]:
    """A field with its options."""
    return {
        **brief(plural, entry),
        "description": entry.get("description") or "",
        "icon": entry.get("icon"),
        "default_value": spelled_default(entry.get("defaultValue")),
        "settings": entry.get("settings"),
        "options": [told_option(option) for option in ordered(entry)],
    }


def ordered(entry: Entry) -> list[dict[str, Any]]:
    """The options of a choice as they are shown."""
    return sorted(entry.get("options") or (), key=lambda option: option.get("position") or 0)


def told_option(option: Entry) -> dict[str, Any]:
    """An option; `value` is what records hold."""
    return {"value": option["value"], "label": option["label"], "color": option.get("color")}
