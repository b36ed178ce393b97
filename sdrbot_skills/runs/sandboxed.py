"""One start of the script in the sandbox, on one broker."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
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
SHOWN_LINES = 12
LAST_WORDS = "last-words.txt"
DOUBTFUL = "doubtful.json"
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
        doubtful=run.read_json("sealed", DOUBTFUL) or {},
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


class ScriptFailed(MigrationError):
    """A script that did not end well. `brief` says how; the whole text, for the person's eyes alone, ends with what the script said last, which may
    be customers' values."""

    def __init__(self, brief: str, said: Sequence[str]) -> None:
        super().__init__("\n".join([f"{brief} Its last words:", *said[-SHOWN_LINES:]]) if said else brief)
        self.brief = brief


def brief(error: MigrationError) -> str:
    """An error without what a script said: for state, logs and models."""
    return error.brief if isinstance(error, ScriptFailed) else str(error)


def kept_brief(run: RunDirectory, error: MigrationError) -> str:
    """The same, with where the whole text is: it is left for the person, who is not there when the script of a live run fails."""
    if not isinstance(error, ScriptFailed) or str(error) == error.brief:
        return brief(error)
    write_whole(run.trusted / LAST_WORDS, f"{error}\n".encode())
    return f"{error.brief} What it said last is kept in {run.trusted / LAST_WORDS}, for your eyes: it can hold customers' values."


def explain(ended: Ended) -> ScriptFailed | None:
    """Why a start failed, in words for the person; `None` where it did not."""
    outcome = ended.outcome
    if outcome.ok:
        return None
    if outcome.killed_by:
        why = LIMITS[outcome.killed_by].format(folder=ended.folder)
        return ScriptFailed(
            f"The script was stopped: {why}. When that is mended, `resume` carries a live run on.", ended.lines
        )
    how = f"signal {outcome.signal}" if outcome.signal else f"exit code {outcome.exit_code}"
    error = ScriptFailed(f"The script ended with {how}.", ended.lines)
    error.exit_code = outcome.exit_code if outcome.exit_code in (2, 3, 5) else 1
    return error
