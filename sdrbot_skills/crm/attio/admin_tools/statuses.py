"""Statuses of status attributes: the stages of deals, and those of lists."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Change, changes, given, reads
from sdrbot_skills.crm.attio.admin_tools.choices import changed, listed, made
from sdrbot_skills.crm.attio.client import AttioClient


@reads
def list_statuses(
    client: AttioClient, object_slug: str, attribute_slug: str, include_archived: bool = False
) -> list[dict[str, Any]]:
    """The statuses of a status attribute: `deals`, `stage` for the stages of deals."""
    return listed(client, "status", object_slug, attribute_slug, include_archived)


@changes
def create_status(
    client: AttioClient,
    object_slug: str,
    attribute_slug: str,
    title: str,
    celebration_enabled: bool = False,
    target_time_in_status: str | None = None,
) -> Change:
    """Add a status. `celebration_enabled`: reaching it is celebrated, as a won deal is. `target_time_in_status`: an ISO 8601 duration, `P14D`."""
    more = {"celebration_enabled": celebration_enabled, "target_time_in_status": target_time_in_status}
    return made(client, "status", object_slug, attribute_slug, title, more)


@changes
def update_status(
    client: AttioClient,
    object_slug: str,
    attribute_slug: str,
    status: str,
    title: str | None = None,
    celebration_enabled: bool | None = None,
    target_time_in_status: str | None = None,
    is_archived: bool | None = None,
) -> Change:
    """Rename a status, change it, or archive it (or bring it back). Records keep an archived status. `status`: its title or id."""
    wanted = given(
        title=title,
        celebration_enabled=celebration_enabled,
        target_time_in_status=target_time_in_status,
        is_archived=is_archived,
    )
    return changed(client, "status", object_slug, attribute_slug, status, wanted)


TOOLS = (list_statuses, create_status, update_status)
