"""Sending one request of an admin tool to Salesforce; and the look-ups that tools of several topics need."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Request
from sdrbot_skills.crm.salesforce.admin import tooling_field
from sdrbot_skills.crm.salesforce.client import SalesforceClient
from sdrbot_skills.crm.salesforce.failures import RequestFailed
from sdrbot_skills.errors import ConfigurationError

TOOLING = "tooling/sobjects"


def send(client: SalesforceClient, request: Request) -> Any:
    """One request, once (a change that comes out the same a second time may be repeated). Salesforce's words hold names here, not customers'
    values, so the person gets them; PATCH and DELETE answer nothing."""
    change = client.change_again if request.method in ("PUT", "PATCH") else client.change
    try:
        return change(request.method, request.path, body=request.body)
    except RequestFailed as error:
        raise ConfigurationError(f"Salesforce did not accept the change: {error.complaint.text}") from error


def custom_field(client: SalesforceClient, object_name: str, field_name: str) -> dict[str, Any]:
    """Id and metadata of a custom field, seen or hidden. Raises `ConfigurationError` where there is none."""
    found = tooling_field(client, object_name, field_name)
    if found is None:
        own = f"{field_name}__c"
        meant = not field_name.endswith("__c") and tooling_field(client, object_name, own) is not None
        hint = f"Did you mean {own}?" if meant else "Standard fields are changed in Salesforce's setup pages only."
        raise ConfigurationError(f"Salesforce {object_name} has no custom field {field_name!r}. {hint}")
    return found


def count(client: SalesforceClient, object_name: str, condition: str) -> int | None:
    """How many records fulfil a condition; None where Salesforce cannot filter by that field, or this user not see it."""
    try:
        return int(client.query(f"SELECT COUNT() FROM {object_name} WHERE {condition}")["totalSize"])
    except RequestFailed:
        return None  # the count only informs


def counted(number: int | None, what: str) -> str:
    """`85 Contact records have one`, or that it cannot be counted."""
    return (
        f"how many {what} records have one cannot be counted"
        if number is None
        else f"{number:,} {what} {'record has' if number == 1 else 'records have'} one"
    )
