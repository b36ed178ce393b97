"""A client for Pipedrive, ready to use: `from sdrbot_skills.auth.pipedrive import get_pipedrive_client; client = get_pipedrive_client()`."""

from __future__ import annotations

import httpx

from sdrbot_skills.transport.connection import find_connection
from sdrbot_skills.transport.sockets import httpx_client


def get_pipedrive_client(connection: str | None = None) -> httpx.Client:
    """An `httpx.Client` whose addresses start at the account: `client.get("/api/v2/persons")`. Default: the Pipedrive connection.

    It holds no credential: the broker adds it, and refuses what is not allowed. Outside a run only reading is.
    """
    return httpx_client(find_connection(connection or "pipedrive"))
