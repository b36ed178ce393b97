"""A production account, for real: the practice CRMs deny being one, credentials are sealed at a terminal, and only the passphrase opens the gate."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pexpect
import pytest

from sdrbot_skills import lab
from tests.forking import crm_migrate

PASSPHRASE = "correct horse battery"
WRONG = "incorrect horse"
CONTACTS = 3


class Terminal:
    """Commands in a scratch folder, at a real terminal (`at_terminal`) or through pipes (`piped`)."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("HUBSPOT_", "SF_", "CRM_MIGRATE_"))
        }
        self.environment = {**kept, **environment, "COLUMNS": "160", "NO_COLOR": "1"}

    def piped(self, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return crm_migrate(words, self.folder, self.environment, typed)

    def at_terminal(self, *words: str, answers: list[tuple[str, str]]) -> tuple[int, str]:
        """Each answer is typed when its prompt shows."""
        child = pexpect.spawn(
            sys.executable,
            ["-m", "sdrbot_skills", *words],
            cwd=str(self.folder),
            env=self.environment,
            encoding="utf-8",
            timeout=120,
            dimensions=(50, 160),
        )
        said = ""
        for prompt, answer in answers:
            child.expect(prompt)
            said += child.before or ""
            child.sendline(answer)
        child.expect(pexpect.EOF)
        said += child.before or ""
        child.close()
        assert child.exitstatus is not None, f"ended by signal {child.signalstatus}: {said}"
        return child.exitstatus, said


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    with lab.running("hubspot", "salesforce", environment="production", variants=["production_org"]) as (
        hubspot,
        salesforce,
    ):
        rows = [
            {"objectWriteTraceId": str(n), "properties": {"email": f"p{n}@example.com", "lastname": f"Person {n}"}}
            for n in range(CONTACTS)
        ]
        headers = {"Authorization": f"Bearer {hubspot.env['HUBSPOT_ACCESS_TOKEN']}"}
        made = httpx.post(
            f"{hubspot.base_url}/crm/v3/objects/contacts/batch/create", json={"inputs": rows}, headers=headers
        )
        assert made.status_code == 201, made.text
        found = Terminal(tmp_path, {**hubspot.env, **salesforce.env})
        found.salesforce = salesforce  # type: ignore[attr-defined]
        yield found


def test_only_the_passphrase_at_a_terminal_opens_the_gate(terminal: Terminal) -> None:
    consent = [("Type .run as root.", "run as root")] if os.geteuid() == 0 else []
    planned = terminal.piped(
        "plan", "--from", "hubspot", "--to", "salesforce", "--objects", "contacts", "--accept-proposals", "--json"
    )
    assert planned.returncode == 0, planned.stderr
    rehearsed = terminal.piped("dry-run", "plan.yaml", "--json")
    assert rehearsed.returncode == 0, rehearsed.stderr
    run = json.loads(rehearsed.stdout)["run"]

    in_the_clear = terminal.piped("approve", run, typed="Northwind Practice Co\n")
    assert in_the_clear.returncode == 3 and "setup --seal" in in_the_clear.stderr

    for connection in ("hubspot", "salesforce"):
        prompts = [("New passphrase", PASSPHRASE), ("The same again", PASSPHRASE)]
        code, said = terminal.at_terminal("setup", "--seal", connection, answers=prompts)
        assert code == 0, said
    terminal.environment = {
        name: value for name, value in terminal.environment.items() if not name.startswith(("HUBSPOT_", "SF_"))
    }

    through_a_pipe = terminal.piped("approve", run, typed=f"Northwind Practice Co\n{PASSPHRASE}\n")
    assert through_a_pipe.returncode == 3
    not_yet = terminal.piped("live", run)
    assert not_yet.returncode == 3 and "approval" in not_yet.stderr

    code, said = terminal.at_terminal(
        "approve", run, answers=[*consent, ("Passphrase of", WRONG), *consent, ("Passphrase of", PASSPHRASE)]
    )
    assert code == 0, said
    assert PASSPHRASE not in said
    assert terminal.salesforce.writes() == {}  # type: ignore[attr-defined]

    live = terminal.piped("live", run, "--json")
    assert live.returncode == 0, live.stdout + live.stderr
    assert json.loads(live.stdout)["status"] == "pilot_done"
    done = terminal.piped("continue", run, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert terminal.salesforce.writes() == {"Contact/inserted": CONTACTS}  # type: ignore[attr-defined]
