"""Pipedrive's leads, which belong to somebody and may lie in the archive: to another Pipedrive as leads, to HubSpot as deals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from sdrbot_skills.lab.processes import Emulator, running
from tests.e2e.harness import Workspace

pytestmark = pytest.mark.long

LEADS, ARCHIVED = 8, 3


def client(lab: Emulator) -> httpx.Client:
    token = next(value for name, value in lab.env.items() if name.startswith("PIPEDRIVE_API_TOKEN"))
    return httpx.Client(base_url=lab.base_url, headers={"x-api-token": token}, trust_env=False)


def fill(lab: Emulator) -> None:
    """People of organizations, each with a lead; some leads are archived."""
    with client(lab) as http:

        def make(path: str, **values: Any) -> Any:
            return http.post(path, json=values).raise_for_status().json()["data"]["id"]

        for number in range(LEADS):
            org = make("/api/v2/organizations", name=f"Org {number}")
            person = make("/api/v2/persons", name=f"Ada No{number}", org_id=org)
            ends = {"person_id": person, "organization_id": org} if number % 2 else {"person_id": person}
            money = {"amount": 100.5 + number, "currency": "EUR"}
            lead = make("/api/v1/leads", title=f"Lead {number}", value=money, expected_close_date="2027-01-31", **ends)
            if number < ARCHIVED:
                http.patch(f"/api/v1/leads/{lead}", json={"is_archived": True}).raise_for_status()


def carried(workspace: Workspace, target: str) -> str:
    objects = "companies,contacts,leads"
    workspace.plan(objects, source="pipedrive", target=target)
    workspace.make_key(connection=target)
    run = str(workspace.rehearse()["run"])
    workspace.approve(run, target)
    workspace.cm("live", run)
    workspace.proven(run)
    return run


def test_leads_stay_leads_in_another_pipedrive(tmp_path: Path) -> None:
    with running("pipedrive") as ours, running("pipedrive", name="second") as theirs:
        fill(ours)
        workspace = Workspace(tmp_path / "second", ours, theirs)
        run = carried(workspace, "pipedrive-second")
        with client(theirs) as http:
            archived = http.get("/api/v1/leads/archived").json()["data"]
            there = [*http.get("/api/v1/leads").json()["data"], *archived]
        assert (len(there), len(archived)) == (LEADS, ARCHIVED)
        assert sorted(lead["value"]["amount"] for lead in there) == [100.5 + number for number in range(LEADS)]
        assert sum(lead["organization_id"] is not None for lead in there) == LEADS // 2
        assert all(lead["person_id"] for lead in there)
        back = str(workspace.json("undo", run)["run"])
        workspace.approve(back, "pipedrive-second")
        workspace.cm("live", back)
        with client(theirs) as http:
            assert http.get("/api/v1/leads").json()["data"] == []


def test_leads_become_deals_elsewhere(tmp_path: Path) -> None:
    with running("pipedrive") as ours, running("hubspot", search_lag=0.0) as theirs:
        fill(ours)
        workspace = Workspace(tmp_path / "hubspot", ours, theirs)
        carried(workspace, "hubspot")
        assert theirs.writes()["deals/inserted"] == LEADS
