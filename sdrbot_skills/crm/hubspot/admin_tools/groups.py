"""Groups of properties: under which heading they are shown (HubSpot's guide "Properties")."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, Request, changes, reads
from sdrbot_skills.crm.hubspot.client import HubSpotClient
from sdrbot_skills.errors import ConfigurationError


@reads
def list_property_groups(client: HubSpotClient, object_type: str) -> list[dict[str, Any]]:
    """The groups under which an object's properties are shown."""
    found = client.get(client.paths.properties(object_type, "groups"))["results"]
    return [{"name": entry["name"], "label": entry["label"]} for entry in found]


@changes
def create_property_group(client: HubSpotClient, object_type: str, name: str, label: str) -> Change:
    """Make a group of properties."""
    body = {"name": name, "label": label, "displayOrder": -1}
    return Change(
        requests=[Request("POST", client.paths.properties(object_type, "groups"), body)],
        says=f"Makes the property group {label} ({name}) of {object_type}.",
        undo=Call("hubspot_admin_delete_property_group", {"object_type": object_type, "group_name": name}),
        shape=lambda answers: {"name": answers[0]["name"], "label": answers[0]["label"]},
    )


@changes
def delete_property_group(client: HubSpotClient, object_type: str, group_name: str) -> Change:
    """Remove a group of properties; HubSpot refuses while properties are in it."""
    there = [entry for entry in list_property_groups(client, object_type) if entry["name"] == group_name]
    if not there:
        raise ConfigurationError(f"HubSpot's {object_type} have no property group {group_name!r}.")
    again = {"object_type": object_type, "name": group_name, "label": there[0]["label"]}
    return Change(
        requests=[Request("DELETE", client.paths.properties(object_type, "groups", group_name))],
        says=f"Removes the property group {there[0]['label']} ({group_name}) of {object_type}.",
        before=there[0],
        undo=Call("hubspot_admin_create_property_group", again),
    )


TOOLS = (list_property_groups, create_property_group, delete_property_group)
