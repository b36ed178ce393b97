"""People work on in both CRMs between dry run and live run: what each of their changes comes to, in exact figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.e2e.company import CONTACT_TO_COMPANY
from tests.e2e.conftest import Way

ADDED, CHANGED, DELETED, EDITED, THERE = 50, 50, 5, 20, 40
HERS = "Edited by a colleague"
SOQL = "SELECT Id, Email, Title, Department FROM Contact"
SAID = (
    "50 changed on the source since the dry run; they were carried as they are now.",
    "50 came to the source since the dry run and are left: `crm-migrate delta {run}` carries them.",
    "5 are gone from the source since the dry run; nothing was made of them.",
    "10 were edited on the target since the dry run where the run would have overwritten them; they are left as they are.",
    "10 need you",
)


def test_what_changes_between_dry_run_and_live_run(back: Callable[[str], Way]) -> None:
    workspace, source, _ = back("planned")
    hubspot, salesforce, ids = workspace.hubspot, workspace.salesforce, source.ids["contacts"]
    emails = [row["email"] for row in source.rows["contacts"]]
    theirs = salesforce.create(
        "Contact", [{"LastName": f"Before {n}", "Email": emails[n], "Title": "Theirs"} for n in range(THERE)]
    )
    run = workspace.rehearse()["run"]

    people = [{"email": f"new{n}@works-000.example", "firstname": "New", "lastname": f"New {n}"} for n in range(ADDED)]
    added = hubspot.create("contacts", people)
    hubspot.link("contacts", "companies", CONTACT_TO_COMPANY, [(one, source.ids["companies"][0]) for one in added])
    for one in ids[100 : 100 + CHANGED]:
        hubspot.update("contacts", one, {"jobtitle": "Promoted"})
    hubspot.archive("contacts", ids[-DELETED:])
    for number, one in enumerate(
        theirs[:EDITED]
    ):  # half in a field that the run would overwrite, half in one that it does not know
        salesforce.update("Contact", one, {"Title" if number < 10 else "Department": HERS})

    workspace.approve(run)
    told = workspace.cm("live", run, good=(4,)).out
    report: dict[str, Any] = workspace.json("report", run)

    counts = report["counts"]["contacts"]
    figures = {"create": 355, "update": 30, "skip": 0, "quarantine": 10, "deferred": 50, "gone": 5}
    assert {name: counts[name] for name in figures} == figures
    there = {row["Id"]: row for row in salesforce.query(SOQL)}
    assert len(there) == THERE + 355
    assert [there[one]["Title"] for one in theirs[:10]] == [HERS] * 10
    assert [there[one]["Department"] for one in theirs[10:EDITED]] == [HERS] * 10
    assert "Theirs" not in {there[one]["Title"] for one in theirs[10:]}
    assert sum(row["Title"] == "Promoted" for row in there.values()) == CHANGED
    assert not {row["Email"] for row in there.values()} & {*emails[-DELETED:], *(one["email"] for one in people)}
    _is_told(run, told, report, gone=ids[-DELETED:], deferred=added)
    workspace.proven(run)

    for one in ids[200:203]:
        hubspot.update("contacts", one, {"jobtitle": "Promoted later"})
    delta = workspace.json("delta", run)
    assert {name: delta["counts"]["contacts"][name] for name in ("read", "create", "update")} == {
        "read": 53, "create": 50, "update": 3,
    }  # fmt: skip
    workspace.approve(delta["run"])
    workspace.cm("live", delta["run"])
    homes = salesforce.query("SELECT Account.Name FROM Contact WHERE FirstName = 'New'")
    assert [row["Account"]["Name"] for row in homes] == ["Works No. 000 GmbH"] * ADDED
    assert len(salesforce.query("SELECT Id FROM Contact WHERE Title = 'Promoted later'")) == 3
    assert salesforce.count("Contact") == THERE + 355 + ADDED


def _is_told(run: str, told: str, report: dict[str, Any], *, gone: list[str], deferred: list[str]) -> None:
    """The same sentences at the terminal and in the report, which names each record."""
    said = [line.format(run=run) for line in SAID]
    assert all(line in " ".join(told.split()) for line in said), told
    assert all(line.startswith(start) for line, start in zip(report["meanwhile"], said, strict=True)), report[
        "meanwhile"
    ]
    fates = {
        fate: {one["source_id"] for one in report["aside"] if one["fate"] == fate} for fate in ("gone", "deferred")
    }
    assert fates == {"gone": set(gone), "deferred": set(deferred)}
    assert (report["totals"]["deferred"], report["totals"]["gone"]) == (ADDED, DELETED)
    page = Path(report["html"]).read_text()
    assert all(line.partition(":")[0] in page for line in said)
    assert gone[0] in page
