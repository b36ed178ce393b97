"""Which connections the broker offers, with the facts a client needs and no secret."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.schema import Account
from sdrbot_skills.transport.discover import discover_socket

SOCKET_VARIABLE = "CRM_MIGRATE_BROKER"
CONNECTION_HEADER = "X-CRM-Connection"


@dataclass(frozen=True)
class Connection:
    """One account behind the broker. `base_url` is what the SDK is told (always https); `facts` hold vendor extras without secrets."""

    name: str
    crm: str
    role: str
    base_url: str
    api_version: str
    account: Account
    socket: str
    facts: dict[str, Any] = field(default_factory=dict)


def broker_socket() -> str:
    """The socket this process was given, or that of a read-only broker started now."""
    return os.environ.get(SOCKET_VARIABLE) or discover_socket()


def list_connections(socket: str | None = None) -> list[Connection]:
    """The connections behind a broker's socket (this process's own unless one is named)."""
    path = socket or broker_socket()
    if not Path(path).is_socket():
        raise ConfigurationError(f"The broker at {path} does not answer (it has ended). Start the command again.")
    try:
        with httpx.Client(transport=httpx.HTTPTransport(uds=path, verify=False), trust_env=False, timeout=30) as client:
            answer = client.get("http://broker/connections")
    except httpx.TransportError as error:
        raise ConfigurationError(f"The broker at {path} does not answer ({error}). Start the command again.") from error
    return [_connection(entry, path) for entry in answer.raise_for_status().json()["connections"]]


def find_connection(name: str, socket: str | None = None) -> Connection:
    """The connection of that name, or the only one of the CRM of that name."""
    offered = list_connections(socket)
    for connection in offered:
        if connection.name == name:
            return connection
    same_crm = [connection for connection in offered if connection.crm == name]
    if len(same_crm) == 1:
        return same_crm[0]
    known = ", ".join(connection.name for connection in offered) or "none"
    raise ConfigurationError(
        f"There is no connection called {name!r}. Connected: {known}. `crm-migrate setup` connects an account."
    )


def _connection(entry: dict[str, Any], socket: str) -> Connection:
    known = {"name", "crm", "role", "base_url", "api_version", "account", "environment"}
    account = Account(
        crm=entry["crm"],
        id=str(entry["account"]["id"]),
        name=entry["account"]["name"],
        environment=entry["environment"],
        currency=entry["account"].get("currency"),
        time_zone=entry["account"].get("time_zone"),
    )
    return Connection(
        name=entry["name"],
        crm=entry["crm"],
        role=entry.get("role", "none"),
        base_url=entry["base_url"],
        api_version=str(entry["api_version"]),
        account=account,
        socket=socket,
        facts={key: value for key, value in entry.items() if key not in known},
    )
