"""Objects: list, get, make, change, remove (Twenty's page "Metadata API")."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, Request, changes, given, reads, wording
from sdrbot_skills.crm.twenty.admin_tools.definitions import OWN, brief_object, object_of, objects, whole_object
from sdrbot_skills.crm.twenty.admin_tools.sending import count, counted, path, unwrapped
from sdrbot_skills.crm.twenty.client import TwentyClient
from sdrbot_skills.errors import ConfigurationError

VENDOR_NAMES = {"is_active": "isActive", "label_singular": "labelSingular", "label_plural": "labelPlural"}
MAY_BE_EMPTY = ("description", "icon")


@reads
def list_objects(client: TwentyClient, limit: int = 50) -> list[dict[str, Any]]:
    """The objects of the workspace, those that people work with first. `id` or `name` is what other tools take."""
    found = sorted(objects(client), key=lambda one: (one.doc["isSystem"], one.plural))
    return [{**brief_object(one.doc), "fields": len(one.doc["fieldsList"])} for one in found[:limit]]


@reads
def get_object(client: TwentyClient, object_id: str) -> dict[str, Any]:
    """One object with its fields. `object_id`: its id or name (`companies`)."""
    return whole_object(object_of(client, object_id))


@changes
def create_object(
    client: TwentyClient,
    name_singular: str,
    name_plural: str,
    label_singular: str,
    label_plural: str,
    description: str | None = None,
    icon: str | None = None,
) -> Change:
    """Make a custom object. Names are letters and digits, the first a small letter (`ticket`, `tickets`). It comes with a name, times of
    creation and change, and links to notes, tasks and files. `icon`: a Tabler icon, `IconTicket`."""
    body = {
        "nameSingular": name_singular,
        "namePlural": name_plural,
        "labelSingular": label_singular,
        "labelPlural": label_plural,
        **given_or_none(description=description, icon=icon),
    }
    return Change(
        requests=[Request("POST", path("objects"), body)],
        says=f"Makes the object {label_plural} ({name_plural}).",
        undo=lambda answers: Call("twenty_admin_delete_object", {"object_id": unwrapped(answers[0])["id"]}),
        shape=lambda answers: brief_object(unwrapped(answers[0])),
    )


@changes
def update_object(
    client: TwentyClient,
    object_id: str,
    is_active: bool | None = None,
    label_singular: str | None = None,
    label_plural: str | None = None,
    description: str | None = None,
    icon: str | None = None,
) -> Change:
    """Change an object's labels, description or icon; or switch it off, which hides it from people and keeps its records."""
    wanted = given(
        is_active=is_active,
        label_singular=label_singular,
        label_plural=label_plural,
        description=description,
        icon=icon,
    )
    there = object_of(client, object_id)
    before = {name: there.doc.get(VENDOR_NAMES.get(name, name)) for name in wanted}
    before = {name: "" if value is None else value for name, value in before.items()}
    body = {
        VENDOR_NAMES.get(name, name): None if value == "" and name in MAY_BE_EMPTY else value
        for name, value in wanted.items()
    }
    says = f"Changes the object {there.doc['labelPlural']} ({there.plural}): {wording(before, wanted)}."
    if is_active is False and there.doc["isActive"]:
        says += f" People see its {counted(count(client, there.plural), there.plural)} no more; programs still do."
    return Change(
        requests=[Request("PATCH", path("objects", there.doc["id"]), body)],
        says=says,
        before=before,
        undo=Call("twenty_admin_update_object", {"object_id": there.doc["id"], **before}),
        shape=lambda answers: brief_object(unwrapped(answers[0])),
    )


@changes
def delete_object(client: TwentyClient, object_id: str) -> Change:
    """Remove a custom object with all its records, for good. `update_object` with `is_active=False` only hides it."""
    there = object_of(client, object_id)
    if there.plural in OWN or there.doc["isSystem"]:
        raise ConfigurationError(f"{there.plural} is one of Twenty's own objects; these cannot be removed.")
    have = counted(count(client, there.plural), there.plural)
    links = [entry["name"] for entry in there.doc["fieldsList"] if entry["type"] == "RELATION"]
    return Change(
        requests=[Request("DELETE", path("objects", there.doc["id"]))],
        says=f"Removes the object {there.doc['labelPlural']} ({there.plural}) for good, with {have}, those in the bin too, "
        f"and its links ({', '.join(links) or 'none'}) on both sides.",
        before=whole_object(there),
        destructive=True,
        shape=lambda answers: {"removed": there.plural},
    )


def given_or_none(**values: Any) -> dict[str, Any]:
    """The arguments that were given."""
    return {name: value for name, value in values.items() if value is not None}


TOOLS = (list_objects, get_object, create_object, update_object, delete_object)
