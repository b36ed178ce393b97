"""Credentials in the system keyring: our own entries, and those that SDRbot left there (OAuth tokens and API keys as JSON or text)."""

from __future__ import annotations

import json
from typing import Any

import keyring
from keyring.errors import KeyringError, NoKeyringError, PasswordDeleteError

from sdrbot_skills.credentials.model import ConnectionSource, ConnectionSpec
from sdrbot_skills.errors import ConfigurationError

SERVICE = "crm-migrate"
_FULL, _READING = "connection", "reading"


def read_text(service: str, username: str) -> str | None:
    """An entry as it is, None where there is none or this machine has no keyring. Raises `ConfigurationError` where it is locked."""
    return _read(service, username)


def read_entry(service: str, username: str) -> dict[str, Any] | None:
    """A JSON entry, None where there is none or this machine has no keyring. Raises `ConfigurationError` where it is locked."""
    text = read_text(service, username)
    if text is None:
        return None
    try:
        entry = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigurationError(
            f"The keyring entry {service}/{username} is not JSON; connect the account again."
        ) from error
    return entry if isinstance(entry, dict) else None


def saved_connections() -> list[ConnectionSource]:
    """The connections that `setup` has put into the keyring, by name."""
    return [_source(name, _FULL) for name in _names(_FULL)]


def reading_connections() -> list[ConnectionSource]:
    """The second credentials of connections: those that can only read."""
    return [_source(name, _READING) for name in _names(_READING)]


def save_connection(spec: ConnectionSpec, *, reading: bool = False) -> None:
    """Keep a connection in the keyring. Whoever has a shell as this user can read it: the vault is the place for what can write to production."""
    kind = _READING if reading else _FULL
    _write(f"{kind}:{spec.name}", spec.model_dump_json(exclude={"role"}, context={"reveal": True}))
    _write(f"{kind}-names", json.dumps(sorted({*_names(kind), spec.name})))


def forget_connection(name: str, *, reading: bool = False) -> None:
    """Take a connection out of the keyring; nothing happens where it is not there."""
    kind = _READING if reading else _FULL
    try:
        keyring.delete_password(SERVICE, f"{kind}:{name}")
    except (PasswordDeleteError, NoKeyringError):
        return
    _write(f"{kind}-names", json.dumps([each for each in _names(kind) if each != name]))


def _source(name: str, kind: str) -> ConnectionSource:
    spec = ConnectionSpec.model_validate(read_entry(SERVICE, f"{kind}:{name}"))
    return ConnectionSource(name, spec.crm, spec.origin, "the system keyring", True, lambda: spec.credential)


def _names(kind: str) -> list[str]:
    text = _read(SERVICE, f"{kind}-names")
    return list(json.loads(text)) if text else []


def _read(service: str, username: str) -> str | None:
    try:
        return keyring.get_password(service, username)
    except NoKeyringError:
        return None
    except KeyringError as error:
        raise ConfigurationError(
            f"The system keyring cannot be read ({type(error).__name__}). Unlock it and try again."
        ) from error


def _write(username: str, text: str) -> None:
    try:
        keyring.set_password(SERVICE, username, text)
    except NoKeyringError as error:
        raise ConfigurationError(
            "This machine has no system keyring. Use environment variables, or seal the credential."
        ) from error
    except KeyringError as error:
        raise ConfigurationError(
            f"The system keyring cannot be written ({type(error).__name__}). Unlock it and try again."
        ) from error
    if _read(SERVICE, username) != text:  # one that is switched off takes everything and keeps nothing
        raise ConfigurationError(
            "The system keyring is switched off and kept nothing. Use environment variables, or seal the credential."
        )
