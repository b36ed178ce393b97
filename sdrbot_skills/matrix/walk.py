"""One direction, walked: plan, migration key, dry run, approval, live, proof; again; with changes; and back."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from sdrbot_skills.lab.plain import ACCOUNTS
from sdrbot_skills.lab.processes import Emulator
from sdrbot_skills.matrix.judge import ZEROS
from sdrbot_skills.matrix.labs import connection
from sdrbot_skills.matrix.terminal import QUARANTINED, Program, Terminal

OBJECTS = "companies,contacts,deals"
_ENDED = (0, QUARANTINED)


@dataclass
class Went:
    """What a live run did by the product's own account. `calls`: what each practice CRM counted meanwhile; `writes`: what was written on the target."""

    run: str
    counts: dict[str, dict[str, int]]
    quarantined: dict[str, dict[str, str]]
    proof: dict[str, int] = field(default_factory=dict)
    calls: dict[str, Counter[str]] = field(default_factory=dict)
    writes: Counter[str] = field(default_factory=Counter)


class Walk:
    """The commands of one direction, in a folder of their own."""

    def __init__(self, folder: Path, source: Emulator, target: Emulator, program: Program) -> None:
        self.source, self.target = source, target
        self.terminal = Terminal(folder, (source, target), program)
        self.file = "plan.yaml"

    def plan(self) -> dict[str, Any]:
        """Propose and take every proposal, then make what the plan needs; the plan as YAML."""
        sides = ("--from", connection(self.source), "--to", connection(self.target))
        told = self.terminal.run("plan", *sides, "--objects", OBJECTS, "-o", self.file, "--json")
        answers = [f"{one['id']}={self._answer(one)}" for one in told["questions"]]
        if answers:
            self.terminal.run("answer", self.file, *answers)
        plan = self.read_plan()
        if plan.get("schema_changes"):
            self._make_fields()
        return plan

    def _answer(self, question: dict[str, Any]) -> str:
        """The proposal; only for a deal that must have an owner and has none a person is named."""
        if question["id"] == "deals.blank.owner":
            with closing(ACCOUNTS[self.target.crm](self.target)) as account:
                return f"constant {account.owner()}"
        if question["id"] == "all.owners.users" and "leave" not in question["choices"]:
            return str(next(iter(question["target_names"])))
        return str(question["suggestion"] or next(iter(question["choices"])))

    def read_plan(self) -> dict[str, Any]:
        """The plan's file, as anybody reads YAML."""
        return dict(YAML(typ="safe").load(self.terminal.folder / self.file))

    def _make_fields(self) -> None:
        account = self.target.account["name"]
        self.terminal.run("setup", "--privileged", connection(self.target), typed=account)
        run = self.terminal.run("schema", self.file, "--json")["run"]
        self.terminal.run("approve", run, typed=account)
        self.terminal.run("live", run, "--json")
        self.terminal.run("setup", "--standard")

    def migrate(self, *, prove: bool = False) -> Went:
        """Dry run, approval, live run, proof."""
        run = self.terminal.run("dry-run", self.file, "--json")["run"]
        self.terminal.run("approve", run, typed=self.target.account["name"])
        before = {one.name: Counter(one.counters()) for one in (self.source, self.target)}
        live = self.terminal.run("live", run, "--json", good=_ENDED)
        more = {one.name: _since(before[one.name], one) for one in (self.source, self.target)}
        report = self.terminal.run("report", run, "--json")
        held: dict[str, dict[str, str]] = {}
        for entry in report["quarantine"]:
            held.setdefault(entry["object"], {})[entry["source_id"]] = entry["rule"]
        went = Went(run, live["counts"], held)
        went.calls = {name: _named(counted, "requests/") for name, counted in more.items()}
        went.writes = _named(more[self.target.name], "writes/")
        if prove:
            proof = self.terminal.run("verify", run, "--json", good=(0, 1))
            went.proof = {name: proof[name] for name in ZEROS}
        return went


def _since(before: Counter[str], emulator: Emulator) -> Counter[str]:
    more = Counter(emulator.counters())
    more.subtract(before)
    return +more


def _named(counted: Counter[str], prefix: str) -> Counter[str]:
    return Counter({name.removeprefix(prefix): count for name, count in counted.items() if name.startswith(prefix)})
