"""Fields (vendor docs "Tooling API", CustomField; "Object Reference", FieldPermissions).

A field made by the Tooling API is hidden from everybody, its maker included, until field-level security says otherwise; so making one
is two requests, the second of which lets the running user's profile see and edit it.
"""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, Request, changes, given, reads, wording
from sdrbot_skills.crm.salesforce.admin import own_set, tooling_field, until
from sdrbot_skills.crm.salesforce.admin_tools import shapes
from sdrbot_skills.crm.salesforce.admin_tools.sending import TOOLING, count, counted, custom_field
from sdrbot_skills.crm.salesforce.client import SalesforceClient
from sdrbot_skills.crm.salesforce.schema import raw_describe
from sdrbot_skills.errors import ConfigurationError, Unsupported


@reads
def list_fields(client: SalesforceClient, object_name: str, include_system: bool = False) -> list[dict[str, Any]]:
    """The fields of an object that this user sees; `include_system`: also those that Salesforce fills (dates, ids, formulas)."""
    return [
        brief(field)
        for field in raw_describe(client, object_name)["fields"]
        if include_system or field["createable"] or field["updateable"] or field["custom"]
    ]


@reads
def get_field(client: SalesforceClient, object_name: str, field_name: str) -> dict[str, Any]:
    """One field with its values to pick from."""
    return whole(_described(client, object_name, field_name))


@changes
def create_field(
    client: SalesforceClient,
    object_name: str,
    field_name: str,
    field_label: str,
    field_type: str,
    length: int | None = None,
    precision: int | None = None,
    scale: int | None = None,
    required: bool = False,
    unique: bool = False,
    external_id: bool = False,
    description: str | None = None,
    picklist_values: str | None = None,
) -> Change:
    """Make a custom field, visible to and editable by the profile of this user. `field_type`: Text, LongTextArea, Number, Currency, Percent,
    Checkbox, Date, DateTime, Email, Phone, Url, Picklist, MultiselectPicklist or `Lookup:Account`. `picklist_values`: `Gold, Silver` or `global:NAME`."""
    name = field_name if field_name.endswith("__c") else f"{field_name}__c"
    if tooling_field(client, object_name, name) is not None:
        raise ConfigurationError(
            f"Salesforce {object_name} already has a custom field {name}; it may be hidden. `grant_field_access` shows it to a permission set."
        )
    full_name = f"{object_name}.{name}"
    definition = shapes.metadata(
        full_name,
        field_type,
        field_label,
        length=length,
        precision=precision,
        scale=scale,
        required=required,
        unique=unique,
        external_id=external_id,
        description=description,
        picklist_values=picklist_values,
    )
    requests = [Request("POST", client.path(f"{TOOLING}/CustomField"), {"FullName": full_name, "Metadata": definition})]
    says = f"Makes the field {field_label} ({name}, {definition['type']}) of {object_name}"
    if required:  # everybody sees a required field; Salesforce takes no permissions for it
        says += ", required of every record."
    else:
        mine = own_set(client)
        rights = {"SobjectType": object_name, "Field": full_name, "PermissionsRead": True, "PermissionsEdit": True}
        requests.append(Request("POST", client.path("sobjects/FieldPermissions"), {"ParentId": mine["id"], **rights}))
        says += f", and lets the profile {mine['name']} see and edit it."
    return Change(
        requests=requests,
        says=says,
        undo=Call("salesforce_admin_delete_field", {"object_name": object_name, "field_name": name}),
        shape=lambda _: whole(until(lambda: _seen(client, object_name, name), object_name, name)),
    )


@changes
def update_field(
    client: SalesforceClient,
    object_name: str,
    field_name: str,
    field_label: str | None = None,
    description: str | None = None,
    required: bool | None = None,
    picklist_values: str | None = None,
) -> Change:
    """Change a custom field. `picklist_values` is the whole list: what it leaves out can no longer be picked (`add_picklist_values` only adds)."""
    wanted = given(field_label=field_label, description=description, required=required, picklist_values=picklist_values)
    there = custom_field(client, object_name, field_name)
    old = there["Metadata"]
    before = {"field_label": old["label"], "description": old.get("description"), "required": bool(old.get("required"))}
    new = {**old, "label": field_label or old["label"]}
    if description is not None:
        new["description"] = description
    if required is not None:
        new["required"] = required
    gone = ""
    if picklist_values is not None:
        values = own_values(old, f"{object_name}.{field_name}")
        before["picklist_values"] = shapes.as_text(values)
        new = with_values(new, shapes.entries(picklist_values))
        gone = _deactivated(client, object_name, field_name, values, new)
    before = {name: before[name] for name in wanted}
    back = {name: value for name, value in before.items() if value is not None}
    return Change(
        requests=[field_request(client, there["Id"], f"{object_name}.{field_name}", new)],
        says=f"Changes the field {old['label']} ({field_name}) of {object_name}: {wording(before, wanted)}.{gone}",
        before=before,
        undo=Call("salesforce_admin_update_field", {"object_name": object_name, "field_name": field_name, **back}),
        destructive=bool(gone),
        shape=lambda _: _as_changed(client, object_name, field_name),
    )


