"""Access tokens that brokers hand on to each other, where the vendor rations them (Zoho: ten in ten minutes for one refresh token).

A file is encrypted with a key made of the refresh token and the client's secret: who does not have these cannot read it, so a sealed
credential stays sealed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from platformdirs import user_cache_path

_EARLY = 300.0
_ENDED = 7200.0


class KeptToken(NamedTuple):
    """A token that is still good, where its account lives, when it ends (epoch seconds), and what it may do, where that is known."""

    token: str
    origin: str | None
    expires: float
    scopes: list[str] | None = None


def load(secret: str) -> KeptToken | None:
    """The token that another broker got with this secret; None where there is none that lasts."""
    from cryptography.fernet import InvalidToken  # most brokers never need it, and it takes a while

    try:
        held = json.loads(_cipher(secret).decrypt(_path(secret).read_bytes()))
    except (OSError, InvalidToken, ValueError):  # not there, or not whole: a token is simply asked for
        return None
    kept = KeptToken(held["token"], held["origin"], held["expires"], held.get("scopes"))
    return kept if kept.expires - _EARLY > time.time() else None


def keep(secret: str, kept: KeptToken) -> None:
    """Let other brokers use this token; those of others that have ended are thrown away."""
    path = _path(secret)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{os.getpid()}.part")
        partial.write_bytes(_cipher(secret).encrypt(json.dumps(kept._asdict()).encode()))
        partial.chmod(0o600)
        partial.rename(path)
    except OSError:  # a home that cannot be written to: then others ask for a token of their own
        return
    _tidy(path.parent)


def _tidy(folder: Path) -> None:
    for other in folder.iterdir():
        with suppress(FileNotFoundError):  # another connection or broker has just given it its name, or thrown it away
            if other.stat().st_mtime < time.time() - _ENDED:
                other.unlink()


def _path(secret: str) -> Path:
    name = hashlib.sha256(b"name\0" + secret.encode()).hexdigest()[:32]
    return user_cache_path("crm-migrate") / "tokens" / name


def _cipher(secret: str) -> Any:
    from cryptography.fernet import Fernet

    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"key\0" + secret.encode()).digest()))
