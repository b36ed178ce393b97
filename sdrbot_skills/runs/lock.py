"""One writer per target account, whatever folder it was started in: a second runner of this user is refused with a reason."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_data_path

from sdrbot_skills.errors import Refused
from sdrbot_skills.runs.home import state_directory


@contextmanager
def account_lock(crm: str, origin: str, account_id: str, run_id: str) -> Iterator[None]:
    """Hold the account for one run; the lock ends with the process, however it ends. Raises `Refused` naming the run that holds it.

    `origin`: where the account answers, since practice CRMs have the same account ids.
    """
    where = hashlib.sha256(f"{crm} {origin} {account_id}".encode()).hexdigest()[:32]
    descriptor = os.open(
        _folder() / f"{crm}-{where}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
    )
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


def _folder() -> Path:
    """One place for every working directory; a home that cannot be written to leaves the working directory's own."""
    folder = user_data_path("crm-migrate") / "locks"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        folder = state_directory() / "locks"
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder
