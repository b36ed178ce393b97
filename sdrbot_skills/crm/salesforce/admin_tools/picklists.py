"""Values to pick from: of one field, and of the lists that several fields share (vendor doc "Tooling API", GlobalValueSet).

The lists behind standard fields (lead sources, industries, stages) are changed in Salesforce's setup pages or by a metadata deployment only.
"""

from __future__ import annotations

from typing import Any

from simple_salesforce import format_soql

from sdrbot_skills.crm.admintools import Call, Change, Request, changes, reads
from sdrbot_skills.crm.salesforce.admin_tools import shapes
from sdrbot_skills.crm.salesforce.admin_tools.fields import field_request, own_values, with_values
from sdrbot_skills.crm.salesforce.admin_tools.sending import TOOLING, custom_field
from sdrbot_skills.crm.salesforce.client import SalesforceClient
from sdrbot_skills.errors import ConfigurationError, Unsupported

SUFFIX = "__gvs"
"""What Salesforce appends to the name of a shared list (API version 57 and later)."""


@changes
def add_picklist_values(client: SalesforceClient, object_name: str, field_name: str, picklist_values: str) -> Change:
    """Add values to a custom picklist, keeping those it has. `picklist_values`: `Gold, Silver` or `gold=Gold, silver=Silver`."""
    if not field_name.endswith("__c"):
        raise Unsupported(
            f"adding values to {object_name}.{field_name}",
            "Salesforce changes the lists of standard fields in its setup pages only (Setup, Object Manager)",
        )
    there = custom_field(client, object_name, field_name)
    values = own_values(there["Metadata"], f"{object_name}.{field_name}")
    merged, new = _merged(values, picklist_values, field_name)
    back = {"object_name": object_name, "field_name": field_name, "picklist_values": shapes.as_text(values)}
    return Change(
        requests=[
            field_request(client, there["Id"], f"{object_name}.{field_name}", with_values(there["Metadata"], merged))
        ],
        says=f"Adds {', '.join(new)} to the values of {there['Metadata']['label']} ({field_name}) of {object_name}.",
        before=shapes.active(values),
        undo=Call("salesforce_admin_update_field", back),
        shape=lambda _: {"field": f"{object_name}.{field_name}", "values": shapes.active(merged)},
    )


@reads
def list_value_sets(client: SalesforceClient) -> list[dict[str, Any]]:
    """The lists of values that several fields share, by the names that `global:NAME` takes."""
    rows = client.query_all(
        "SELECT Id, DeveloperName, MasterLabel FROM GlobalValueSet ORDER BY DeveloperName", tooling=True
    )
    return [{"name": _named(row["DeveloperName"]), "label": row["MasterLabel"]} for row in rows]


@reads
def get_value_set(client: SalesforceClient, name: str) -> dict[str, Any]:
    """One shared list with its values."""
    found = _value_set(client, name)
    values = found["Metadata"]["customValue"]
    return {
        "name": _named(found["DeveloperName"]),
        "label": found["MasterLabel"],
        "options": [
            {"value": one["valueName"], "label": one["label"], "active": one.get("isActive") is not False}
            for one in values
        ],
    }


@changes
def create_value_set(
    client: SalesforceClient, name: str, label: str, values: str, description: str | None = None
) -> Change:
    """Make a list of values for several fields to share. There is no way back by a program: Salesforce removes such a list in its setup only."""
    listed = shapes.entries(values)
    metadata = {"masterLabel": label, "description": description, "sorted": False, "customValue": listed}
    body = {"FullName": _named(name), "Metadata": metadata}
    return Change(
        requests=[Request("POST", client.path(f"{TOOLING}/GlobalValueSet"), body)],
        says=f"Makes the shared list {label} ({_named(name)}) with {len(listed)} values.",
        shape=lambda answers: {"id": answers[0]["id"], "name": _named(name)},
    )


@changes
def add_value_set_values(client: SalesforceClient, name: str, values: str) -> Change:
    """Add values to a shared list; every field that uses it offers them."""
    return _with_more(client, name, values)


@changes
def update_value_set(client: SalesforceClient, name: str, values: str) -> Change:
    """Give a shared list these values; what is left out can no longer be picked in any field that uses it."""
    found = _value_set(client, name)
    old = found["Metadata"]["customValue"]
    listed = shapes.entries(values)
    kept = {entry["valueName"] for entry in listed}
    retired = [{**entry, "isActive": False} for entry in old if entry["valueName"] not in kept]
    gone = [entry for entry in shapes.active(old) if entry not in kept]
    told = f" {', '.join(gone)} can no longer be picked; records keep what they have." if gone else ""
    return _changed(
        client, found, [*listed, *retired], f"Gives the shared list {found['MasterLabel']} {len(listed)} values.{told}"
    )


def _with_more(client: SalesforceClient, name: str, values: str) -> Change:
    found = _value_set(client, name)
    merged, new = _merged(found["Metadata"]["customValue"], values, name)
    return _changed(client, found, merged, f"Adds {', '.join(new)} to the shared list {found['MasterLabel']}.")


def _changed(client: SalesforceClient, found: dict[str, Any], values: list[dict[str, Any]], says: str) -> Change:
    name = _named(found["DeveloperName"])
    old = found["Metadata"]["customValue"]
    body = {"FullName": name, "Metadata": {**found["Metadata"], "customValue": values}}
    return Change(
        requests=[Request("PATCH", client.path(f"{TOOLING}/GlobalValueSet/{found['Id']}"), body)],
        says=f"{says} Every field that uses it follows.",
        before=shapes.active(old),
        undo=Call("salesforce_admin_update_value_set", {"name": name, "values": shapes.as_text(old)}),
        shape=lambda _: {"name": name, "values": shapes.active(values)},
    )


def _value_set(client: SalesforceClient, name: str) -> dict[str, Any]:
    """Its metadata can be asked for one at a time only."""
    stem = name.removesuffix(SUFFIX)
    soql = format_soql(
        "SELECT Id, DeveloperName, MasterLabel, Metadata FROM GlobalValueSet WHERE DeveloperName = {}", stem
    )
    rows = client.query(str(soql), tooling=True)["records"]
    if not rows:
        raise ConfigurationError(f"There is no shared list {name!r}; `list_value_sets` lists them.")
    return dict(rows[0])


def _merged(values: list[dict[str, Any]], text: str, what: str) -> tuple[list[dict[str, Any]], list[str]]:
    """The values with the new ones at the end (those that were retired come back), and the names of what is new."""
    wanted = shapes.entries(text)
    active = set(shapes.active(values))
    new = [entry["valueName"] for entry in wanted if entry["valueName"] not in active]
    if not new:
        raise ConfigurationError(f"{what} has all of these values already.")
    known = {entry["valueName"] for entry in values}
    back = [{**entry, "isActive": True} if entry["valueName"] in new else entry for entry in values]
    return [*back, *(entry for entry in wanted if entry["valueName"] not in known)], new


def _named(name: str) -> str:
    return name if name.endswith(SUFFIX) else f"{name}{SUFFIX}"


TOOLS = (
    add_picklist_values,
    list_value_sets,
    get_value_set,
    create_value_set,
    add_value_set_values,
    update_value_set,
)
