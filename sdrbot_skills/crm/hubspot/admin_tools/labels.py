"""Association labels: what a link between two records is called (HubSpot's guide "Associations v4"). Each direction has an id of its own."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, Request, changes, reads
from sdrbot_skills.crm.hubspot.client import HubSpotClient
from sdrbot_skills.errors import ConfigurationError

OWN = "USER_DEFINED"


@reads
def list_association_labels(client: HubSpotClient, from_object: str, to_object: str) -> list[dict[str, Any]]:
    """The kinds of links from one object to another: HubSpot's own and this account's labels, with their ids."""
    return _labels(client, from_object, to_object)


@changes
def create_association_label(
    client: HubSpotClient,
    from_object: str,
    to_object: str,
    name: str,
    label: str,
    inverse_label: str | None = None,
) -> Change:
    """Make a label for links. `inverse_label`: what the link is called when it is seen from the other end."""
    body = {"name": name, "label": label, **({"inverseLabel": inverse_label} if inverse_label else {})}
    where = {"from_object": from_object, "to_object": to_object}
    return Change(
        requests=[Request("POST", client.paths.associations(from_object, to_object, "labels"), body)],
        says=f"Makes the label {label} for links from {from_object} to {to_object}.",
        undo=lambda answers: Call(
            "hubspot_admin_delete_association_label", {**where, "type_id": answers[0]["results"][0]["typeId"]}
        ),
        shape=lambda answers: [
            {"type_id": entry["typeId"], "label": entry["label"]} for entry in answers[0]["results"]
        ],
    )


@changes
def update_association_label(
    client: HubSpotClient,
    from_object: str,
    to_object: str,
    type_id: int,
    label: str,
    inverse_label: str | None = None,
) -> Change:
    """Rename a label of links; the links keep it under its new name."""
    there = _own(client, from_object, to_object, type_id)
    body = {
        "associationTypeId": type_id,
        "label": label,
        **({"inverseLabel": inverse_label} if inverse_label else {}),
    }
    back = {"from_object": from_object, "to_object": to_object, "type_id": type_id, "label": there["label"]}
    return Change(
        requests=[Request("PUT", client.paths.associations(from_object, to_object, "labels"), body)],
        says=f"Renames the label {there['label']} of links from {from_object} to {to_object} to {label}.",
        before=there,
        undo=None if inverse_label else Call("hubspot_admin_update_association_label", back),
    )


@changes
def delete_association_label(client: HubSpotClient, from_object: str, to_object: str, type_id: int) -> Change:
    """Remove a label of links, in both directions."""
    there = _own(client, from_object, to_object, type_id)
    return Change(
        requests=[Request("DELETE", client.paths.associations(from_object, to_object, "labels", str(type_id)))],
        says=f"Removes the label {there['label']} of links from {from_object} to {to_object}: every link that has it loses it.",
        before=there,
        destructive=True,
    )


def _labels(client: HubSpotClient, from_object: str, to_object: str) -> list[dict[str, Any]]:
    found = client.get(client.paths.associations(from_object, to_object, "labels"))["results"]
    return [
        {"type_id": entry["typeId"], "label": entry.get("label"), "custom": entry["category"] == OWN} for entry in found
    ]


def _own(client: HubSpotClient, from_object: str, to_object: str, type_id: int) -> dict[str, Any]:
    for entry in _labels(client, from_object, to_object):
        if entry["type_id"] == type_id and entry["custom"]:
            return entry
    raise ConfigurationError(
        f"This account has no label of its own with the id {type_id} for links from {from_object} to {to_object}."
    )


TOOLS = (
    list_association_labels,
    create_association_label,
    update_association_label,
    delete_association_label,
)
