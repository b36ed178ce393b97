"""A client for Zoho CRM on the broker's socket: `from sdrbot_skills.auth import zohocrm; client = zohocrm.get_zoho_client()`."""

from __future__ import annotations

import httpx

from sdrbot_skills.crm.zohocrm.client import open_http
from sdrbot_skills.transport.connection import find_connection


def get_zoho_client(connection: str | None = None) -> httpx.Client:
    """An `httpx.Client` for the connection of that name (default: the Zoho one): `client.get("/crm/v8/Contacts", params={"fields": "id"})`.

    It holds no credential: the broker adds it, and refuses what is not allowed. Outside a run only reading is. The vendor's SDK is not used
    here: it follows its token to a real data centre and has no time-outs.
    """
    return open_http(find_connection(connection or "zohocrm"))
