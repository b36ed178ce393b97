"""A pilot changes nothing about the end; an undo leaves the target as it was, but for what people did since."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e import ends
from tests.e2e.conftest import Way
from tests.e2e.harness import Workspace

MOMENTS = 4  # an answer tells its time in whole seconds
EMPTY = dict.fromkeys(("Account", "Contact", "Opportunity", "OpportunityContactRole"), 0)


def test_a_pilot_then_the_rest_ends_as_without_and_again_changes_nothing(way: Way) -> None:
    workspace, source, run = way
    workspace.approve(run)

    piloted = workspace.json("live", run, "--pilot", "20")
    assert piloted["status"] == "pilot_done"
    assert 20 <= sum(_counts(workspace).values()) <= 90, "about twenty, and what they point at"
    assert workspace.json("continue", run)["status"] == "done"

    assert ends.difference(ends.found(workspace.salesforce), ends.expected(source)) == {}
    workspace.proven(run)

    before = workspace.labs["salesforce"].writes()
    again = workspace.rehearse()
    assert {(counts["create"], counts["update"]) for counts in again["counts"].values()} == {(0, 0)}, again
    workspace.approve(again["run"])
    workspace.cm("live", again["run"])
    workspace.proven(again["run"])
    assert workspace.labs["salesforce"].writes() == before


def test_a_pilot_can_be_taken_back(way: Way) -> None:
    workspace, _, run = way
    workspace.approve(run)
    workspace.cm("live", run, "--pilot", "20")

    _undo(workspace, run)

    assert _counts(workspace) == EMPTY


def test_undo_restores_what_was_there_and_spares_what_was_edited_since(back: Callable[[str], Way]) -> None:
    workspace, source, _ = back("planned")
    salesforce = workspace.salesforce
    rows = [
        {"LastName": f"Before {n}", "Email": source.rows["contacts"][n]["email"], "Title": f"Old title {n}"}
        for n in range(30)
    ]
    ids = salesforce.create("Contact", rows)
    original = _contacts(workspace)
    run = workspace.rehearse()
    assert run["counts"]["contacts"]["update"] == 30
    workspace.approve(run["run"])
    workspace.cm("live", run["run"])
    workspace.proven(run["run"])
    changed = _contacts(workspace)
    assert all(changed[one] != original[one] for one in ids)
    workspace.labs["salesforce"].advance_clock(MOMENTS)
    edited_created = salesforce.query("SELECT Id FROM Contact WHERE Email LIKE 'person0399@%'")[0]["Id"]
    salesforce.update("Contact", edited_created, {"Title": "Edited by a colleague"})
    salesforce.update("Contact", ids[3], {"Department": "Edited by a colleague"})

    told = _undo(workspace, run["run"])

    left = _contacts(workspace)
    assert left.keys() == {*ids, edited_created}
    assert {one: left[one] for one in ids if one != ids[3]} == {one: original[one] for one in ids if one != ids[3]}
    assert left[edited_created]["Title"] == "Edited by a colleague"
    assert left[ids[3]] == changed[ids[3]] | {"AccountId": left[ids[3]]["AccountId"]}, "spared whole"
    assert edited_created in told
    assert ids[3] in told
    assert salesforce.count("Opportunity") == 0


def _undo(workspace: Workspace, run: str) -> str:
    """Take a run back; what was said about it, before and after."""
    prepared = workspace.cm("undo", run, "--json")
    child = prepared.json()["run"]
    workspace.approve(child)
    workspace.cm("live", child)
    return prepared.out + (workspace.folder / "files" / "migrations" / child / "undo.json").read_text()


def _contacts(workspace: Workspace) -> dict[str, dict[str, str]]:
    soql = "SELECT Id, LastName, FirstName, Email, Title, Phone, AccountId FROM Contact"
    return {row["Id"]: row for row in workspace.salesforce.query(soql)}


def _counts(workspace: Workspace) -> dict[str, int]:
    salesforce = workspace.salesforce
    return {name: salesforce.count(name) for name in EMPTY}
