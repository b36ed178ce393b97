"""Keeping a rotated refresh token, before the access token that came with it is used: the old one may be dead already.

SDRbot's keyring entry is written back, so that SDRbot goes on working. For every other place (sealed, our keyring, `.env`, environment) the
newest token lies in a file of its own that only the token it replaced can open: a sealed credential stays sealed, and a process that was
given the old token finds the new one.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from platformdirs import user_data_path

from sdrbot_skills.credentials.model import RefreshToken


class NotKept(Exception):
    """There is no place for a new refresh token: nothing was renewed, or what was renewed was not kept."""


class Rotation:
    """The newest refresh token of one credential. Its calls touch the disk or the keyring; a broker makes them in a thread."""

    def __init__(self, origin: str, credential: RefreshToken) -> None:
        self._credential = credential
        given = credential.refresh_token.get_secret_value()
        self._secret = "\0".join((origin, credential.client_id, credential.client_secret.get_secret_value(), given))
        folder = user_data_path("crm-migrate") / "rotated"
        self._path = folder / _digest("name", self._secret).hex()[:32]
        self._lock = folder / f"{_digest('app', f'{origin} {credential.client_id}').hex()[:32]}.lock"

    @contextmanager
    def one_at_a_time(self) -> Iterator[None]:
        """Two brokers that renew at once would spend the same refresh token twice, and some vendors revoke it then. Raises `NotKept`."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise NotKept(f"{self._path.parent} cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def newest(self) -> str:
        """The refresh token to use now: the one that was kept last, else the one that was given."""
        store = self._credential.store
        kept = _read_entry(store.service, store.username).get("refresh_token") if store else self._read()
        return str(kept or self._credential.refresh_token.get_secret_value())

    def keep(self, reply: dict[str, Any]) -> None:
        """Keep the token of an OAuth `reply`. Raises `NotKept`."""
        from keyring.errors import KeyringError

        store = self._credential.store
        try:
            if store is None:
                self._write(str(reply["refresh_token"]))
            else:
                store_refresh_token(store.service, store.username, reply)
        except (OSError, KeyringError) as error:
            place = f"the keyring entry {store.service}" if store else str(self._path.parent)
            raise NotKept(f"the new refresh token could not be written to {place} ({type(error).__name__})") from error

    def _write(self, token: str) -> None:
        partial = self._path.with_suffix(".part")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(_cipher(self._secret).encrypt(token.encode()))
            file.flush()
            os.fsync(file.fileno())
        partial.rename(self._path)

    def _read(self) -> str | None:
        from cryptography.fernet import InvalidToken  # most brokers never need it, and it takes a while

        try:
            return str(_cipher(self._secret).decrypt(self._path.read_bytes()).decode())
        except (FileNotFoundError, InvalidToken):  # never rotated, or not whole: the given one is tried
            return None


def store_refresh_token(service: str, username: str, reply: dict[str, Any]) -> None:
    """Write the tokens of an OAuth `reply` into a keyring entry, keeping what else the entry holds. Raises `keyring.errors.KeyringError`."""
    import keyring  # half of a broker's start-up time, and few brokers ever rotate a token

    entry = _read_entry(service, username)
    entry.update({name: reply[name] for name in ("access_token", "refresh_token", "instance_url") if name in reply})
    if "expires_in" in reply:
        entry["expires_at"] = time.time() + float(reply["expires_in"])
    keyring.set_password(service, username, json.dumps(entry))


def _read_entry(service: str, username: str) -> dict[str, Any]:
    import keyring

    held = keyring.get_password(service, username)
    return dict(json.loads(held)) if held else {}


def _cipher(secret: str) -> Any:
    from cryptography.fernet import Fernet

    return Fernet(base64.urlsafe_b64encode(_digest("key", secret)))


def _digest(purpose: str, secret: str) -> bytes:
    return hashlib.sha256(f"{purpose}\0{secret}".encode()).digest()
