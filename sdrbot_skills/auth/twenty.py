"""Twenty's client, ready to use: `from sdrbot_skills.auth.twenty import TwentyClient; twenty = TwentyClient()`."""

from __future__ import annotations

from sdrbot_skills.crm.twenty.client import TwentyClient

__all__ = ["TwentyClient", "get_client"]


def get_client(connection: str | None = None) -> TwentyClient:
    """The client of a connection (by default the Twenty one), on the broker's socket.

    It holds no key: the broker adds it, and refuses what is not allowed. Outside a run only reading is.
    """
    return TwentyClient(connection)
