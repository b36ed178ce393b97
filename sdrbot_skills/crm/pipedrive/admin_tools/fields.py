"""Fields: list, get, make, change, remove. A field has a number in v1 and a 40-character key in v2, which is what records have."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, Request, changes, reads
from sdrbot_skills.crm.optiontext import read_options
from sdrbot_skills.crm.pipedrive.admin_tools.definitions import (
    CHOOSING,
    OBJECTS,
    brief,
    by_code,
    custom,
    definition,
    kind_of,
    numbered,
    own_kind,
    path_of,
    whole,
)
from sdrbot_skills.crm.pipedrive.admin_tools.options import replacing
from sdrbot_skills.crm.pipedrive.client import V2, PipedriveClient
from sdrbot_skills.errors import ConfigurationError


@reads
def list_objects(client: PipedriveClient) -> list[dict[str, Any]]:
    """The objects of Pipedrive, which has no custom ones; the words that other tools take as `object_type`."""
    return [{"object_type": word, "label": label} for word, label in OBJECTS.items()]


@reads
def list_fields(client: PipedriveClient, object_type: str) -> list[dict[str, Any]]:
    """The fields of person, organization, deal, product, lead or activity: number, name, key, type, options."""
    return [brief(entry) for entry in numbered(client, kind_of(object_type))]


@reads
def list_person_fields(client: PipedriveClient) -> list[dict[str, Any]]:
    """The fields of persons; the same as `list_fields` of person."""
    return list_fields(client, "person")


@reads
def list_organization_fields(client: PipedriveClient) -> list[dict[str, Any]]:
    """The fields of organizations; the same as `list_fields` of organization."""
    return list_fields(client, "organization")


@reads
def list_deal_fields(client: PipedriveClient) -> list[dict[str, Any]]:
    """The fields of deals; the same as `list_fields` of deal."""
    return list_fields(client, "deal")


@reads
def get_field(client: PipedriveClient, object_type: str, field_id: int) -> dict[str, Any]:
    """One field, by its number, with its options."""
    return whole(definition(client, kind_of(object_type), field_id))


@changes
def create_field(
    client: PipedriveClient, object_type: str, name: str, field_type: str, options: str | None = None
) -> Change:
    """Make a custom field of person, organization, deal (leads have it then too) or product. `field_type`: varchar (255 characters),
    varchar_auto, text, double, monetary, date, daterange, time, timerange, enum (one option), set (several), phone, address, user, org, people.
    `options` of an enum or set: `Gold, Silver`. There is no type for yes or no: an enum of Yes and No does."""
    kind = own_kind(object_type)
    body: dict[str, Any] = {"field_name": name, "field_type": field_type}
    if (field_type in CHOOSING) is not bool(options):
        raise ConfigurationError("Fields of type enum and set, and only these, are made with their options: `options`.")
    if options:
        body["options"] = [{"label": option.label} for option in read_options(options)]
    return Change(
        requests=[Request("POST", f"{V2}/{kind.v2}", body)],
        says=f"Makes the field {name} ({field_type}) of {kind.plural}.",
        undo=lambda answers: Call(
            "pipedrive_admin_delete_field",
            {"object_type": object_type, "field_id": by_code(client, kind, answers[-1]["data"]["field_code"])["id"]},
        ),
        shape=lambda answers: whole(by_code(client, kind, answers[-1]["data"]["field_code"])),
    )


@changes
def update_field(
    client: PipedriveClient, object_type: str, field_id: int, name: str | None = None, options: str | None = None
) -> Change:
    """Rename a custom field, or give it other options. `options` is the whole list as it shall be, by label (`Gold, Silver`); an option is
    renamed by its number (`31=Platinum`). Options left out go, and records that had one have none then."""
    kind = own_kind(object_type)
    there = custom(client, kind, field_id)
    path, before = path_of(kind, there), whole(there)
    back: dict[str, Any] = {"object_type": object_type, "field_id": field_id}
    requests, says, gone = [], [], []
    if name is not None and name != there["name"]:
        requests.append(Request("PATCH", path, {"field_name": name}))
        says.append(f"is called {name}")
        back["name"] = there["name"]
    if options is not None:
        found = replacing(there, read_options(options), path)
        requests += found.requests
        says += found.says
        gone = found.gone
        back["options"] = found.back
    return Change(
        requests=requests,
        says=f"The field {there['name']} of {kind.plural} {', '.join(says) or 'stays as it is'}.",
        before=before,
        # An option that is gone comes back under another number, which no record has.
        undo=None if gone else Call("pipedrive_admin_update_field", back),
        destructive=bool(gone),
        shape=lambda answers: whole(definition(client, kind, field_id)),
    )


@changes
def delete_field(client: PipedriveClient, object_type: str, field_id: int) -> Change:
    """Remove a custom field with the values of all records; Pipedrive brings neither back."""
    kind = own_kind(object_type)
    there = custom(client, kind, field_id)
    shared = ", and of leads," if kind.plural == "deals" else ""
    return Change(
        requests=[Request("DELETE", path_of(kind, there))],
        says=f"Removes the field {there['name']} of {kind.plural}{shared} with all its values; Pipedrive does not tell how many have one.",
        before=whole(there),
        destructive=True,
    )


TOOLS = (
    list_objects,
    list_fields,
    list_person_fields,
    list_organization_fields,
    list_deal_fields,
    get_field,
    create_field,
    update_field,
    delete_field,
)
