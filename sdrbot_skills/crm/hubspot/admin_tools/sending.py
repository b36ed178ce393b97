"""Sending one request of an admin tool to HubSpot; and what the tools of several topics need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdrbot_skills.crm.admintools import Request
from sdrbot_skills.crm.failures import Effect
from sdrbot_skills.crm.hubspot.client import HubSpotClient
from sdrbot_skills.crm.hubspot.failures import Rejected
from sdrbot_skills.errors import ConfigurationError

REPEATABLE = ("PUT", "PATCH")


def send(client: HubSpotClient, request: Request) -> Any:
    """One request, once; HubSpot's words hold names here, not customers' values, so the person gets them."""
    effect = Effect.REPEATABLE if request.method in REPEATABLE else Effect.ONCE
    try:
        return client.send(request.method, request.path, body=request.body, effect=effect)
    except Rejected as error:
        raise ConfigurationError(f"HubSpot did not accept the change: {error.problem.message}") from error


def count(client: HubSpotClient, object_type: str, property_name: str | None = None, *values: str) -> int | None:
    """How many records there are (that have this property, or one of these values in it); None where this credential may not look."""
    filters: list[dict[str, Any]] = []
    if property_name is not None:
        filters = [{"propertyName": property_name, "operator": "HAS_PROPERTY"}]
    if values:
        filters = [{"propertyName": property_name, "operator": "IN", "values": list(values)}]
    body = {"filterGroups": [{"filters": filters}] if filters else [], "limit": 1}
    try:
        return int(client.read(client.paths.objects(object_type, "search"), body)["total"])
    except ConfigurationError:
        return None  # the count only informs; whoever may change the schema need not be allowed to read records


def counted(number: int | None, what: str) -> str:
    """`85 companies have one`, or that nobody could look."""
    return f"this key may not count how many {what} have one" if number is None else f"{number:,} {what} have one"


def only(entry: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """The entry as it is now, of the names that are to change."""
    return {name: entry.get(name) for name in names}
