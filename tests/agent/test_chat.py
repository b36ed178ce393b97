"""The chat as a person uses it: on a terminal through a whole migration, killed at the worst moments; and through a pipe."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdrbot_skills.runs.directory import all_runs
from sdrbot_skills.runs.state import Status
from tests.agent.conftest import CONTACTS, Practice
from tests.agent.terminal import Terminal

QUESTION, PLAN, APPROVE = (
    "what is suggested.",
    "`more` shows every field",
    "to approve (`no` or empty: do not approve):",
)


class Chats:
    """Starts chats in one folder and leaves none behind."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: list[Terminal] = []

    def start(self) -> Terminal:
        self._open.append(Terminal(self._folder))
        return self._open[-1]

    def kill(self) -> None:
        while self._open:
            self._open.pop().kill()

    def end(self) -> int:
        self._open[-1].type("/quit")
        return self._open.pop().ends()


@pytest.fixture
def chats(practice: Practice, tmp_path: Path) -> Iterator[Chats]:
    found = Chats(tmp_path)
    yield found
    found.kill()


def test_a_whole_migration_killed_at_every_wait(practice: Practice, chats: Chats) -> None:
    chat = chats.start()
    chat.wait("I move customer data")
    chat.type("please do something nice")
    chat.wait("I did not understand that.")
    chat.type("migrate contacts and companies from HubSpot to Salesforce")
    while chat.wait(QUESTION, PLAN) == QUESTION:
        chat.type("yes")
    chats.kill()

    chat = chats.start()
    chat.wait("going on where this session stopped", PLAN)
    chat.wait("1. `key`")
    chat.type("/setup privileged salesforce")
    chat.wait("to switch it on:")
    chat.type(practice.account)
    chat.wait("PRIVILEGED MODE for", "PRIVILEGED MODE for")
    chat.type("key")
    chat.wait("make field Account.CRM_Migration_Key__c", APPROVE)
    chat.wait(APPROVE)
    chats.kill()

    chat = chats.start()
    chat.wait(APPROVE)
    chat.type(practice.account)
    chat.wait("The new fields are there.")
    chat.wait("PRIVILEGED MODE,")
    chat.type("/setup standard")
    chat.wait("Standard mode")
    chat.type("yes")
    chat.wait("dry run: reading everything")
    chat.wait("nothing was written.")
    chat.wait("1 need you")
    chat.type("yes")
    chat.wait(APPROVE)
    chat.type("some other account")
    chat.wait(APPROVE)
    chat.type("")
    chat.wait("nothing was written. Say `yes`")
    run = [run for run in all_runs() if run.state().kind == "migrate"][-1]
    assert run.state().status == Status.REHEARSED and practice.leads_and_contacts() == []
    chat.type("yes")
    chat.wait(APPROVE)
    chat.type(practice.account)
    chat.wait("The pilot is done", practice.org.base_url)
    chat.type("continue")
    chat.wait("going on")
    chats.kill()

    chat = chats.start()
    proven = "Verified: 0 lost, 0 duplicated, 0 mismatched, 0 links missing"
    if chat.wait("Carry the rest of run", proven) != proven:  # killed before the answer was kept: it is asked again
        chat.type("yes")
        chat.wait(proven)
    chat.wait(f"files/migrations/{run.id}/report.html")
    assert chats.end() == 0
    assert run.state().status == Status.DONE
    assert practice.leads_and_contacts() == sorted(row["lastname"] for row in CONTACTS[:-1])


def test_ctrl_c_ends_the_waiting_and_not_the_chat(practice: Practice, chats: Chats) -> None:
    chat = chats.start()
    chat.wait("I move customer data")
    chat.type("migrate contacts created this year from HubSpot to Salesforce leads")
    chat.wait("reading both schemas")
    chat.interrupt()
    chat.wait("Stopped here.")
    chat.type("status")
    chat.wait("No run yet.")
    assert chats.end() == 0


def test_through_a_pipe(practice: Practice, tmp_path: Path) -> None:
    typed = "Migrate contacts created this year from HubSpot to Salesforce leads\nmore\n/runs\n/setup\n/nonsense\n/quit\nnever read\n"
    ended = subprocess.run(
        [sys.executable, "-m", "sdrbot_skills", "chat"],
        cwd=tmp_path,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "· reading both schemas" in ended.stdout and "questions are open" in ended.stdout
    assert "No run yet." in ended.stdout and "hubspot: hubspot, kept in the clear" in ended.stdout
    assert "\x1b" not in ended.stdout and ended.stderr == ""


def test_the_end_of_a_pipe_at_the_approval_approves_nothing(practice: Practice, tmp_path: Path) -> None:
    typed = ["migrate companies from HubSpot to Salesforce", *["yes"] * 2, "without", "yes", "yes"]
    ended = subprocess.run(
        [sys.executable, "-m", "sdrbot_skills", "chat"],
        cwd=tmp_path,
        input="\n".join(typed),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "Type the account's name" in ended.stdout and "Not approved, so nothing was written" in ended.stdout
    assert [run.state().status for run in all_runs()] == [Status.REHEARSED]
