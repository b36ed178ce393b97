"""Credentials lie nowhere; customers' values only where they have to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from tests.e2e.conftest import Way

HOLDS_VALUES = {"scope.sqlite", "dry.json"}
"""Which records are meant, and the samples that the person is shown: sealed and trusted, with values by design."""
CUSTOMERS = ("leakington", "geheim", "555 98 76 543", "works-00", "Works No.", "Fairweather", "résumé")


def test_logs_audit_ledger_and_state_hold_no_customer_and_nothing_a_credential(back: Callable[[str], Way]) -> None:
    workspace = back("planned").workspace
    told: list[str] = []
    leak = {"email": "geheim@leakington.example", "lastname": "Leakington", "jobtitle": "geheim " * 30}
    workspace.hubspot.create("contacts", [{**leak, "phone": "+1 555 98 76 543"}])
    rehearsed = workspace.cm("dry-run", "plan.yaml", "--json")
    run = rehearsed.json()["run"]
    workspace.approve(run)
    workspace.labs["salesforce"].fault("reset", when="after_commit", path="/composite/sobjects/", skip=1)
    told.append(workspace.cm("live", run, good=(0, 4)).said)
    told.append(workspace.cm("verify", run).said)
    undo = workspace.cm("undo", run, "--json")
    told.append(workspace.cm("approve", undo.json()["run"], typed=workspace.account("salesforce")).said)
    told.append(workspace.cm("live", undo.json()["run"]).said)
    told.append(workspace.cm("runs").said + workspace.cm("status", run).said + workspace.cm("connections").said)

    secrets = [value for lab in workspace.labs.values() for name, value in lab.env.items() if not name.endswith("URL")]
    for path, body in _files(workspace.folder):
        for secret in secrets:
            assert secret.encode() not in body, f"a credential in {path}"
    for path, body in _files(workspace.folder / ".crm-migrate"):
        if path.parent.name == "work" or path.name in HOLDS_VALUES:
            continue
        found = [value for value in CUSTOMERS if value.encode() in body]
        assert not found, f"{found} in {path}"
    for text in told:
        assert not [value for value in CUSTOMERS if value in text], text


def _files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield path, path.read_bytes()
