"""One start of the script in the sandbox, on one broker."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sdrbot_skills.broker.launch import BrokerHandle
from sdrbot_skills.errors import MigrationError
from sdrbot_skills.model.job import JOB_VARIABLE, Job
from sdrbot_skills.runs.directory import RunDirectory, write_whole
from sdrbot_skills.runs.ordering import goes_by_cohorts
from sdrbot_skills.sandbox import Limits, Outcome, SandboxRequest, launch
from sdrbot_skills.sandbox.request import INSIDE_SEALED, INSIDE_WORK

LAST_LINES = 40
LIMITS = {
    "wall": "it ran longer than it may",
    "cpu": "it used more processor time than it may",
    "memory": "it used more memory than it may",
    "files": "it made more files than it may",
    "disk": "the disk that holds {folder} is full, or the script filled it",
    "stop": "it was asked to stop",
}
"""Why a script was ended from outside."""


@dataclass(frozen=True)
class Ended:
    """How a start ended, and the last lines the script printed (stripped of control characters; untrusted)."""

    outcome: Outcome
    lines: list[str]
    seconds: float
    folder: Path


def run_script(
    run: RunDirectory,
    broker: BrokerHandle,
    mode: Literal["dry", "live"],
    *,
    pilot: int | None = None,
    only: dict[str, list[str]] | None = None,
    on_line: Callable[[str], None] | None = None,
) -> Ended:
    """Run the sealed script once. The job file is written by us and read-only inside."""
    job = Job(
        run=run.id,
        mode=mode,
        plan=INSIDE_SEALED / run.plan_path.name,
        work=INSIDE_WORK,
        scope=INSIDE_SEALED / run.scope_path.name if mode == "live" else None,
        pilot=pilot,
        only=only,
        cohorts=mode == "live" and only is None and goes_by_cohorts(run),
    )
    write_whole(run.sealed / "job.json", job.model_dump_json().encode())
    request = SandboxRequest(
        script=run.script_path.read_bytes(),
        socket_dir=Path(broker.socket).parent,
        work_dir=run.work,
        sealed_dir=run.sealed,
        environment={JOB_VARIABLE: str(INSIDE_SEALED / "job.json"), "TZ": "UTC"},
        limits=Limits(),
    )
    began = time.monotonic()
    process = launch(request)
    lines: list[str] = []
    for line in process.lines():
        lines = [*lines[-LAST_LINES:], line.text]
        if on_line:
            on_line(line.text)
    return Ended(process.wait(), lines, time.monotonic() - began, run.work)


def explain(ended: Ended) -> MigrationError | None:
    """Why a start failed, in words for the person; `None` where it did not."""
    outcome = ended.outcome
    if outcome.ok:
        return None
    last = "\n".join(ended.lines[-12:])
    if outcome.killed_by:
        why = LIMITS[outcome.killed_by].format(folder=ended.folder)
        return MigrationError(
            f"The script was stopped: {why}. When that is mended, `resume` carries a live run on.\n{last}"
        )
    how = f"signal {outcome.signal}" if outcome.signal else f"exit code {outcome.exit_code}"
    error = MigrationError(f"The script ended with {how}. Its last words:\n{last}")
    error.exit_code = outcome.exit_code if outcome.exit_code in (2, 3, 5) else 1
    return error
