"""Keeping a rotated refresh token, before the access token that came with it is used: the old one may be dead already."""

from __future__ import annotations

import json
import time
from typing import Any


def store_refresh_token(service: str, username: str, reply: dict[str, Any]) -> None:
    """Write the tokens of an OAuth `reply` into a keyring entry, keeping what else the entry holds. Raises `keyring.errors.KeyringError`."""
    import keyring  # half of a broker's start-up time, and few brokers ever rotate a token

    held = keyring.get_password(service, username)
    entry: dict[str, Any] = json.loads(held) if held else {}
    entry.update({name: reply[name] for name in ("access_token", "refresh_token", "instance_url") if name in reply})
    if "expires_in" in reply:
        entry["expires_at"] = time.time() + float(reply["expires_in"])
    keyring.set_password(service, username, json.dumps(entry))
