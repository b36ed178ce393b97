"""A run that takes three days because the target's daily allowance is spent twice: it pauses, says so, and goes on by itself."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sdrbot_skills.approval.record import write_record
from sdrbot_skills.runs import going, paused, sandboxed, worker
from sdrbot_skills.runs.binding import sealed_fingerprint
from sdrbot_skills.runs.directory import RunDirectory, open_run
from sdrbot_skills.runs.state import Status
from tests.e2e import ends
from tests.e2e.conftest import Way
from tests.e2e.harness import Workspace

REQUESTS_A_DAY = 8
DAY = 86_400.0


class Calendar(worker.WallClock):
    """A wall clock that days pass on while somebody sleeps: here, in the practice CRMs, and in what brokers remember of them."""

    def __init__(self, workspace: Workspace, told: list[list[str]], run: str) -> None:
        self._workspace, self._told, self._run = workspace, told, run
        self._slept = 0.0
        self.nights = 0

    def now(self) -> float:
        return super().now() + self._slept

    def sleep_until(self, moment: float) -> None:
        assert moment > super().now(), "a run is woken after it fell asleep"
        self._told.append(paused.outlook(open_run(self._run)))
        self.nights += 1
        self._slept += DAY
        for lab in self._workspace.labs.values():
            lab.advance_clock(DAY)
        shutil.rmtree(self._workspace.folder / ".cache")


def test_a_run_goes_on_by_itself_over_three_days(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, source, run_id = way
    workspace.environment["XDG_CACHE_HOME"] = str(workspace.folder / ".cache")
    workspace.approve(run_id)
    _stand_in(workspace, monkeypatch)
    run, told = open_run(run_id), list[list[str]]()
    write_record(
        run.sealed, sealed_fingerprint(run), "terminal", 3 * DAY
    )  # as if it had been forecast to take three days
    monkeypatch.setattr(going, "beginning", beginning)
    monkeypatch.setattr(paused, "is_at_work", lambda _: True)  # this process is the worker
    monkeypatch.setattr(sandboxed, "goes_by_cohorts", lambda _: True)  # as a run does that is forecast to take days
    going.start(run)
    salesforce = workspace.labs["salesforce"]
    salesforce.control("daily", requests=REQUESTS_A_DAY)

    calendar = Calendar(workspace, told, run_id)
    worker.work(run, calendar)

    assert (calendar.nights, run.state().status) == (2, "done"), salesforce.counters()
    assert [step.status for step in run.state().history].count(Status.PAUSED) == 2
    assert _refusals(workspace) == 0, "the run keeps to its share and is never turned away"
    for lines in told:
        text = "\n".join(lines)
        assert "allowance of calls for the day is spent" in text and "Goes on by itself" in text and "of 400" in text
        assert "Meanwhile" in text
    salesforce.control("daily", requests=0)
    assert ends.difference(ends.found(workspace.salesforce), ends.expected(source)) == {}
    workspace.proven(run_id)


@contextmanager
def beginning(_: RunDirectory) -> Iterator[Any]:
    """A worker that is given leave and does its work below."""
    yield SimpleNamespace(pid=os.getpid(), go=lambda: None)


def _refusals(workspace: Workspace) -> int:
    counted = workspace.labs["salesforce"].counters()
    return sum(number for name, number in counted.items() if name.startswith("refusals/403"))


def _stand_in(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a worker's process has: the folder and the environment that the person started it from."""
    monkeypatch.chdir(Path(workspace.folder))
    for name, value in workspace.environment.items():
        monkeypatch.setenv(name, value)
