"""Clients for Zoho CRM on the broker's socket: `from sdrbot_skills.auth import zohocrm; client = zohocrm.get_zoho_client()`."""

from __future__ import annotations

from typing import Any

import httpx

from sdrbot_skills.transport.connection import find_connection
from sdrbot_skills.transport.sockets import httpx_client


def get_zoho_client(connection: str | None = None) -> httpx.Client:
    """An `httpx.Client` for the connection of that name (default: the Zoho one): `client.get("/crm/v8/Contacts", params={"fields": "id"})`.

    It holds no credential: the broker adds it, and refuses what is not allowed. Outside a run only reading is. The vendor's SDK is not used
    here: it follows its token to a real data centre and has no time-outs.
    """
    return httpx_client(find_connection(connection or "zohocrm"))


def get_zcrmsdk_client(connection: str | None = None) -> Any:
    """`RecordOperations` of Zoho's own SDK `zcrmsdk`, initialised for the connection of that name; needs the extra `[zcrmsdk]`.

    The SDK is of 2021 and speaks API v2: no page tokens, no field types added since (it cannot write to a module that has one). It holds no
    credential, and its state is the process's: one connection per process. Prefer `get_zoho_client`.
    """
    from sdrbot_skills.crm.zohocrm.old_sdk import open_sdk

    return open_sdk(find_connection(connection or "zohocrm"))
