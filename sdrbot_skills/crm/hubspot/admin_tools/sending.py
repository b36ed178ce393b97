"""Sending one request of an admin tool to HubSpot; and what the tools of several topics need."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Request
from sdrbot_skills.crm.failures import Effect
from sdrbot_skills.crm.hubspot.client import HubSpotClient
from sdrbot_skills.crm.hubspot.failures import Missing, NoPermission, Rejected
from sdrbot_skills.errors import ConfigurationError

REPEATABLE = ("PUT", "PATCH")


def send(client: HubSpotClient, request: Request) -> Any:
    """One request, once; HubSpot's words hold names here, not customers' values, so the person gets them."""
    effect = Effect.REPEATABLE if request.method in REPEATABLE else Effect.ONCE
    try:
        return client.send(request.method, request.path, body=request.body, effect=effect)
    except Rejected as error:
        raise ConfigurationError(f"HubSpot did not accept the change: {error.problem.message}") from error


def count_with(client: HubSpotClient, object_type: str, property_name: str, value: str | None = None) -> int | None:
    """How many records have a value (or this value) in a property; None where this credential may not look."""
    one = {"propertyName": property_name, "operator": "HAS_PROPERTY"}
    if value is not None:
        one = {"propertyName": property_name, "operator": "EQ", "value": value}
    body = {"filterGroups": [{"filters": [one]}], "limit": 1}
    try:
        return int(client.read(client.paths.objects(object_type, "search"), body)["total"])
    except (NoPermission, Missing, ConfigurationError):
        return None


def counted(number: int | None, what: str) -> str:
    """`85 companies have one`, or that nobody could look."""
    return f"this key may not count how many {what} have one" if number is None else f"{number:,} {what} have one"
