"""Objects: HubSpot's own and the account's (HubSpot's guide "Custom objects")."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, Request, changes, given, reads, wording
from sdrbot_skills.crm.hubspot.admin_tools.sending import count
from sdrbot_skills.crm.hubspot.client import HubSpotClient
from sdrbot_skills.crm.hubspot.objects import STANDARD
from sdrbot_skills.crm.hubspot.schema import Schema
from sdrbot_skills.errors import ConfigurationError

OWN = (
    ("products", "0-7"),
    ("line_items", "0-8"),
    ("quotes", "0-14"),
    ("tasks", "0-27"),
    ("notes", "0-46"),
    ("meetings", "0-47"),
    ("calls", "0-48"),
    ("emails", "0-49"),
    ("leads", "0-136"),
)
"""HubSpot's further objects by type id (guide "Understanding the CRM")."""


@reads
def list_objects(client: HubSpotClient) -> list[dict[str, Any]]:
    """HubSpot's own objects and this account's custom ones, with the names that other tools take."""
    standard = [
        {"name": entry.name, "label": entry.plural, "type_id": entry.type_id, "custom": False}
        for entry in STANDARD.values()
    ]
    standard += [
        {"name": name, "label": name.replace("_", " ").capitalize(), "type_id": type_id, "custom": False}
        for name, type_id in OWN
    ]
    custom = [
        {
            "name": entry["fullyQualifiedName"],
            "label": entry["labels"]["plural"],
            "type_id": entry["objectTypeId"],
            "custom": True,
        }
        for entry in Schema(client).custom_objects()
    ]
    return standard + custom


@reads
def get_object(client: HubSpotClient, object_type: str) -> dict[str, Any]:
    """One object: labels, what is required, what its records are shown by, and how many properties it has."""
    return _told(_definition(client, object_type))


@changes
def create_object(
    client: HubSpotClient,
    name: str,
    label_singular: str,
    label_plural: str,
    primary_display_property: str = "name",
    description: str | None = None,
) -> Change:
    """Make a custom object (HubSpot's Enterprise plans have these) with one text property, by which its records are shown."""
    labels = {"singular": label_singular, "plural": label_plural}
    shown_by = {
        "name": primary_display_property,
        "label": primary_display_property.replace("_", " ").capitalize(),
        "type": "string",
        "fieldType": "text",
    }
    body: dict[str, Any] = {
        "name": name,
        "labels": labels,
        "primaryDisplayProperty": primary_display_property,
        "requiredProperties": [],
        "searchableProperties": [primary_display_property],
        "properties": [shown_by],
        "associatedObjects": [],
    }
    if description:
        body["description"] = description
    return Change(
        requests=[Request("POST", client.paths.schemas(), body)],
        says=f"Makes the custom object {label_plural} ({name}), whose records are shown by {primary_display_property}.",
        undo=lambda answers: Call("hubspot_admin_delete_object", {"object_type": answers[0]["fullyQualifiedName"]}),
        shape=lambda answers: _told(answers[0]),
    )


@changes
def update_object(
    client: HubSpotClient,
    object_type: str,
    label_singular: str | None = None,
    label_plural: str | None = None,
    description: str | None = None,
) -> Change:
    """Change the labels or the description of a custom object."""
    wanted = given(label_singular=label_singular, label_plural=label_plural, description=description)
    there = _custom(client, object_type)
    labels = there["labels"]
    now = {
        "label_singular": labels["singular"],
        "label_plural": labels["plural"],
        "description": there.get("description") or "",
    }
    body: dict[str, Any] = {}
    if label_singular or label_plural:
        body["labels"] = {
            "singular": label_singular or labels["singular"],
            "plural": label_plural or labels["plural"],
        }
    if description is not None:
        body["description"] = description
    before = {name: now[name] for name in wanted}
    return Change(
        requests=[Request("PATCH", client.paths.schemas(there["fullyQualifiedName"]), body)],
        says=f"Changes the object {there['fullyQualifiedName']}: {wording(before, wanted)}.",
        before=before,
        undo=Call("hubspot_admin_update_object", {"object_type": there["fullyQualifiedName"], **before}),
        shape=lambda answers: _told(answers[0]),
    )


@changes
def delete_object(client: HubSpotClient, object_type: str) -> Change:
    """Remove a custom object. HubSpot does that only for an object without records."""
    there = _custom(client, object_type)
    name = there["fullyQualifiedName"]
    records = count(client, name)
    if records:
        raise ConfigurationError(f"HubSpot removes an object only without records; {name} still has {records:,}.")
    return Change(
        requests=[Request("DELETE", client.paths.schemas(name))],
        says=f"Removes the custom object {there['labels']['plural']} ({name}) with its properties; it has "
        f"{'no records' if records == 0 else 'an unknown number of records'}. Its name stays taken.",
        before=_told(there),
        destructive=True,
    )


def _definition(client: HubSpotClient, object_type: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(client.paths.schemas(object_type))
    return found


def _custom(client: HubSpotClient, object_type: str) -> dict[str, Any]:
    there = _definition(client, object_type)
    if not str(there["objectTypeId"]).startswith("2-"):
        raise ConfigurationError(f"{object_type} is one of HubSpot's own objects; only custom ones can be changed.")
    return there


def _told(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": entry["fullyQualifiedName"],
        "type_id": entry["objectTypeId"],
        "label_singular": entry["labels"]["singular"],
        "label_plural": entry["labels"]["plural"],
        "description": entry.get("description") or "",
        "shown_by": entry.get("primaryDisplayProperty"),
        "required": list(entry.get("requiredProperties") or ()),
        "searchable": list(entry.get("searchableProperties") or ()),
        "properties": len(entry.get("properties") or ()),
        "custom": str(entry["objectTypeId"]).startswith("2-"),
    }


TOOLS = (list_objects, get_object, create_object, update_object, delete_object)
