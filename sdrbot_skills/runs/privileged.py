"""Privileged mode: schema changes for one named account, for a limited time, switched on by the person. Off by default."""

from __future__ import annotations

import time

from pydantic import BaseModel, ConfigDict, ValidationError

from sdrbot_skills.errors import Refused
from sdrbot_skills.model.schema import Account
from sdrbot_skills.runs.directory import write_whole
from sdrbot_skills.runs.home import state_directory

DEFAULT_SECONDS = 30 * 60


class PrivilegedMode(BaseModel):
    """That privileged mode is on: for which connection and account, until when (epoch seconds)."""

    model_config = ConfigDict(extra="forbid")
    connection: str
    crm: str
    account_id: str
    account_name: str
    until: float

    @property
    def banner(self) -> str:
        """That it is on, for whom, and how it ends."""
        return (
            f"PRIVILEGED MODE for {self.account_name} ({self.connection}), {self._minutes} min left; "
            "`/setup standard` or `crm-migrate setup --standard` ends it"
        )

    @property
    def line(self) -> str:
        """The same for the chat, where it stands all the time it is on; a narrow window cuts the name, never the way out."""
        return f"PRIVILEGED MODE, {self._minutes} min left (`/setup standard` ends it): {self.connection}, {self.account_name}"

    @property
    def _minutes(self) -> int:
        return max(1, round((self.until - time.time()) / 60))


def current() -> PrivilegedMode | None:
    """The mode that is on now, if any; what has run out is removed."""
    path = state_directory() / "privileged.json"
    try:
        mode = PrivilegedMode.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
    if mode.until <= time.time():
        path.unlink(missing_ok=True)
        return None
    return mode


def switch_on(connection: str, account: Account, seconds: float = DEFAULT_SECONDS) -> PrivilegedMode:
    """Switch it on. Only faces that have asked the person themselves call this."""
    mode = PrivilegedMode(
        connection=connection,
        crm=account.crm,
        account_id=account.id,
        account_name=account.name,
        until=time.time() + seconds,
    )
    write_whole(state_directory() / "privileged.json", mode.model_dump_json().encode())
    return mode


def switch_off() -> None:
    """End it."""
    (state_directory() / "privileged.json").unlink(missing_ok=True)


def require(connection: str, account_id: str) -> PrivilegedMode:
    """The mode for this account, or `Refused` saying how the person switches it on."""
    mode = current()
    if mode is None or (mode.connection, mode.account_id) != (connection, account_id):
        raise Refused(
            f"Changing the schema of {connection} needs privileged mode for that account. The person switches it on: `/setup` in the chat, "
            f"or `crm-migrate setup --privileged {connection}`.",
            code="privileged_mode_off",
        )
    return mode
