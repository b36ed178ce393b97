"""The documents are walked: every command they show is run once, in their order, in one folder with one pair of practice CRMs and little data.

Where a command stands for a person at a terminal, for minutes of trials, or for a run that was interrupted, the test that does that is named.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from sdrbot_skills.cli import app
from sdrbot_skills.errors import MigrationError
from sdrbot_skills.lab import seed
from sdrbot_skills.lab.demo import Demo, make
from sdrbot_skills.planning import load_plan
from sdrbot_skills.runs import privileged
from tests.e2e.harness import suggested
from tests.support import ROOT
from tests.test_docs import DOCUMENTS

ELSEWHERE = {
    "setup": "tests/runs/test_setting_up.py",
    "setup --forget": "tests/runs/test_setting_up.py",
    "doctor": "tests/sandbox/test_doctor.py",
    "demo": "tests/test_wheel.py",
    "chat": "tests/agent/test_chat.py",
    "plan": "tests/test_walk.py",
}
"""Commands, as they stand or with one option, that need a terminal, a while, or more words, and where they are run."""
WITH_ARGUMENTS = {"bench": "tests/bench", "matrix": "tests/matrix", "resume": "tests/e2e/test_killed.py"}
"""Commands that take minutes or a run that was interrupted, whatever stands behind them, and where they are run."""

ACCOUNT = "Northwind Practice Co"
TYPED = {"approve": f"{ACCOUNT}\n", "setup": f"{ACCOUNT}\n", "admin": f"{ACCOUNT}\n", "forget": "y\n"}
"""What a person types: the account's name, which is what approves for a practice CRM, and a yes to what cannot be taken back."""

FENCED = re.compile(r"```sh\n(.*?)```", re.DOTALL)
INLINE = re.compile(r"`(crm-migrate [^`]+)`")
PLACES = re.compile(r"\b(RUN|CONNECTION|QUESTION=ANSWER|ID=ANSWER|TOOL|KEY=VALUE)\b")
CONTACTS, COMPANIES, DEALS = 12, 4, 4


def in_blocks(document: Path) -> Iterator[str]:
    """The commands of a document's blocks, in their order."""
    for block in FENCED.findall(document.read_text(encoding="utf-8")):
        yield from (line.partition(" #")[0].strip() for line in block.splitlines() if "crm-migrate" in line)


def in_sentences(document: Path) -> Iterator[str]:
    """The commands that its sentences name."""
    yield from (found.split(" · ")[0] for found in INLINE.findall(document.read_text(encoding="utf-8")))


def small(number: int = 1) -> Demo:
    """A few of the demo's records, one without a last name among them."""
    demo = make(number)
    nameless = next(at for at, row in enumerate(demo.contacts) if not row.get("lastname"))
    kept = [*range(CONTACTS), nameless]
    return replace(
        demo,
        companies=demo.companies[:COMPANIES],
        contacts=[demo.contacts[at] for at in kept],
        deals=demo.deals[:DEALS],
        contact_companies=[(kept.index(a), b) for a, b in demo.contact_companies if a in kept and b < COMPANIES],
        deal_companies=[(a, b) for a, b in demo.deal_companies if a < DEALS and b < COMPANIES],
        deal_contacts=[(a, kept.index(b)) for a, b in demo.deal_contacts if a < DEALS and b in kept],
        opted_out=[at for at, row in enumerate(kept) if row in demo.opted_out],
    )


class Walk:
    """One person in one folder, who reads the documents and types what they show."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self.ran: set[str] = set()
        self._run = ""
        self._migrated = ""

    def step(self, line: str) -> None:
        """Type one line, where it can be typed here. The same line may stand in a way more than once."""
        if line.startswith("eval "):
            for name, value in re.findall(r"export (\w+)=(\S+)", self._type(["lab", "env"]).output):
                self._patch.setenv(name, shlex.split(value)[0])
            return
        words = shlex.split(line)[1:]
        if " ".join(words[:2]) in ELSEWHERE or words[0] in WITH_ARGUMENTS:
            return
        self.ran.add(_name(line))
        if words[0] == "admin" and privileged.current() is None:  # the sentence around it says that the mode is on
            self._type(["setup", "--privileged", "salesforce"], typed=TYPED["setup"])
        if words[0] == "delta":
            _newcomer()
        self._type([part for word in words for part in self._meant(word)], typed=TYPED.get(words[0], ""))
        self._follow(words)

    def _meant(self, word: str) -> list[str]:
        match PLACES.fullmatch(word):
            case None:
                return [word]
            case found if found[1] == "RUN":
                return [self._run]
            case found if "ANSWER" in found[1]:
                return _answers()
            case found if found[1] == "TOOL":
                return ["salesforce_admin_list_objects"]
            case found if found[1] == "KEY=VALUE":
                return ["include_all=true"]
            case _:
                return ["salesforce"]

    def _follow(self, words: list[str]) -> None:
        """RUN is the newest run, as a reader takes it; what follows up on a migration means that migration."""
        runs: list[dict[str, Any]] = json.loads(self._type(["runs", "--json"]).output)["runs"]
        if not runs:
            return
        migrations = [run["id"] for run in runs if run["kind"] == "migrate"]
        self._run = migrations[-1] if migrations else runs[-1]["id"]

    def _type(self, words: list[str], typed: str = "") -> Result:
        ended = CliRunner().invoke(app, words, input=typed)
        if isinstance(ended.exception, MigrationError):
            raise AssertionError(f"crm-migrate {' '.join(words)}: {ended.exception}\n{ended.output}")
        assert ended.exit_code in (0, 4), (
            f"crm-migrate {' '.join(words)}: {ended.exit_code} {ended.exception}\n{ended.output}"
        )
        return ended


def _name(line: str) -> str:
    """A command as it is known to have run: how its answer is spelled makes no difference."""
    return " ".join(word for word in shlex.split(line)[1:] if word != "--json").replace("ID=ANSWER", "QUESTION=ANSWER")


def _newcomer() -> None:
    """Somebody adds a contact to the source."""
    headers = {"Authorization": f"Bearer {os.environ['HUBSPOT_ACCESS_TOKEN']}"}
    address = f"{os.environ['HUBSPOT_BASE_URL']}/crm/v3/objects/contacts"
    properties = {"email": "newcomer@example.com", "firstname": "Nora", "lastname": "Newcomer"}
    httpx.post(address, json={"properties": properties}, headers=headers, trust_env=False).raise_for_status()


def _answers() -> list[str]:
    asked = load_plan(Path("plan.yaml")).open_questions()
    return [f"{question.id}={suggested(question.model_dump())}" for question in asked]


def test_every_command_that_the_documents_show_can_be_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CRM_MIGRATE_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(seed, "make", small)
    walk = Walk(monkeypatch)
    try:
        for line in in_blocks(DOCUMENTS[0]):
            walk.step(line)
        for line in (line for document in DOCUMENTS for line in (*in_sentences(document), *in_blocks(document))):
            if _name(line) not in walk.ran:
                walk.step(line)
    finally:
        CliRunner().invoke(app, ["lab", "down", "--all"])
    assert len(walk.ran) > 25


def test_what_is_run_elsewhere_is_run_there() -> None:
    for command, place in (ELSEWHERE | WITH_ARGUMENTS).items():
        files = [ROOT / place] if place.endswith(".py") else sorted((ROOT / place).glob("test_*.py"))
        assert any(command in file.read_text(encoding="utf-8") for file in files), f"{place} does not know {command}"
