"""Properties: list, get, make, change, remove, restore, add options (HubSpot's guide "Properties")."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, Request, changes, reads
from sdrbot_skills.crm.hubspot.admin_tools.sending import count_with, counted
from sdrbot_skills.crm.hubspot.client import HubSpotClient
from sdrbot_skills.crm.hubspot.failures import Missing
from sdrbot_skills.crm.hubspot.schema import Schema
from sdrbot_skills.crm.optiontext import read_options
from sdrbot_skills.errors import ConfigurationError


@reads
def list_properties(client: HubSpotClient, object_type: str, include_hidden: bool = False) -> list[dict[str, Any]]:
    """The properties of an object (contacts, companies, deals, tickets, or a custom object's name)."""
    found = Schema(client).properties(object_type)
    return [_brief(entry) for entry in found if include_hidden or not entry.get("hidden")]


@reads
def get_property(client: HubSpotClient, object_type: str, property_name: str) -> dict[str, Any]:
    """One property with its options."""
    return _whole(definition(client, object_type, property_name))


@changes
def create_property(
    client: HubSpotClient,
    object_type: str,
    name: str,
    label: str,
    property_type: str,
    field_type: str,
    group_name: str = "contactinformation",
    description: str | None = None,
    options: str | None = None,
) -> Change:
    """Make a property. `property_type`: string, number, date, datetime, bool or enumeration; `field_type`: how it is shown: text, textarea,
    number, date, booleancheckbox, select, radio, checkbox (several choices), phonenumber. `options`: `Gold, Silver` or `gold=Gold, silver=Silver`."""
    body: dict[str, Any] = {
        "name": name,
        "label": label,
        "type": property_type,
        "fieldType": field_type,
        "groupName": group_name,
        "description": description or "",
    }
    if options:
        body["options"] = _options(options)
    elif property_type == "bool":
        body["options"] = _options("true=Yes, false=No")
    says = f"Makes the property {label} ({name}, {property_type}/{field_type}) of {object_type}."
    if _archived(client, object_type, name) is not None:
        says += (
            " A property of that name was removed in the last 90 days: HubSpot brings it back with the values it had."
        )
    return Change(
        requests=[Request("POST", client.paths.properties(object_type), body)],
        says=says,
        undo=Call("hubspot_admin_delete_property", {"object_type": object_type, "property_name": name}),
        shape=lambda answers: _whole(answers[-1]),
    )


@changes
def delete_property(client: HubSpotClient, object_type: str, property_name: str) -> Change:
    """Remove a property with all its values; HubSpot keeps it for 90 days."""
    there = definition(client, object_type, property_name)
    have = counted(count_with(client, object_type, property_name), object_type)
    return Change(
        requests=[Request("DELETE", client.paths.properties(object_type, property_name))],
        says=f"Removes the property {there['label']} ({property_name}) of {object_type} with all its values; {have}. HubSpot keeps it for 90 days.",
        before=_whole(there),
        undo=Call("hubspot_admin_restore_property", {"object_type": object_type, "property_name": property_name}),
        destructive=True,
    )


def definition(client: HubSpotClient, object_type: str, property_name: str) -> dict[str, Any]:
    """The vendor's definition. Raises `ConfigurationError` where there is none."""
    found = _property(client, object_type, property_name, archived=False)
    if found is None:
        raise ConfigurationError(f"HubSpot's {object_type} have no property {property_name!r}.")
    return found


def _archived(client: HubSpotClient, object_type: str, property_name: str) -> dict[str, Any] | None:
    return _property(client, object_type, property_name, archived=True)


def _property(client: HubSpotClient, object_type: str, name: str, *, archived: bool) -> dict[str, Any] | None:
    path = client.paths.properties(object_type, name)
    try:
        found = client.get(path, [("archived", str(archived).lower())])
    except Missing:
        return None
    return dict(found) if bool(found.get("archived")) is archived else None


def _options(text: str) -> list[dict[str, Any]]:
    return [
        {"label": option.label, "value": option.value, "displayOrder": position, "hidden": False}
        for position, option in enumerate(read_options(text))
    ]


def _brief(entry: dict[str, Any]) -> dict[str, Any]:
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


def _whole(entry: dict[str, Any]) -> dict[str, Any]:
    options = [
        {"value": one["value"], "label": one["label"], "hidden": bool(one.get("hidden"))}
        for one in entry.get("options") or ()
    ]
    return {**_brief(entry), "description": entry.get("description") or "", "options": options}


TOOLS = (list_properties, get_property, create_property, delete_property)
