"""What state a run is in, and how it got there."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

RunKind = Literal["migrate", "schema", "retry", "delta", "undo"]
CARRYING: frozenset[RunKind] = frozenset({"migrate", "retry", "delta"})
"""The kinds of run whose script carries records from one account to the other."""


class Status(StrEnum):
    """A run's stations; each face shows them in the plain words of `PLAIN`."""

    PREPARED = "prepared"
    REHEARSED = "rehearsed"
    APPROVED = "approved"
    RUNNING = "running"
    PILOT_DONE = "pilot_done"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"


PLAIN: dict[Status, str] = {
    Status.PREPARED: "written down, nothing tried yet",
    Status.REHEARSED: "dry run done, waits for your approval",
    Status.APPROVED: "approved, not started",
    Status.RUNNING: "at work",
    Status.PILOT_DONE: "pilot done, waits for you: continue, or undo",
    Status.PAUSED: "paused",
    Status.DONE: "done",
    Status.FAILED: "stopped with an error; resume when it is mended",
}


class Step(BaseModel):
    """One change of status."""

    model_config = ConfigDict(extra="forbid")
    at: float
    status: Status
    note: str = ""


class RunState(BaseModel):
    """Everything about a run that is not customer data. `wake_at`: epoch second at which a paused run goes on by itself.

    `asked_by`: the id of the agent's tool call that prepared it, where an answer of the person leads back into that call.
    """

    model_config = ConfigDict(extra="forbid")
    id: str
    kind: RunKind = "migrate"
    parent: str | None = None
    status: Status = Status.PREPARED
    source: str
    target: str
    target_account: str
    environment: str
    objects: list[str]
    created_at: float
    reason: str | None = None
    wake_at: float | None = None
    worker_pid: int | None = None
    quarantined: int = 0
    verified: dict[str, int] | None = None
    pilot: int | None = None
    plan_file: str | None = None
    asked_by: str | None = None
    history: list[Step] = []

    def moved(self, status: Status, note: str = "", *, wake_at: float | None = None) -> RunState:
        """The state after a change of status."""
        step = Step(at=time.time(), status=status, note=note)
        return self.model_copy(
            update={"status": status, "reason": note or None, "wake_at": wake_at, "history": [*self.history, step]}
        )

    @property
    def plain(self) -> str:
        """The status in words for people."""
        words = PLAIN[self.status]
        return f"{words}: {self.reason}" if self.reason else words
