"""Members of the workspace, whom records can belong to. They come by invitation only."""

from __future__ import annotations

from itertools import islice
from typing import Any

from sdrbot_skills.crm.admintools import reads
from sdrbot_skills.crm.twenty.client import TwentyClient
from sdrbot_skills.crm.twenty.schema import MEMBERS


@reads
def list_workspace_members(client: TwentyClient, limit: int = 50) -> list[dict[str, Any]]:
    """The members of the workspace; those who left are not told."""
    return [_told(row) for row in islice(client.pages(MEMBERS), limit)]


def _told(row: dict[str, Any]) -> dict[str, Any]:
    name = row.get("name") or {}
    full_name = " ".join(part for part in (name.get("firstName"), name.get("lastName")) if part)
    return {"id": row["id"], "full_name": full_name, "email": row.get("userEmail"), "locale": row.get("locale")}


TOOLS = (list_workspace_members,)
