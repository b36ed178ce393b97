"""One writer per target account: a second runner is refused with a reason."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from sdrbot_skills.errors import Refused
from sdrbot_skills.runs.home import state_directory


@contextmanager
def account_lock(crm: str, account_id: str, run_id: str) -> Iterator[None]:
    """Hold the account for one run; the lock ends with the process, however it ends. Raises `Refused` naming the run that holds it."""
    folder = state_directory() / "locks"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{crm}-{re.sub(r'[^A-Za-z0-9]', '_', account_id)}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 100, 0).decode() or "another run"
            raise Refused(
                f"Run {holder} is writing to this {crm} account ({account_id}). Two at once could double records; wait for it, or stop it.",
                code="account_locked",
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, run_id.encode(), 0)
        yield
    finally:
        os.close(descriptor)
