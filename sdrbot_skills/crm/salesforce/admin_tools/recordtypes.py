"""Record types (vendor doc "Tooling API", RecordType: GET, POST, PATCH; there is no DELETE). Leads and opportunities need a business process."""

from __future__ import annotations

from typing import Any

from simple_salesforce import format_soql

from sdrbot_skills.crm.admintools import Call, Change, Request, changes, given, reads, wording
from sdrbot_skills.crm.salesforce.admin_tools.sending import TOOLING
from sdrbot_skills.crm.salesforce.client import SalesforceClient
from sdrbot_skills.errors import ConfigurationError

WITH_PROCESS = ("Lead", "Opportunity", "Case", "Solution")


@reads
def list_record_types(client: SalesforceClient, object_name: str) -> list[dict[str, Any]]:
    """The record types of an object, inactive ones included."""
    soql = format_soql(
        "SELECT Id, DeveloperName, Name, Description, IsActive FROM RecordType WHERE SobjectType = {} ORDER BY Id",
        object_name,
    )
    return [
        {
            "id": row["Id"],
            "name": row["DeveloperName"],
            "label": row["Name"],
            "description": row["Description"],
            "active": row["IsActive"],
        }
        for row in client.query_all(str(soql))
    ]


@changes
def create_record_type(
    client: SalesforceClient,
    object_name: str,
    name: str,
    label: str,
    description: str | None = None,
    business_process: str | None = None,
) -> Change:
    """Make a record type. `business_process`: of leads and opportunities, the process whose stages it has. It can be made inactive, not removed."""
    if object_name in WITH_PROCESS and not business_process:
        raise ConfigurationError(
            f"A record type of {object_name} needs `business_process`, the name of one in Salesforce's setup."
        )
    metadata: dict[str, Any] = {"label": label, "active": True, "description": description}
    if business_process:
        metadata["businessProcess"] = business_process
    body = {"FullName": f"{object_name}.{name}", "Metadata": metadata}
    return Change(
        requests=[Request("POST", client.path(f"{TOOLING}/RecordType"), body)],
        says=f"Makes the record type {label} ({name}) of {object_name}; profiles get it in Salesforce's setup.",
        undo=Call("salesforce_admin_update_record_type", {"object_name": object_name, "name": name, "active": False}),
        shape=lambda answers: {"id": answers[0]["id"], "name": name, "label": label, "active": True},
    )


@changes
def update_record_type(
    client: SalesforceClient,
    object_name: str,
    name: str,
    label: str | None = None,
    description: str | None = None,
    active: bool | None = None,
) -> Change:
    """Rename a record type, describe it, or make it active or inactive; records keep an inactive one."""
    wanted = given(label=label, description=description, active=active)
    found = [entry for entry in list_record_types(client, object_name) if entry["name"] == name]
    if not found:
        raise ConfigurationError(f"Salesforce {object_name} has no record type {name!r}.")
    before = {key: found[0][key] for key in wanted}
    whole = client.read("GET", f"{TOOLING}/RecordType/{found[0]['id']}")
    body = {"FullName": whole["FullName"], "Metadata": {**whole["Metadata"], **wanted}}
    back = {key: value for key, value in before.items() if value is not None}
    return Change(
        requests=[Request("PATCH", client.path(f"{TOOLING}/RecordType/{found[0]['id']}"), body)],
        says=f"Changes the record type {found[0]['label']} ({name}) of {object_name}: {wording(before, wanted)}.",
        before=before,
        undo=Call("salesforce_admin_update_record_type", {"object_name": object_name, "name": name, **back}),
        shape=lambda _: {**found[0], **wanted},
    )


TOOLS = (list_record_types, create_record_type, update_record_type)
