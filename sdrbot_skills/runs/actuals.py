"""What a live run really took: calls to either side, as the broker's audit counts them, and the seconds that it was at work."""

from __future__ import annotations

import itertools

import orjson

from sdrbot_skills.runs.directory import RunDirectory
from sdrbot_skills.runs.state import RunState, Status

SENT = ("read", "intent")
"""Events of the audit that are one call each: a read, and what is noted before a write is sent."""


def actuals(run: RunDirectory) -> dict[str, int]:
    """`source_calls`, `target_calls` and `seconds`; empty for a run that did not go live."""
    audit, state = run.trusted / "live" / "audit.jsonl", run.state()
    if not audit.exists():
        return {}
    calls = {state.source: 0, state.target: 0}
    with audit.open("rb") as lines:
        for line in lines:
            entry = _entry(line)
            if entry.get("event") in SENT and entry.get("connection") in calls:
                calls[entry["connection"]] += 1
    return {
        "source_calls": calls[state.source],
        "target_calls": calls[state.target],
        "seconds": round(seconds_at_work(state)),
    }


def seconds_at_work(state: RunState) -> float:
    """From each start to the step after it; waiting for a person, or for a budget, is no work."""
    return sum(after.at - step.at for step, after in itertools.pairwise(state.history) if step.status == Status.RUNNING)


def _entry(line: bytes) -> dict[str, str]:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:  # the last line of a broker that was killed
        return {}
    return found if isinstance(found, dict) else {}
