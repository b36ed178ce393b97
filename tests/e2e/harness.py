"""A person at a terminal, played: a folder of their own, two practice CRMs, and the commands they type."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from sdrbot_skills.lab.processes import Emulator
from tests.e2e.judge import HubSpot, Salesforce
from tests.forking import crm_migrate
from tests.support import ROOT

ZEROS = ("lost", "duplicated", "mismatched", "links_missing")


class Ended(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err

    def json(self) -> Any:
        return json.loads(self.out)


class Workspace:
    """One working folder with connections to practice CRMs."""

    def __init__(self, folder: Path, *labs: Emulator) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        scrubbed = ("HUBSPOT_", "SF_", "CRM_MIGRATE_", "COV_")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(scrubbed)}
        self.environment["PYTHONPATH"] = str(ROOT)
        self.environment["XDG_DATA_HOME"] = str(folder / ".data")
        self.environment["XDG_CACHE_HOME"] = str(folder / ".cache")
        self.labs: dict[str, Emulator] = {}
        for lab in labs:
            self.connect(lab)

    def connect(self, lab: Emulator) -> None:
        """Export the lab's variables, as `eval "$(crm-migrate lab env)"` does."""
        self.labs[lab.crm] = lab
        self.environment.update(lab.env)

    @property
    def hubspot(self) -> HubSpot:
        return HubSpot(self.labs["hubspot"].base_url, self.labs["hubspot"].env)

    @property
    def salesforce(self) -> Salesforce:
        return Salesforce(self.labs["salesforce"].base_url, self.labs["salesforce"].env)

    def cm(self, *words: str, typed: str | None = None, good: tuple[int, ...] | None = (0,)) -> Ended:
        """Run `crm-migrate WORDS`; `good`: the exit codes that are as expected, None for any. Never a traceback."""
        ended = crm_migrate(words, self.folder, self.environment, f"{typed}\n" if typed else "")
        result = Ended(ended.returncode, ended.stdout, ended.stderr)
        assert "Traceback (most recent call last)" not in result.said, result.said
        assert good is None or result.code in good, f"crm-migrate {' '.join(words)}: {result.code}\n{result.said}"
        return result

    def json(self, *words: str, good: tuple[int, ...] | None = (0,)) -> Any:
        """Run a command with --json and read what it says."""
        return self.cm(*words, "--json", good=good).json()

    # -- the way of a migration --------------------------------------------------------------------------------------------

    def plan(
        self,
        objects: str = "companies,contacts,deals",
        *words: str,
        source: str = "hubspot",
        target: str = "salesforce",
        answers: Callable[[dict[str, Any]], str] | None = None,
        name: str = "plan.yaml",
    ) -> dict[str, Any]:
        """Make a plan and answer its questions (by the suggestion, else the first choice, unless told); what `plan` said."""
        made = self.json("plan", "--from", source, "--to", target, "--objects", objects, *words, "-o", name)
        given = [f"{question['id']}={(answers or suggested)(question)}" for question in made["questions"]]
        if given:
            self.cm("answer", name, *given)
        return dict(made)

    def make_key(self, name: str = "plan.yaml", connection: str = "salesforce") -> str:
        """Make the custom fields that the plan needs; the id of that run."""
        self.cm("setup", "--privileged", connection, typed=self.account(connection))
        run = str(self.json("schema", name)["run"])
        self.approve(run, connection)
        self.cm("live", run)
        self.cm("setup", "--standard")
        return run

    def rehearse(self, *words: str, name: str = "plan.yaml") -> dict[str, Any]:
        """A dry run; its summary."""
        return dict(self.json("dry-run", name, *words))

    def approve(self, run: str, connection: str = "salesforce") -> None:
        """Agree, as a person would."""
        self.cm("approve", run, typed=self.account(connection))

    def account(self, connection: str) -> str:
        """The name of the account that a connection leads to."""
        return self.labs[connection.partition("-")[0]].account["name"]

    def run_folder(self, run: str) -> Path:
        return self.folder / ".crm-migrate" / "runs" / run

    def state(self, run: str) -> dict[str, Any]:
        """The run's state as it lies on disk."""
        return dict(json.loads((self.run_folder(run) / "trusted" / "state.json").read_bytes()))

    def proven(self, run: str) -> dict[str, Any]:
        """Verify, and insist on zeros."""
        told = self.json("verify", run)
        assert {word: told[word] for word in ZEROS} == dict.fromkeys(ZEROS, 0), told
        return dict(told)


def suggested(question: dict[str, Any]) -> str:
    """The answer that the demo gives too."""
    return str(question["suggestion"] or next(iter(question["choices"])))
