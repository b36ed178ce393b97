"""Properties: list, get, make, change, remove, restore (HubSpot's guide "Properties")."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, Request, changes, given, reads, wording
from sdrbot_skills.crm.hubspot.admin_tools.definitions import (
    archived_definition,
    as_options,
    as_text,
    brief,
    definition,
    group_for,
    removed_options,
    whole,
)
from sdrbot_skills.crm.hubspot.admin_tools.sending import count, counted
from sdrbot_skills.crm.hubspot.client import HubSpotClient
from sdrbot_skills.crm.hubspot.schema import Schema
from sdrbot_skills.errors import ConfigurationError

VENDOR_NAMES = {"group_name": "groupName", "display_order": "displayOrder"}
RESTORED = ("name", "label", "type", "fieldType", "groupName", "description", "options", "hasUniqueValue", "hidden")


@reads
def list_properties(client: HubSpotClient, object_type: str, include_hidden: bool = False) -> list[dict[str, Any]]:
    """The properties of an object (contacts, companies, deals, tickets, or a custom object's name)."""
    found = Schema(client).properties(object_type)
    return [brief(entry) for entry in found if include_hidden or not entry.get("hidden")]


@reads
def get_property(client: HubSpotClient, object_type: str, property_name: str) -> dict[str, Any]:
    """One property with its options."""
    return whole(definition(client, object_type, property_name))


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
        "groupName": group_for(client, object_type, group_name),
        "description": description or "",
    }
    if options:
        body["options"] = as_options(options)
    elif property_type == "bool":
        body["options"] = as_options("true=Yes, false=No")
    says = f"Makes the property {label} ({name}, {property_type}/{field_type}) of {object_type}."
    if archived_definition(client, object_type, name) is not None:
        says += (
            " A property of that name was removed in the last 90 days: HubSpot brings it back with the values it had."
        )
    return Change(
        requests=[Request("POST", client.paths.properties(object_type), body)],
        says=says,
        undo=Call("hubspot_admin_delete_property", {"object_type": object_type, "property_name": name}),
        shape=lambda answers: whole(answers[-1]),
    )


@changes
def update_property(
    client: HubSpotClient,
    object_type: str,
    property_name: str,
    label: str | None = None,
    description: str | None = None,
    group_name: str | None = None,
    display_order: int | None = None,
    hidden: bool | None = None,
    options: str | None = None,
) -> Change:
    """Change a property. `options` is the whole list: what it leaves out is removed (`add_options` only adds)."""
    wanted = given(
        label=label,
        description=description,
        group_name=group_name,
        display_order=display_order,
        hidden=hidden,
        options=options,
    )
    there = definition(client, object_type, property_name)
    body = {VENDOR_NAMES.get(name, name): value for name, value in wanted.items()}
    if options is not None:
        body["options"] = as_options(options)
    before = {name: there.get(VENDOR_NAMES.get(name, name)) for name in wanted}
    if options is not None:
        before["options"] = as_text(there)
    gone = removed_options(client, object_type, there, body["options"]) if options is not None else ""
    return Change(
        requests=[Request("PATCH", client.paths.properties(object_type, property_name), body)],
        says=f"Changes the property {there['label']} ({property_name}) of {object_type}: {wording(before, wanted)}.{gone}",
        before=before,
        undo=Call(
            "hubspot_admin_update_property", {"object_type": object_type, "property_name": property_name, **before}
        ),
        destructive=bool(gone),
        shape=lambda answers: whole(answers[-1]),
    )


@changes
def delete_property(client: HubSpotClient, object_type: str, property_name: str) -> Change:
    """Remove a property with all its values; HubSpot keeps it for 90 days."""
    there = definition(client, object_type, property_name)
    if there.get("hubspotDefined"):
        raise ConfigurationError(f"{property_name} is one of HubSpot's own properties; these cannot be removed.")
    have = counted(count(client, object_type, property_name), object_type)
    where = {"object_type": object_type, "property_name": property_name}
    return Change(
        requests=[Request("DELETE", client.paths.properties(object_type, property_name))],
        says=f"Removes the property {there['label']} ({property_name}) of {object_type} with all its values; {have}. HubSpot keeps it for 90 days.",
        before=whole(there),
        undo=Call("hubspot_admin_restore_property", where),
        destructive=True,
    )


@changes
def restore_property(client: HubSpotClient, object_type: str, property_name: str) -> Change:
    """Bring back a property that was removed in the last 90 days, with the values it had."""
    there = archived_definition(client, object_type, property_name)
    if there is None:
        raise ConfigurationError(f"HubSpot keeps no removed property {property_name!r} of {object_type}.")
    body = {name: there[name] for name in RESTORED if there.get(name) not in (None, [])}
    return Change(
        requests=[Request("POST", client.paths.properties(object_type), body)],
        says=f"Brings back the property {there['label']} ({property_name}) of {object_type} with the values it had.",
        undo=Call("hubspot_admin_delete_property", {"object_type": object_type, "property_name": property_name}),
        shape=lambda answers: whole(answers[-1]),
    )


TOOLS = (list_properties, get_property, create_property, update_property, delete_property, restore_property)
