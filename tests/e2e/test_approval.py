"""What was approved is what runs: anything else is refused by name, with nothing written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sdrbot_skills.lab.processes import running
from sdrbot_skills.runs.lock import account_lock
from tests.e2e import company
from tests.e2e.conftest import Way
from tests.e2e.harness import Workspace


def test_an_approved_run_is_bound_to_what_was_shown(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each change is made, refused, and taken back; then, with an unrelated new field on the target, the run starts."""
    workspace, _, run = way
    _refused(workspace, run, "not_approved", "no approval")
    assert workspace.cm("approve", run, typed="Some Other Company", good=None).code == 3
    _refused(workspace, run, "not_approved", "no approval")
    workspace.approve(run)
    sealed = workspace.run_folder(run) / "sealed"

    with _edited(sealed / "script.py", b"\n", b"\n\n"):
        _refused(workspace, run, "changed_script", "script")
    with _edited(sealed / "plan.yaml", b"to: Title", b"to: Department"):
        _refused(workspace, run, "changed_plan", "plan")
    with _edited(sealed / "budget.json", b"400", b"900"):
        _refused(workspace, run, "changed_budget", "numbers of records")
    with _edited(next(sealed.glob("approval*.json")), b'"valid_seconds": 4', b'"valid_seconds": 9'):
        _refused(workspace, run, "tampered_record", "changed after it was written")

    with running("salesforce", name="other", account_name="Somebody Else Ltd") as other:
        variables = {name.partition("__")[0]: value for name, value in other.env.items()}
        own = dict(workspace.environment)
        workspace.environment.update(variables)
        refusal = workspace.cm("live", run, good=None)
        assert refusal.code == 3, refusal.said
        assert "account" in refusal.said
        workspace.environment.update({name: own[name] for name in variables})
        assert not other.writes()

    salesforce = workspace.salesforce
    row = salesforce.request("GET", "/tooling/query?q=SELECT+Id+FROM+CustomField+WHERE+DeveloperName='Customer_tier'")[
        "records"
    ][0]
    salesforce.change_field(row["Id"], "Account.Customer_tier__c", **company.tiers("Gold", "Silver"))
    _refused(
        workspace,
        run,
        "changed_touched_schema",
        "field, option or object that the plan uses",
        "Customer_tier__c",
        "without Bronze",
    )
    salesforce.change_field(row["Id"], "Account.Customer_tier__c", **company.tiers(*company.TIERS))

    monkeypatch.setenv("XDG_DATA_HOME", workspace.environment["XDG_DATA_HOME"])
    target = workspace.labs["salesforce"]
    with account_lock("salesforce", target.base_url, target.account["id"], "another-run"):
        _refused(workspace, run, "account_locked", "Run another-run is writing")

    salesforce.make_field("Contact.Shoe_size__c", type="Number", precision=3, scale=1)
    workspace.cm("live", run)
    workspace.proven(run)


def _refused(workspace: Workspace, run: str, code: str, *words: str) -> None:
    before = workspace.labs["salesforce"].writes()
    ended = workspace.cm("live", run, "--json", good=None)
    assert ended.code == 3, ended.said
    error = json.loads(ended.out)["error"]
    assert error["code"] == code, error
    for word in words:
        assert word in error["message"]
    assert workspace.labs["salesforce"].writes() == before


class _edited:
    """A file with one thing changed, for a while."""

    def __init__(self, path: Path, old: bytes, new: bytes) -> None:
        self._path, self._before = path, path.read_bytes()
        assert old in self._before, path
        self._after = self._before.replace(old, new, 1)

    def __enter__(self) -> None:
        self._path.write_bytes(self._after)

    def __exit__(self, *_: object) -> None:
        self._path.write_bytes(self._before)
