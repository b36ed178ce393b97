"""Waiting for a run that lives in its own process."""

from __future__ import annotations

import time

from sdrbot_skills.runs.directory import RunDirectory
from sdrbot_skills.runs.going import at_rest
from sdrbot_skills.runs.state import RunState

LOOK_SECONDS = 0.2


def wait(run: RunDirectory) -> RunState:
    """Block until the run is at rest and give its state."""
    while not at_rest(run):
        time.sleep(LOOK_SECONDS)
    return run.state()