@changes
def delete_field(client: SalesforceClient, object_name: str, field_name: str) -> Change:
    """Remove a custom field with all its values; an administrator can bring it back from Salesforce's setup pages for 15 days."""
    there = custom_field(client, object_name, field_name)
    have = counted(count(client, object_name, f"{field_name} != null"), object_name)
    label = there["Metadata"]["label"]
    return Change(
        requests=[Request("DELETE", client.path(f"{TOOLING}/CustomField/{there['Id']}"))],
        says=f"Removes the field {label} ({field_name}) of {object_name} with all its values; {have}. For 15 days an administrator can "
        "bring it back in Salesforce's setup pages, no program can.",
        before={"name": field_name, **there["Metadata"]},
        destructive=True,
    )


def field_request(client: SalesforceClient, field_id: str, full_name: str, metadata: dict[str, Any]) -> Request:
    """A field's whole definition: what a PATCH leaves out of it is taken away."""
    return Request(
        "PATCH", client.path(f"{TOOLING}/CustomField/{field_id}"), {"FullName": full_name, "Metadata": metadata}
    )


def own_values(metadata: dict[str, Any], full_name: str) -> list[dict[str, Any]]:
    """The values of a picklist that has its own. Raises `Unsupported` for one that takes them from a shared list, or is none."""
    value_set = metadata.get("valueSet") or {}
    if value_set.get("valueSetName"):
        raise Unsupported(
            f"changing the values of {full_name}",
            f"they come from the shared list {value_set['valueSetName']}; `add_value_set_values` changes that",
        )
    definition = value_set.get("valueSetDefinition")
    if definition is None:
        raise ConfigurationError(f"{full_name} is a {metadata.get('type')}, it has no values to pick from.")
    return list(definition["value"])


def with_values(metadata: dict[str, Any], values: list[dict[str, Any]]) -> dict[str, Any]:
    """The definition with other values."""
    value_set = metadata["valueSet"]
    definition = {**value_set["valueSetDefinition"], "value": values}
    return {**metadata, "valueSet": {**value_set, "valueSetDefinition": definition}}


def brief(field: dict[str, Any]) -> dict[str, Any]:
    """A field in one line of a list."""
    return {
        "name": field["name"],
        "label": field["label"],
        "type": field["type"],
        "length": field["length"] or None,
        "required": field["createable"] and not field["nillable"] and not field["defaultedOnCreate"],
        "unique": field["unique"],
        "external_id": field["externalId"],
        "custom": field["custom"],
        "read_only": not (field["createable"] or field["updateable"]),
        "references": field["referenceTo"],
        "options": len(field["picklistValues"]),
    }


def whole(field: dict[str, Any]) -> dict[str, Any]:
    """A field with its values."""
    options = [
        {"value": one["value"], "label": one["label"] or one["value"], "active": one["active"]}
        for one in field["picklistValues"]
    ]
    return {
        **brief(field),
        "precision": field["precision"] or None,
        "scale": field["scale"] or None,
        "restricted": field["restrictedPicklist"],
        "help": field.get("inlineHelpText"),
        "options": options,
    }


def _described(client: SalesforceClient, object_name: str, field_name: str) -> dict[str, Any]:
    found = _seen(client, object_name, field_name)
    if found is None:
        raise ConfigurationError(
            f"Salesforce {object_name} has no field {field_name!r} that this user sees. It may be hidden: `list_field_access` tells."
        )
    return found


def _seen(client: SalesforceClient, object_name: str, field_name: str) -> dict[str, Any] | None:
    fields = raw_describe(client, object_name)["fields"]
    return next((field for field in fields if field["name"] == field_name), None)


def _as_changed(client: SalesforceClient, object_name: str, field_name: str) -> dict[str, Any]:
    seen = _seen(client, object_name, field_name)
    return whole(seen) if seen else {"name": field_name, "hidden": True}


def _deactivated(
    client: SalesforceClient, object_name: str, field_name: str, values: list[dict[str, Any]], metadata: dict[str, Any]
) -> str:
    kept = set(shapes.active(metadata["valueSet"]["valueSetDefinition"]["value"]))
    gone = [name for name in shapes.active(values) if name not in kept]
    if not gone:
        return ""
    number = count(client, object_name, f"{field_name} IN ({_quoted(gone)})")
    have = (
        "how many records have one of them cannot be counted"
        if number is None
        else f"{number:,} {'record has' if number == 1 else 'records have'} one"
    )
    return f" {', '.join(gone)} can no longer be picked; {have} and keep it."


def _quoted(names: list[str]) -> str:
    escaped = (name.replace("\\", "\\\\").replace("'", "\\'") for name in names)
    return ", ".join(f"'{name}'" for name in escaped)


TOOLS = (list_fields, get_field, create_field, update_field, delete_field)
