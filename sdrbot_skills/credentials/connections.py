"""Which accounts are connected, wherever their credentials lie: sealed vault, environment, `.env`, SDRbot's keyring entries, our own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from dotenv import dotenv_values

from sdrbot_skills.credentials.environment import HUBSPOT_ORIGIN, PIPEDRIVE_ORIGIN, SHARED_LOGIN_HOSTS, connections_in
from sdrbot_skills.credentials.keyrings import read_entry, read_text, saved_connections
from sdrbot_skills.credentials.model import ConnectionSource, RefreshToken, TokenStore
from sdrbot_skills.credentials.zoho import accounts_server
from sdrbot_skills.errors import ConfigurationError

__all__ = ["ConnectionSource", "find", "list_connections"]

_SDRBOT = "the keyring entry of SDRbot"


def list_connections(environ: Mapping[str, str], sealed: Iterable[ConnectionSource] = ()) -> list[ConnectionSource]:
    """Every connection that is found. Where a name is found twice the earlier place counts; `sealed` (the vault's) comes first.

    Credentials are not opened here. Raises `ConfigurationError` where a keyring is there but locked.
    """
    known = {**_dot_env(), **environ}
    found = [*sealed, *connections_in(environ, "the environment"), *connections_in(known, "the file .env")]
    found += [*_of_sdrbot(known), *saved_connections()]
    by_name: dict[str, ConnectionSource] = {}
    for source in found:
        by_name.setdefault(source.name, source)
    return list(by_name.values())


def find(name: str, sealed: Iterable[ConnectionSource] = ()) -> ConnectionSource:
    """The connection of that name; raises `ConfigurationError`."""
    known = list_connections(os.environ, sealed)
    for source in known:
        if source.name == name:
            return source
    names = ", ".join(source.name for source in known) or "none"
    raise ConfigurationError(
        f"There is no connection called {name!r}. Connected: {names}. `crm-migrate setup` connects an account."
    )


def variables() -> dict[str, str]:
    """The environment over the `.env` of the working directory."""
    return {**_dot_env(), **os.environ}


def _dot_env() -> dict[str, str]:
    """The `.env` of the working directory, without interpolation: a `$` in a token is a `$`."""
    path = Path.cwd() / ".env"
    if not path.is_file():
        return {}
    return {name: value for name, value in dotenv_values(path, interpolate=False).items() if value}


def _of_sdrbot(variables: Mapping[str, str]) -> list[ConnectionSource]:
    """OAuth tokens that SDRbot keeps: its app's id and secret are in the environment, the tokens in the keyring."""
    salesforce_login = variables.get("SF_LOGIN_URL", SHARED_LOGIN_HOSTS[0])
    wanted = (
        ("hubspot", "HUBSPOT", variables.get("HUBSPOT_BASE_URL", HUBSPOT_ORIGIN)),
        ("pipedrive", "PIPEDRIVE", variables.get("PIPEDRIVE_BASE_URL", PIPEDRIVE_ORIGIN)),
        ("salesforce", "SF", salesforce_login),
        ("zohocrm", "ZOHO", accounts_server(variables.get("ZOHO_REGION", "us")) or ""),
    )
    found = []
    for crm, prefix, origin in wanted:
        app, secret = variables.get(f"{prefix}_CLIENT_ID"), variables.get(f"{prefix}_CLIENT_SECRET")
        entry = read_entry(f"sdrbot_{crm}", "oauth_token") if app and secret else None
        if app and secret and entry and entry.get("refresh_token"):
            found.append(_refreshable(crm, str(entry.get("accounts_server") or origin), app, secret, entry))
    return found + _keys_of_sdrbot(variables)


def _keys_of_sdrbot(variables: Mapping[str, str]) -> list[ConnectionSource]:
    """API keys that SDRbot keeps as plain text: given to `connections_in` as if they stood in the environment."""
    found = []
    for crm, variable in (("attio", "ATTIO_API_KEY"), ("twenty", "TWENTY_API_KEY")):
        key = read_text(f"sdrbot_{crm}", "api_key")
        if key:
            where = {name: value for name, value in variables.items() if name.startswith(f"{crm.upper()}_")}
            found += [one for one in connections_in({**where, variable: key}, _SDRBOT) if one.name == crm]
    return found


def _refreshable(crm: str, origin: str, app: str, secret: str, entry: Mapping[str, object]) -> ConnectionSource:
    credential = RefreshToken.model_validate(
        {
            "client_id": app,
            "client_secret": secret,
            "refresh_token": entry["refresh_token"],
            "instance_url": entry.get("instance_url"),
            "store": TokenStore(service=f"sdrbot_{crm}", username="oauth_token"),
        }
    )
    return ConnectionSource(crm, crm, origin.rstrip("/"), _SDRBOT, True, lambda: credential)
