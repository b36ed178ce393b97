"""What a run found and did, for people, reports and machines."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class _Result(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ObjectCounts(_Result):
    """Records of one object by fate. `deferred`: came after the dry run; `gone`: vanished since; `links`: links to make or made."""

    read: int = 0
    create: int = 0
    update: int = 0
    skip: int = 0
    quarantine: int = 0
    deferred: int = 0
    gone: int = 0
    links: int = 0


class Finding(_Result):
    """Something a person should know, counted. `rule` is our name for it; `examples` are source ids."""

    rule: str
    severity: Literal["info", "warning", "problem"]
    object: str | None = None
    field: str | None = None
    count: int = 1
    message: str
    examples: list[str] = []

    @property
    def told(self) -> str:
        """Where, what, and how many records it concerns; what concerns a whole account has no count."""
        where = ".".join(part for part in (self.object, self.field) if part)
        records = f"{self.count:,} record{'' if self.count == 1 else 's'}"
        return f"{where}: {self.message} ({records})" if self.object else self.message


class Sample(_Result):
    """One record before and after, for the person's eyes only: source values and the payload it becomes."""

    object: str
    source_id: str
    decision: str
    before: dict[str, Any]
    after: dict[str, Any]
    target_id: str | None = None


class Quarantined(_Result):
    """One record that could not be carried: why, and what it held."""

    object: str
    source_id: str
    rule: str
    field: str | None = None
    message: str
    values: dict[str, Any] = {}


class LaneForecast(_Result):
    """One side's work: calls by kind, at the account's limits.

    `spend` and `allowance_left` are in `unit`: the currency of the account's daily allowance, which some vendors count otherwise than in calls.
    """

    calls: dict[str, int]
    total_calls: int
    seconds: float
    calendar_days: float
    unit: str = "calls"
    spend: float = 0.0
    allowance_left: float | None = None


class Alternative(_Result):
    """What the whole would take if one thing were otherwise: another `lane`, or a larger `plan` of a vendor. `batches`: calls that carry records."""

    change: str
    kind: Literal["lane", "plan"]
    calls: int
    batches: int
    seconds: float
    calendar_days: float


class Forecast(_Result):
    """What the live run will take, before it starts; every figure rests on the batch arithmetic of the capabilities."""

    source: LaneForecast
    target: LaneForecast
    seconds: float
    calendar_days: float
    notes: list[str] = []
    alternatives: list[Alternative] = []


class DryRunResult(_Result):
    """What the dry run found, written by the engine; the host adds forecast and what the broker refused."""

    counts: dict[str, ObjectCounts]
    link_counts: dict[str, dict[str, int]] = {}
    findings: list[Finding] = []
    samples: list[Sample] = []
    opt_outs: dict[str, int] = {}
    batches: dict[str, int] = {}
    look_ups: dict[str, dict[str, int]] = {}


class LiveResult(_Result):
    """What a live step did, written by the engine."""

    counts: dict[str, ObjectCounts]
    findings: list[Finding] = []
    state: Literal["pilot_done", "done", "paused"]
    wake_at: float | None = None
    reason: str | None = None


class VerifyCounts(_Result):
    """Differences between source, target and ledger; all zero is proof."""

    lost: int = 0
    duplicated: int = 0
    mismatched: int = 0
    links_missing: int = 0
    checked: int = 0


class Difference(_Result):
    """One difference, by identifiers; values are kept for the report only."""

    kind: Literal["lost", "duplicated", "mismatched", "link_missing", "unexpected", "edited_since"]
    object: str
    source_id: str | None = None
    target_id: str | None = None
    field: str | None = None
    message: str


class VerifyResult(_Result):
    """The reconciliation of source read anew, target read back, and ledger."""

    total: VerifyCounts
    objects: dict[str, VerifyCounts]
    differences: list[Difference] = []
    findings: list[Finding] = []


class UndoCounts(_Result):
    """What an undo did with one object. `spared`: edited since, or needed by a record that was; `failed`: the CRM refused."""

    deleted: int = 0
    restored: int = 0
    unlinked: int = 0
    spared: int = 0
    failed: int = 0


class UndoResult(_Result):
    """What an undo took back, and every record it left alone with the reason."""

    total: UndoCounts
    objects: dict[str, UndoCounts]
    spared: list[Difference] = []
    findings: list[Finding] = []
