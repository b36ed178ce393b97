"""What the brokers of one account on this machine know together: how much of each allowance is left, and until when nothing may leave.

A small JSON file per account, read and written under a lock that is held for microseconds. Times are wall-clock seconds, so that a pause outlives
a machine's sleep and a restart.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson
from platformdirs import user_cache_path

_LARGEST = 16 * 1024
_KEPT = 2 * 86_400.0


class SharedPace:
    """One account's file. Without a file (a home that cannot be written to) every broker keeps to itself."""

    def __init__(self, path: Path | None) -> None:
        self._descriptor = _opened(path) if path is not None else None

    @contextmanager
    def held(self) -> Iterator[dict[str, Any]]:
        """The common state, to be changed in place; nobody else reads or writes it meanwhile."""
        if self._descriptor is None:
            yield {}
            return
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        try:
            before = os.pread(self._descriptor, _LARGEST, 0)
            state = _parsed(before)
            yield state
            # Blanks behind a shorter state: to cut the file costs a journal entry of the file system at every call.
            os.pwrite(self._descriptor, orjson.dumps(state).ljust(len(before)), 0)
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def pace_file(crm: str, origin: str, account_id: str) -> Path:
    """Where the brokers of an account meet. Its name says nothing about the account."""
    name = hashlib.sha256(f"{crm} {origin} {account_id}".encode()).hexdigest()[:32]
    return user_cache_path("crm-migrate") / "pace" / f"{name}.json"


def _opened(path: Path) -> int | None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _tidy(path.parent)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError:  # then this broker paces itself alone
        return None


def _tidy(folder: Path) -> None:
    """Throw away what accounts have left that nobody has spoken to for days."""
    for old in folder.iterdir():
        with suppress(FileNotFoundError):  # another broker throws it away at the same moment
            if old.stat().st_mtime < time.time() - _KEPT:
                old.unlink()


def _parsed(content: bytes) -> dict[str, Any]:
    """An empty state where the file is new or was cut off by a kill."""
    try:
        state = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return state if isinstance(state, dict) else {}
