"""The figures of one transfer, and the arithmetic on them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from math import ceil
from typing import Any

MICRO = 1_000_000
BATCH = {"hubspot": {"read": 100, "write": 100}, "salesforce": {"read": 2000, "write": 200}}
"""Most records of one list page and of one write call: HubSpot "CRM objects" guide; Salesforce "Query" and "sObject Collections" of the REST guide."""


@dataclass
class Figures:
    """One way over `records` records.

    `span`: seconds from the first to the last call; `cpu`: processor seconds in that time, by process; `start`: processor seconds before it.
    `peak`: most resident bytes. `calls`: what the practice CRMs counted. `rate_used`: calls to HubSpot of those allowed.
    """

    way: str
    records: int
    conditions: str = "no limits"
    span: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    start: dict[str, float] = field(default_factory=dict)
    peak: dict[str, int] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    least_calls: int = 0
    throttled: int = 0
    rate_used: float | None = None
    problems: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """In words."""
        return f"{self.way}, {self.records:,} records, {self.conditions}"

    @property
    def rate(self) -> float:
        """Records per second of wall time while calls were made."""
        return self.records / self.span if self.span else 0.0

    def micros(self, process: str) -> float:
        """Processor microseconds per record while calls were made."""
        return MICRO * self.cpu.get(process, 0.0) / self.records

    @property
    def calls_per_thousand(self) -> float:
        """Calls to both CRMs for 1,000 records."""
        return 1000 * sum(self.calls.values()) / self.records

    def document(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            **asdict(self),
            "records_per_second": round(self.rate, 1),
            "calls_per_1000": round(self.calls_per_thousand, 2),
            "cpu_us_per_record": {process: round(self.micros(process), 1) for process in self.cpu},
        }


def least_calls(source: str, target: str, records: int, *, images: bool = False) -> int:
    """List pages and write calls that no way through these end points can do without; with `images` the target's records have to be read as well."""
    reading = ceil(records / BATCH[target]["read"]) if images else 0
    return ceil(records / BATCH[source]["read"]) + ceil(records / BATCH[target]["write"]) + reading
