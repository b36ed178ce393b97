"""Property definitions as HubSpot gives them, and as these tools tell them."""

from __future__ import annotations

import json
from typing import Any

from sdrbot_skills.crm.failures import Missing
from sdrbot_skills.crm.hubspot.admin_tools.sending import count
from sdrbot_skills.crm.hubspot.client import HubSpotClient
from sdrbot_skills.crm.optiontext import read_options
from sdrbot_skills.errors import ConfigurationError

DEFAULT_GROUP = "contactinformation"
BUILT_IN_GROUPS = {"companies": "companyinformation", "deals": "dealinformation", "tickets": "ticketinformation"}


def definition(client: HubSpotClient, object_type: str, property_name: str) -> dict[str, Any]:
    """The vendor's definition. Raises `ConfigurationError` where there is none."""
    found = _property(client, object_type, property_name, archived=False)
    if found is None:
        raise ConfigurationError(f"HubSpot's {object_type} have no property {property_name!r}.")
    return found


def archived_definition(client: HubSpotClient, object_type: str, property_name: str) -> dict[str, Any] | None:
    """The definition of a property that was removed, which HubSpot keeps for 90 days."""
    return _property(client, object_type, property_name, archived=True)


def group_for(client: HubSpotClient, object_type: str, group_name: str) -> str:
    """The group that was asked for; where that is the default, which contacts alone have, the object's own first one."""
    if group_name != DEFAULT_GROUP or object_type in ("contacts", "0-1"):
        return group_name
    if object_type in BUILT_IN_GROUPS:
        return BUILT_IN_GROUPS[object_type]
    groups = client.get(client.paths.properties(object_type, "groups"))["results"]
    return str(groups[0]["name"]) if groups else group_name


def as_options(text: str) -> list[dict[str, Any]]:
    """Options as HubSpot takes them."""
    return [
        {"label": option.label, "value": option.value, "displayOrder": position, "hidden": not option.active}
        for position, option in enumerate(read_options(text))
    ]


def as_text(entry: dict[str, Any]) -> str:
    """The options of a definition as a tool takes them."""
    return json.dumps(whole(entry)["options"], ensure_ascii=False)


def removed_options(
    client: HubSpotClient, object_type: str, there: dict[str, Any], options: list[dict[str, Any]]
) -> str:
    """What a new list of options leaves out, and how many records have one of these; empty where it leaves out none."""
    kept = {one["value"] for one in options}
    gone = [one["value"] for one in there.get("options") or () if one["value"] not in kept]
    if not gone:
        return ""
    number = count(client, object_type, there["name"], *gone)
    have = "an unknown number of" if number is None else f"{number:,}"
    return (
        f" The options {', '.join(gone)} go; {have} {object_type} have one of them and keep a value that is no option."
    )


def brief(entry: dict[str, Any]) -> dict[str, Any]:
    """A definition in one line of a list."""
    rights = entry.get("modificationMetadata") or {}
    return {
        "name": entry["name"],
        "label": entry["label"],
        "type": entry["type"],
        "field_type": entry["fieldType"],
        "group": entry["groupName"],
        "unique": bool(entry.get("hasUniqueValue")),
        "custom": not entry.get("hubspotDefined"),
        "read_only": bool(rights.get("readOnlyValue") or entry.get("calculated")),
        "options": len(entry.get("options") or ()),
    }


def whole(entry: dict[str, Any]) -> dict[str, Any]:
    """A definition with its options."""
    options = [
        {"value": one["value"], "label": one["label"], "hidden": bool(one.get("hidden"))}
        for one in entry.get("options") or ()
    ]
    return {
        **brief(entry),
        "description": entry.get("description") or "",
        "hidden": bool(entry.get("hidden")),
        "options": options,
    }


def _property(client: HubSpotClient, object_type: str, name: str, *, archived: bool) -> dict[str, Any] | None:
    path = client.paths.properties(object_type, name)
    try:
        found = client.get(path, [("archived", str(archived).lower())])
    except Missing:
        return None
    return dict(found) if bool(found.get("archived")) is archived else None
