"""Owners: who records can belong to (HubSpot's guide "Owners")."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import reads
from sdrbot_skills.crm.hubspot.client import HubSpotClient


@reads
def list_owners(client: HubSpotClient, include_archived: bool = False) -> list[dict[str, Any]]:
    """The owners of records; `include_archived`: those of deactivated users too, at whom old records still point."""
    states = ("false", "true") if include_archived else ("false",)
    return [
        _told(entry, active=archived == "false")
        for archived in states
        for entry in client.pages(client.paths.owners(), [("limit", "100"), ("archived", archived)])
    ]


def _told(entry: dict[str, Any], *, active: bool) -> dict[str, Any]:
    name = " ".join(part for part in (entry.get("firstName"), entry.get("lastName")) if part)
    return {
        "id": str(entry["id"]),
        "user_id": entry.get("userId") or entry.get("userIdIncludingInactive"),
        "email": entry.get("email"),
        "full_name": name,
        "active": active,
        "teams": [team["name"] for team in entry.get("teams") or ()],
    }


TOOLS = (list_owners,)
