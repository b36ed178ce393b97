"""`demo`: the whole way on two practice CRMs, by the same commands a person types; every command is shown before it runs."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from sdrbot_skills.cli.output import console, exiting
from sdrbot_skills.errors import ConfigurationError, MigrationError
from sdrbot_skills.matrix.tables import LABELS
from sdrbot_skills.model.results import Finding

CONNECTIONS = ("HUBSPOT_", "SF_", "PIPEDRIVE_", "ZOHO_", "ATTIO_", "TWENTY_", "CRM_MIGRATE_")
ZEROS = ("lost", "duplicated", "mismatched", "links_missing")


def add_to(app: typer.Typer) -> None:
    """Mount the command."""
    app.command()(exiting(demo))


def demo(
    source: Annotated[str, typer.Option("--from", help="The CRM that has the believable company.")] = "hubspot",
    target: Annotated[str, typer.Option("--to", help="The CRM that it moves to.")] = "salesforce",
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its files; made new.")] = Path("crm-migrate-demo"),
    keep_lab: Annotated[bool, typer.Option("--keep-lab", help="Leave the practice CRMs running afterwards.")] = False,
) -> int:
    """Rehearse a whole migration, HubSpot to Salesforce unless told, on practice CRMs with a believable company in them."""
    for crm in (source, target):
        if crm not in LABELS:
            raise ConfigurationError(f"There is no practice {crm}; there are {', '.join(LABELS)}.")
    if source == target:
        raise ConfigurationError(
            "The demo moves between two different CRMs; `crm-migrate matrix` also does one to its like."
        )
    stage = _Stage(folder)
    began = time.monotonic()
    try:
        return _play(stage, source, target, began)
    finally:
        if not keep_lab:
            stage.quiet("lab", "down")


def _play(stage: _Stage, source: str, target: str, began: float) -> int:
    account = _set_up(stage, source, target)
    _plan(stage, source, target)
    _make_key(stage, target, account)
    run = _rehearse(stage)

    console.rule("Approval, pilot, the rest")
    stage.show("approve", run, typed=account)
    stage.json("live", run, "--pilot", "20", "--json", good=(0, 4))
    stage.show("continue", run, good=(0, 4))

    console.rule("Proof and report")
    verified = stage.json("verify", run, "--json")
    stage.show("report", run)
    console.print(", ".join(f"{word.replace('_', ' ')} {verified[word]}" for word in ZEROS))
    console.print(f"Done in {time.monotonic() - began:.0f} seconds. Everything is in {stage.folder}.")
    return 0 if not any(verified[word] for word in ZEROS) else 1


def _set_up(stage: _Stage, source: str, target: str) -> str:
    """The two practice CRMs; the name of the target's account, which approvals are typed with."""
    console.rule(f"Two practice CRMs, {LABELS[source]} with a believable company in it")
    accounts = stage.json("lab", "up", "--crm", f"{source},{target}", "--seed", "demo", "--json")
    stage.environment.update({name: value for crm in accounts.values() for name, value in crm["env"].items()})
    return str(accounts[target]["account"]["name"])


def _plan(stage: _Stage, source: str, target: str) -> None:
    console.rule("What is there")
    stage.show("discover", source)
    console.rule("A plan, and its questions")
    objects = "companies,contacts,deals"
    planned = stage.json("plan", "--from", source, "--to", target, "--objects", objects, "-o", "plan.yaml", "--json")
    for question in planned["questions"]:
        _answer(stage, question)
    stage.show("check", "plan.yaml")


def _make_key(stage: _Stage, target: str, account: str) -> None:
    console.rule("The migration key, a schema change with an approval of its own")
    stage.show("setup", "--privileged", target, typed=account)
    schema = stage.json("schema", "plan.yaml", "--json")["run"]
    stage.show("approve", schema, typed=account)
    stage.json("live", schema, "--json")
    stage.show("setup", "--standard")


def _rehearse(stage: _Stage) -> str:
    console.rule("Dry run: everything but the writing")
    rehearsal = stage.json("dry-run", "plan.yaml", "--json")
    for name, counts in rehearsal["counts"].items():
        console.print(f"  {name}: " + ", ".join(f"{word} {count:,}" for word, count in counts.items()))
    for finding in rehearsal["findings"]:
        console.print("  [yellow]![/]", Text(Finding.model_validate(finding).told))
    return str(rehearsal["run"])


def _answer(stage: _Stage, question: dict[str, Any]) -> None:
    console.print(f"[bold]? {question['text']}[/]")
    choice = question["suggestion"] or next(iter(question["choices"]), None)
    if choice is None:
        raise MigrationError(f"The demo has no answer to {question['id']}.")
    console.print(f"  we answer: [cyan]{choice}[/] ({question['choices'].get(choice, 'as suggested')})")
    stage.quiet("answer", "plan.yaml", f"{question['id']}={choice}")


class _Stage:
    """A folder of its own in which commands run, each shown first."""

    def __init__(self, folder: Path) -> None:
        self.folder = (folder / time.strftime("%Y%m%d-%H%M%S")).absolute()
        self.folder.mkdir(parents=True)
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(CONNECTIONS)}

    def show(self, *words: str, typed: str | None = None, good: tuple[int, ...] = (0,)) -> None:
        """Run a command and let it speak for itself."""
        self._say(words, typed)
        self._run(words, typed, good, capture=False)

    def json(self, *words: str, good: tuple[int, ...] = (0,)) -> Any:
        """Run a command and read its JSON."""
        self._say(words, None)
        return json.loads(self._run(words, None, good, capture=True))

    def quiet(self, *words: str) -> None:
        """Run a command without showing what it prints."""
        self._run(words, None, (0,), capture=True)

    def _say(self, words: tuple[str, ...], typed: str | None) -> None:
        console.print(
            f"[bold green]$[/] crm-migrate {shlex.join(words)}" + (f"   [dim](typed: {typed})[/]" if typed else "")
        )

    def _run(self, words: tuple[str, ...], typed: str | None, good: tuple[int, ...], *, capture: bool) -> str:
        sys.stdout.flush()
        ended = subprocess.run(
            [sys.executable, "-m", "sdrbot_skills", *words],
            cwd=self.folder,
            env=self.environment,
            input=f"{typed}\n" if typed else "",
            stdout=subprocess.PIPE if capture else None,
            text=True,
            check=False,
        )
        if ended.returncode not in good:
            raise MigrationError(
                f"`crm-migrate {shlex.join(words)}` ended with {ended.returncode}.\n{ended.stdout or ''}"
            )
        return ended.stdout or ""
