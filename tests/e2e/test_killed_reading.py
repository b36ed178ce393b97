"""kill -9 while a whole object is read by a query job: opened, looked at, its parts fetched. After resuming, every record is there once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from sdrbot_skills import lab, planning
from tests.e2e.harness import Workspace
from tests.e2e.killing import kill_and_resume, points
from tests.e2e.stage import Stage

CONTACTS = 11_000
"""Two parts of a job's result, six pages."""
OF_A_QUERY = {"path": r"/jobs/query"}
REQUESTS = 5
"""Open, two looks, two parts."""


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_kills_while_a_job_is_read_lose_and_double_nothing(tmp_path: Path) -> None:
    with lab.running("hubspot", "salesforce") as labs:
        stage = Stage(tmp_path / "stage", *labs)
        emails = _planned(stage.workspace)
        stage.keep("planned")
        for number, point in enumerate(points(24, REQUESTS, seed=23)[::3]):
            workspace = stage.back("planned", tmp_path / str(number))
            run = str(workspace.rehearse()["run"])
            workspace.approve(run, "hubspot")
            resumes = kill_and_resume(workspace, run, point, OF_A_QUERY, "source")
            found = workspace.hubspot.records("contacts", ["email"])
            assert Counter(row["email"] for row in found.values()) == emails, point
            workspace.proven(run)
            print(f"{number:3} {point}: as it should be after {resumes} resumes", flush=True)


def _planned(workspace: Workspace) -> Counter[str | None]:
    """Contacts in Salesforce, and a plan to read them by a job; their addresses."""
    people = [{"LastName": f"Person {n}", "Email": f"person{n:05}@kill.example"} for n in range(CONTACTS)]
    workspace.salesforce.create("Contact", people)
    workspace.plan("contacts", source="salesforce", target="hubspot")
    path = workspace.folder / "plan.yaml"
    plan = planning.load_plan(path)
    plan.limits.lane = "bulk"
    planning.save_plan(plan, path)
    workspace.make_key(connection="hubspot")
    return Counter(person["Email"] for person in people)
