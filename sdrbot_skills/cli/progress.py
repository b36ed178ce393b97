"""Following a run that lives in its own process: a bar per object, until the run is at rest."""

from __future__ import annotations

import time

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from sdrbot_skills.cli.output import console
from sdrbot_skills.runs.directory import RunDirectory
from sdrbot_skills.runs.going import at_rest, progress
from sdrbot_skills.runs.state import RunState

LOOK_SECONDS = 0.4


def follow(run: RunDirectory, *, quiet: bool) -> RunState:
    """Wait until the run is at rest (or paused) and give its state. Leaving with Ctrl-C leaves the run at work."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as bars:
        tasks = {name: bars.add_task(name, total=None) for name in run.state().objects}
        while True:
            resting = at_rest(run)
            for name, (done, total) in progress(run).items():
                if name in tasks:
                    bars.update(tasks[name], completed=done, total=total)
            if resting:
                return run.state()
            time.sleep(LOOK_SECONDS)
