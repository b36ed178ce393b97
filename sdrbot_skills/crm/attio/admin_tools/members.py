"""Members of the workspace, and its lists (Attio's pages "List workspace members", "List all lists")."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import reads
from sdrbot_skills.crm.attio.admin_tools.sending import LISTS
from sdrbot_skills.crm.attio.client import AttioClient


@reads
def list_members(client: AttioClient) -> list[dict[str, Any]]:
    """The members of the workspace. Suspended ones stay: old records point at them."""
    return [
        {
            "id": one["id"]["workspace_member_id"],
            "email": one["email_address"],
            "full_name": f"{one['first_name']} {one['last_name']}".strip(),
            "access_level": one["access_level"],
        }
        for one in client.get("/v2/workspace_members")
    ]


@reads
def list_lists(client: AttioClient) -> list[dict[str, Any]]:
    """The lists that this token sees; `object_slug` is what tools for attributes, options and statuses take."""
    return [
        {"object_slug": f"{LISTS}{one['api_slug']}", "name": one["name"], "parent_objects": one["parent_object"]}
        for one in client.get("/v2/lists")
    ]


TOOLS = (list_members, list_lists)
