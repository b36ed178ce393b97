"""What became of one direction: figures that must be zero, what waits in quarantine, and calls."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from sdrbot_skills.matrix.judge import ZEROS

CHANGED = 10
"""Records of the source that are edited before the third run."""


@dataclass
class Calls:
    """Calls of the live run, both sides together, and the fewest that these records and links can be carried by. `routes`: by end point."""

    total: int = 0
    least: int = 0
    routes: dict[str, int] = field(default_factory=dict)


@dataclass
class Outcome:
    """One direction. `judged`, `proved`, `changed_judged`, `back_judged`: figures by name, by the judge or the product itself."""

    source: str
    target: str
    records: int
    seconds: float = 0.0
    carried: int = 0
    judged: dict[str, int] = field(default_factory=dict)
    proved: dict[str, int] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)
    not_taken: list[str] = field(default_factory=list)
    calls: Calls = field(default_factory=Calls)
    again_writes: dict[str, int] | None = None
    changed_writes: dict[str, int] | None = None
    changed_judged: dict[str, int] = field(default_factory=dict)
    back_judged: dict[str, int] | None = None
    cannot_hold: list[str] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)
    error: str = ""

    def problems(self) -> list[str]:
        """What is not as it must be, in words; empty where everything is."""
        found = [self.error] if self.error else []
        for whose, figures in (
            ("judge", self.judged),
            ("the product's own proof", self.proved),
            ("judge, after changes", self.changed_judged),
            ("judge, back again", self.back_judged or {}),
        ):
            found += [f"{name} {figures[name]} ({whose})" for name in ZEROS if figures.get(name)]
        if self.again_writes:
            found.append(f"the second run wrote: {self.again_writes}")
        if self.changed_writes is not None and self.updated != CHANGED:
            found.append(f"after {CHANGED} changes {self.updated} records were updated: {self.changed_writes}")
        return found

    @property
    def updated(self) -> int:
        """Records written by the third run."""
        return sum((self.changed_writes or {}).values())

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "problems": self.problems()}

    @classmethod
    def of(cls, document: dict[str, Any]) -> Outcome:
        """From JSON."""
        fields = {name: value for name, value in document.items() if name != "problems"}
        return cls(**{**fields, "calls": Calls(**fields["calls"])})
