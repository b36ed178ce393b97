"""Following a run that lives in its own process: a bar per object, until the run is at rest."""

from __future__ import annotations

import time

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from sdrbot_skills.cli.output import console
from sdrbot_skills.runs.directory import RunDirectory
from sdrbot_skills.runs.going import at_rest, is_at_work, progress
from sdrbot_skills.runs.paused import outlook
from sdrbot_skills.runs.state import RunState, Status

LOOK_SECONDS = 0.4
LONG_LOOK_SECONDS = 5.0


class CountColumn(ProgressColumn):
    """How many of how many, with separators as everywhere."""

    def render(self, task: Task) -> Text:
        """`1,998/2,000`, or only what is done where nobody knows of how many."""
        return Text(f"{task.completed:,.0f}" + ("" if task.total is None else f"/{task.total:,.0f}"))


def follow(run: RunDirectory, *, quiet: bool) -> RunState:
    """Wait until the run is at rest (or paused) and give its state. Leaving with Ctrl-C leaves the run at work."""
    columns = (TextColumn("{task.description}"), BarColumn(), CountColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}
        while True:
            resting = at_rest(run)
            for name, (done, total) in progress(run).items():
                if name not in tasks:
                    tasks[name] = bars.add_task(name, total=total)
                bars.update(tasks[name], completed=done, total=total)
            if resting:
                break
            time.sleep(LOOK_SECONDS)
    if console.is_terminal and not quiet:
        console.bell()
    return run.state()


def follow_through(run: RunDirectory, *, quiet: bool) -> RunState:
    """The same, through the pauses that the run ends by itself."""
    told: float | None = None
    while (state := follow(run, quiet=quiet)).status == Status.PAUSED and state.wake_at and is_at_work(run):
        if state.wake_at != told and not quiet:
            for line in outlook(run):
                console.print(f"  {line}", markup=False)
        told = state.wake_at
        while run.state().status == Status.PAUSED and is_at_work(run):
            time.sleep(LONG_LOOK_SECONDS)
    return state
