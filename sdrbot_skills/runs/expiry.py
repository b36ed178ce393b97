"""Whether the time that was shown at an approval has passed: then a started run waits for the person to approve anew."""

from __future__ import annotations

import time

from sdrbot_skills.approval.record import read_record
from sdrbot_skills.runs.directory import RunDirectory


def approved_until(run: RunDirectory) -> float | None:
    """Until when a started run may go on by itself; `None` before its first start."""
    record = read_record(run.sealed)
    return record.valid_until if record else None


def approval_has_passed(run: RunDirectory, now: float | None = None) -> bool:
    """Whether a started run needs its person again."""
    until = approved_until(run)
    return until is not None and (time.time() if now is None else now) > until
