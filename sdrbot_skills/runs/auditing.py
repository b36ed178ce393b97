"""Whether the audit of a run is still as its brokers wrote it: every line carries the hash of the one before."""

from __future__ import annotations

from sdrbot_skills.broker.audit import verify_chain
from sdrbot_skills.model.results import Finding
from sdrbot_skills.runs.directory import RunDirectory

BROKEN = "audit_broken"
_PARTS = {"dry": "dry run", "live": "live run"}


def audit_findings(run: RunDirectory) -> list[Finding]:
    """A finding for each audit that was changed after it was written, with the first line that does not fit; none where all are whole."""
    found: list[Finding] = []
    for part, words in _PARTS.items():
        path = run.trusted / part / "audit.jsonl"
        problems = verify_chain(path) if path.is_file() else []
        if problems:
            message = (
                f"The audit of the {words} is not as the broker wrote it: {problems[0]} of {path}. Somebody has changed the file, or it was torn by "
                "a full disk; until you know why, do not take the record of what was sent for proven."
            )
            found.append(Finding(rule=BROKEN, severity="problem", message=message))
    return found
