"""What the CRM in memory holds, its jobs, and what a broker's ledger would know of the writes."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sdrbot_skills.model.records import (
    BulkJob,
    JobState,
    Row,
    RowResult,
)


@dataclass
class Stored:
    id: str
    values: dict[str, Any]
    created: int
    modified: int


@dataclass
class StoredJob:
    """A job as the CRM holds it; it works on three rows with each look at it.

    `lost`: nobody can tell that it was started; it works on with every call, whatever that is.
    """

    job: BulkJob
    rows: list[Row] = field(default_factory=list)
    uploaded: bool = False
    started: bool = False
    lost: bool = False
    fails_after: int | None = None
    results: list[RowResult] = field(default_factory=list)

    @property
    def state(self) -> JobState:
        if self.fails_after is not None and len(self.results) >= self.fails_after:
            return JobState.FAILED
        return JobState.COMPLETE if len(self.results) == len(self.rows) else JobState.WORKING


class DummyLedger:
    """What the CRM has answered, as the broker would have written it down."""

    def __init__(self) -> None:
        self.created: dict[str, list[str]] = defaultdict(list)
        self.updated: dict[str, list[str]] = defaultdict(list)
        self.linked: list[tuple[str, str]] = []
        self.unanswered: list[object] = []
        self.doubtful: dict[str, dict[str, float]] = defaultdict(dict)
        self.written: dict[str, float] = {}

    def touched(self, name: str) -> dict[str, float]:
        return self.written

    def created_ids(self, name: str) -> list[str]:
        return self.created[name]

    def updated_ids(self, name: str) -> list[str]:
        return [one for one in self.updated[name] if one not in self.created[name]]

    def links(self) -> list[tuple[str, str]]:
        return self.linked

    def in_doubt(self) -> list[object]:
        return self.unanswered

    def creates_in_doubt(self, name: str) -> dict[str, float]:
        return self.doubtful[name]


class Store:
    """What a CRM holds, outside the program under test."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.objects: dict[str, dict[str, Stored]] = defaultdict(dict)
        self.links: dict[tuple[str, str, str], None] = {}
        self.late: list[tuple[int, Callable[[], object]]] = []
        self.opted_out: list[str] = []
        self.jobs: dict[str, StoredJob] = {}
        self.results: list[list[Stored]] = []
        self.unaskable = False
        self.names_late = False
        """A job is named when it is uploaded, and again when it is started."""
        self.doubled = 0
        self.ledger = DummyLedger()
        self.deleted: list[str] = []
        self.clock = 1_700_000_000_000
        self.next = 1000
        self.lock = threading.RLock()
        self.calls: dict[str, int] = defaultdict(int)

    def tick(self) -> int:
        self.clock += 1000
        return self.clock

    def put(self, object_name: str, values: dict[str, Any], record_id: str | None = None) -> str:
        with self.lock:
            self.next += 1
            record_id = record_id or f"{self.name}{self.next}"
            now = self.tick()
            self.objects[object_name][record_id] = Stored(record_id, dict(values), now, now)
            return record_id

    def change(self, object_name: str, record_id: str, values: dict[str, Any]) -> None:
        with self.lock:
            record = self.objects[object_name][record_id]
            record.values.update(values)
            record.modified = self.tick()

    def contents(self) -> dict[str, list[dict[str, Any]]]:
        """Everything, without ids and times, for comparing."""
        return {
            name: sorted(({k: v for k, v in one.values.items() if v is not None} for one in records.values()), key=str)
            for name, records in self.objects.items()
            if records
        }
