"""Attio's REST API, ready to use: `from sdrbot_skills.auth.attio import AttioClient; client = AttioClient()`."""

from __future__ import annotations

from sdrbot_skills.crm.attio.client import AttioClient

__all__ = ["AttioClient", "get_client"]


def get_client(connection: str | None = None) -> AttioClient:
    """The client for a connection (by default the Attio one), on the broker's socket.

    It holds no credential: the broker adds it, and refuses what is not allowed. Outside a run only reading is.
    """
    return AttioClient(connection)
