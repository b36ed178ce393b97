"""kill -9 at every step of the jobs that write: opened, uploaded, started, looked at, read. After resuming, every record is there once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sdrbot_skills import planning
from tests.e2e import ends
from tests.e2e.conftest import Way
from tests.e2e.killing import Point, kill_and_resume, points

OF_A_JOB = {"path": r"/jobs/ingest"}
OPENED, UPLOADED, STARTED, LOOKED_AT, READ = range(5)
REQUESTS = 22
"""Of four jobs (companies, contacts, deals, contact roles): open, upload, start, a look or two, what was written."""

A_FEW = [
    Point("after_commit", "group", UPLOADED, 0),
    pytest.param(Point("after_commit", "script", STARTED, 0), marks=pytest.mark.long),
    pytest.param(Point("after_answer", "broker", READ, 0), marks=pytest.mark.long),
]


@pytest.mark.parametrize("point", A_FEW, ids=str)
def test_a_run_killed_in_a_job_ends_as_one_that_was_not(back: Callable[[str], Way], point: Point) -> None:
    _killed(back("planned"), point)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_thirty_kills_in_jobs_lose_and_double_nothing(back: Callable[[str], Way]) -> None:
    for number, point in enumerate(points(30, REQUESTS, seed=11)):
        resumes = _killed(back("planned"), point)
        print(f"{number:3} {point}: as it should be after {resumes} resumes", flush=True)


def _killed(way: Way, point: Point) -> int:
    workspace = way.workspace
    path = workspace.folder / "plan.yaml"
    plan = planning.load_plan(path)
    plan.limits.lane = "bulk"
    planning.save_plan(plan, path)
    run = str(workspace.rehearse()["run"])
    workspace.approve(run)
    resumes = kill_and_resume(workspace, run, point, OF_A_JOB)
    assert ends.difference(ends.found(workspace.salesforce), ends.expected(way.source)) == {}, point
    workspace.proven(run)
    return resumes
