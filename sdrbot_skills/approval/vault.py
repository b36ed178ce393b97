"""Credentials sealed by a passphrase. Nothing on this machine can open them but the person who types it."""

from __future__ import annotations

import base64
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import BaseModel, ConfigDict, ValidationError

from sdrbot_skills.approval.private_file import write_private
from sdrbot_skills.errors import ConfigurationError, Refused

COST, BLOCK, LANES = 2**15, 8, 1
SHORTEST_PASSPHRASE = 8


class _Entry(BaseModel):
    """One sealed credential. `about` is readable by anybody who can read the file: no secrets in it."""

    model_config = ConfigDict(extra="forbid")

    salt: str
    sealed: str
    about: dict[str, str] = {}


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int = 1
    entries: dict[str, _Entry] = {}


class Vault:
    """A file of sealed credentials by connection name; each has its own salt, so each may have its own passphrase."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> list[str]:
        """The connections that have a sealed credential."""
        return sorted(self._load().entries)

    def about(self, name: str) -> dict[str, str]:
        """What was noted beside the sealed credential, readable without a passphrase."""
        return dict(self._entry(name).about)

    def seal(
        self, name: str, credential: Mapping[str, Any], passphrase: str, about: Mapping[str, str] | None = None
    ) -> None:
        """Keep `credential` (JSON values) sealed, in place of an earlier one. `about` is kept readable: crm, address."""
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise ConfigurationError(
                f"The passphrase has {len(passphrase)} characters; at least {SHORTEST_PASSPHRASE} are needed."
            )
        salt = os.urandom(16)
        content = json.dumps({"name": name, "credential": dict(credential)}).encode()
        sealed = Fernet(_key(passphrase, salt)).encrypt(content).decode()
        entry = _Entry(salt=base64.b64encode(salt).decode(), sealed=sealed, about=dict(about or {}))
        with self._locked():
            file = self._load()
            file.entries[name] = entry
            self._save(file)

    def unseal(self, name: str, passphrase: str) -> dict[str, Any]:
        """The credential. Raises Refused (code `wrong_passphrase`); it stays sealed then."""
        entry = self._entry(name)
        try:
            content = json.loads(Fernet(_key(passphrase, base64.b64decode(entry.salt))).decrypt(entry.sealed))
        except InvalidToken:
            raise Refused(
                f"That passphrase does not open the credential of {name!r}; it stays sealed. A forgotten passphrase cannot be "
                f"recovered: connect {name!r} again with `crm-migrate setup`, nothing else is lost.",
                code="wrong_passphrase",
            ) from None
        if content["name"] != name:
            raise Refused(
                f"The sealed credential under {name!r} was made for another connection.", code="tampered_vault"
            )
        credential: dict[str, Any] = content["credential"]
        return credential

    def forget(self, name: str) -> None:
        """Remove a sealed credential; nothing happens when there is none."""
        with self._locked():
            file = self._load()
            if file.entries.pop(name, None) is not None:
                self._save(file)

    def _entry(self, name: str) -> _Entry:
        entry = self._load().entries.get(name)
        if entry is None:
            raise ConfigurationError(
                f"No credential of {name!r} is sealed. `crm-migrate setup` connects the account and seals it."
            )
        return entry

    def _load(self) -> _File:
        try:
            return _File.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return _File()
        except ValidationError:
            raise ConfigurationError(
                f"{self.path} is not a vault any more (damaged?). Move it away and connect the accounts again with `crm-migrate setup`."
            ) from None

    def _save(self, file: _File) -> None:
        write_private(self.path, file.model_dump_json(indent=1).encode())

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Two programs that seal at once: neither loses the other's credential."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path.with_name(self.path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _key(passphrase: str, salt: bytes) -> bytes:
    derived = Scrypt(salt=salt, length=32, n=COST, r=BLOCK, p=LANES).derive(passphrase.encode())
    return base64.urlsafe_b64encode(derived)
