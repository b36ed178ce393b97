"""What every part of one start of the engine needs: the two accounts, the plan's work, journal, findings, patience."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.engine.carry import Transform
from sdrbot_skills.engine.findings import Findings
from sdrbot_skills.engine.journal import Journal
from sdrbot_skills.engine.patience import Patience
from sdrbot_skills.engine.scope import Scope
from sdrbot_skills.engine.work import ObjectWork
from sdrbot_skills.model.convert import Frame
from sdrbot_skills.model.job import Job
from sdrbot_skills.model.plan import Plan

Report = Callable[[str, Mapping[str, Any]], None]
"""Takes an event's name and its facts."""


@dataclass
class Context:
    """One start of the engine. `only`: per object the source ids to carry, where not all are (pilot, retry, cohort).

    `more_to_come`: the run has further records than these, so that what is missing is not missing yet.
    """

    job: Job
    plan: Plan
    source: Crm
    target: Crm
    transforms: Mapping[str, Transform]
    objects: dict[str, ObjectWork]
    frame: Frame
    journal: Journal
    scope: Scope | None
    report: Report
    only: dict[str, list[str]] | None = None
    more_to_come: bool = False
    findings: Findings = field(default_factory=Findings)
    patience: Patience = field(default_factory=Patience)
    trouble: list[BaseException] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def live(self) -> bool:
        """Whether records are written at the end of the way."""
        return self.job.mode == "live"

    def migration_key(self, source_id: str) -> str:
        """What the migration key of a source record is on the target."""
        return self.plan.key_prefix + source_id

    def failed(self, error: BaseException) -> None:
        """Remember the first failure of any thread and end every wait."""
        with self.lock:
            self.trouble.append(error)
        self.patience.stop.set()

    def go_on(self) -> None:
        """Raise what another thread failed with, if one has."""
        if self.trouble:
            raise self.trouble[0]
