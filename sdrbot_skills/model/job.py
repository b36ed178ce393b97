"""The job: what the host tells the engine inside the sandbox. Written by the host, read-only to the script.

That a job says `live` lets nothing through: only the broker does, and it was started for one purpose.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

JOB_VARIABLE = "CRM_MIGRATE_JOB"


class Job(BaseModel):
    """One start of the engine. Paths are as the engine sees them.

    `scope`: the sealed copy of the dry run's journal, which says which source records are in and what was decided (`None` in a dry run).
    `pilot`: carry only about that many telling records, then stop. `sample_size`: how many before/after samples per object.
    `only`: per object the source ids to carry (retry of quarantined records). `cohorts`: go by cohorts instead of object by object.
    `doubtful`: of these, records that an earlier run has sent without an answer and without a key: they are not made, only recognised.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    run: str
    mode: Literal["dry", "live"]
    plan: Path
    work: Path
    scope: Path | None = None
    pilot: int | None = None
    sample_size: int = 5
    only: dict[str, list[str]] | None = None
    cohorts: bool = False
    doubtful: dict[str, list[str]] = {}
