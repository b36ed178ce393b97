"""The HubSpot SDK, ready to use: `from sdrbot_skills.auth import hubspot; client = hubspot.get_client()`."""

from __future__ import annotations

from hubspot import HubSpot

from sdrbot_skills.crm.hubspot.client import BrokerHubSpot
from sdrbot_skills.transport.connection import find_connection


def get_client(connection: str | None = None) -> HubSpot:
    """The real `hubspot.HubSpot` for a connection (by default the HubSpot one), on the broker's socket.

    It holds no credential: the broker adds it, and refuses what is not allowed. Outside a run only reading is.
    """
    return BrokerHubSpot(find_connection(connection or "hubspot"))
