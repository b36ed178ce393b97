"""What needed a person goes in once it is mended, with the links that waited for it, and nothing else is touched."""

from __future__ import annotations

from pathlib import Path

from sdrbot_skills import lab
from tests.e2e.company import DEAL_TO_CONTACT
from tests.e2e.harness import Workspace


def test_a_mended_record_and_its_links_are_brought_in(tmp_path: Path) -> None:
    with lab.running("hubspot", "salesforce") as (hubspot, salesforce):
        workspace = Workspace(tmp_path, hubspot, salesforce)
        people = [
            {"email": f"p{n}@example.com", "firstname": "Ada", "lastname": f"Person {n}" if n else ""} for n in range(4)
        ]
        ids = workspace.hubspot.create("contacts", people)
        (deal,) = workspace.hubspot.create(
            "deals", [{"dealname": "First", "dealstage": "closedwon", "closedate": "2026-03-01"}]
        )
        workspace.hubspot.link("deals", "contacts", DEAL_TO_CONTACT, [(deal, ids[0])])
        workspace.plan("contacts,deals", answers=_keep_back)
        workspace.make_key()
        first = workspace.rehearse()
        assert first["counts"]["contacts"]["quarantine"] == 1
        workspace.approve(first["run"])
        assert workspace.cm("live", first["run"], good=(4,)).code == 4
        assert workspace.salesforce.count("Contact") == 3
        assert workspace.salesforce.count("OpportunityContactRole") == 0

        workspace.hubspot.update("contacts", ids[0], {"lastname": "Mended"})
        again = workspace.json("retry", first["run"])
        assert again["counts"]["contacts"]["create"] == 1 and again["counts"]["contacts"]["read"] <= 1, again["counts"]
        workspace.approve(again["run"])
        workspace.cm("live", again["run"])

        assert sorted(row["LastName"] for row in workspace.salesforce.query("SELECT LastName FROM Contact")) == [
            "Mended",
            "Person 1",
            "Person 2",
            "Person 3",
        ]
        assert workspace.salesforce.count("OpportunityContactRole") == 1
        workspace.proven(again["run"])
        assert "nothing is left to try" in workspace.cm("retry", first["run"], good=(2,)).said


def _keep_back(question: dict[str, object]) -> str:
    choices = question["choices"]
    assert isinstance(choices, dict)
    return "quarantine" if "quarantine" in choices else str(question["suggestion"] or next(iter(choices)))
