"""The read-only broker that a person has opened for some hours: finding it, and what it is good for."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from sdrbot_skills.broker.launch import BrokerHandle, attach
from sdrbot_skills.runs.home import state_directory

UNTIL = "until.json"


def held_folder() -> Path:
    """Where it keeps its audit."""
    return state_directory() / "held"


def held_broker(names: Iterable[str], accounts: Mapping[str, str] | None = None) -> BrokerHandle | None:
    """The open broker, where it is alive and serves all these connections; with `accounts` (name to id), where exactly those answer."""
    found = attach(held_folder())
    if found is None:
        return None
    serves = {entry["name"]: entry["account"]["id"] for entry in found.connections}
    if not set(names) <= serves.keys() or any(serves[name] != id for name, id in (accounts or {}).items()):
        return None
    audit = held_folder() / "audit.jsonl"
    return replace(found, audit_from=audit.stat().st_size if audit.exists() else 0)


def held_until() -> float | None:
    """Until when it is open, in epoch seconds; `None` where none is."""
    if attach(held_folder()) is None:
        return None
    until = float(json.loads((held_folder() / UNTIL).read_bytes())["until"])
    return until if until > time.time() else None
