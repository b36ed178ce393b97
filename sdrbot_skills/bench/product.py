"""The product's own way over a direction: plan, schema run for the migration key, dry run, approval by the piped account name, live, verify."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson

from sdrbot_skills import planning
from sdrbot_skills.bench.figures import Figures, least_calls
from sdrbot_skills.bench.stage import Stage
from sdrbot_skills.bench.watching import Usage, cpu_of
from sdrbot_skills.lab.processes import Emulator
from sdrbot_skills.model.plan import WhenFound

CONTACTS = "contacts"
PROCESSES = ("script", "broker")
ZEROS = ("lost", "duplicated", "mismatched", "links_missing")
HUBSPOT_CALLS, HUBSPOT_SECONDS = 190, 10.0
"""HubSpot's allowance of a private app on Professional (vendor doc "API usage guidelines"), which the practice HubSpot keeps to."""


def migrate(stage: Stage, source: Emulator, target: Emulator, records: int, *, update: bool = False) -> Figures:
    """Contacts from one practice CRM to the other; with `update` onto records that are there already, whose old values are kept."""
    plan_file, share = _plan(stage, source, target, update=update)
    if not update:
        _make_key(stage, target, plan_file)
    run = stage.run("dry-run", plan_file, "--json")["run"]
    stage.run("approve", run, typed=target.account["name"])
    counted = Counters((source, target))
    live = stage.watch("-m", "sdrbot_skills", "live", run, "--json")
    figures = counted.since(f"{source.crm} to {target.crm}" + (", updates" if update else ""), records)
    figures.least_calls = least_calls(source.crm, target.crm, records, images=update)
    audit = read_audit(stage.folder / ".crm-migrate" / "runs" / run / "trusted" / "live" / "audit.jsonl")
    begin, end = _span(audit)
    figures.span = end - begin
    _add_usage(figures, live.processes, begin, end)
    hubspot = next(one for one in (source, target) if one.crm == "hubspot")
    figures.rate_used = rate_used(audit, connection(hubspot), share)
    proof = stage.run("verify", run, "--json")
    figures.problems = {name: proof[name] for name in ZEROS}
    return figures


def connection(emulator: Emulator) -> str:
    """What a practice account is called as a connection."""
    return emulator.crm if emulator.name == "default" else f"{emulator.crm}-{emulator.name}"


class Counters:
    """What practice CRMs have counted and used so far."""

    def __init__(self, emulators: Iterable[Emulator]) -> None:
        self._before = [(one, one.counters(), cpu_of(one.pid)) for one in emulators]

    def since(self, way: str, records: int) -> Figures:
        """Calls, refusals and processor time since then."""
        figures = Figures(way, records, cpu={"emulators": 0.0})
        for emulator, before, cpu in self._before:
            more = Counter(emulator.counters())
            more.subtract(before)
            figures.calls[connection(emulator)] = _sum(more, "requests/")
            figures.throttled += _sum(more, "refusals/429")
            figures.cpu["emulators"] += cpu_of(emulator.pid) - cpu
        return figures


def _sum(counters: Counter[str], prefix: str) -> int:
    return sum(count for name, count in counters.items() if name.startswith(prefix))


def _plan(stage: Stage, source: Emulator, target: Emulator, *, update: bool) -> tuple[str, float]:
    """The plan's file, and the share of the account's rate that it lets us use."""
    name = f"{connection(source)}-{connection(target)}.yaml"
    sides = ("--from", connection(source), "--to", connection(target))
    stage.run("plan", *sides, "--objects", CONTACTS, "-o", name, "--accept-proposals", "--json")
    made = planning.load_plan(stage.folder / name)
    if update:
        made.objects[CONTACTS].match.when_found = WhenFound.UPDATE
        planning.save_plan(made, stage.folder / name)
    return name, made.limits.share


def _make_key(stage: Stage, target: Emulator, plan_file: str) -> None:
    account = target.account["name"]
    stage.run("setup", "--privileged", connection(target), typed=account)
    run = stage.run("schema", plan_file, "--json")["run"]
    stage.run("approve", run, typed=account)
    stage.run("live", run, "--json")
    stage.run("setup", "--standard")


def read_audit(path: Path) -> list[dict[str, Any]]:
    """What the broker wrote down of the calls of a run."""
    entries: list[dict[str, Any]] = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    return [entry for entry in entries if entry["event"] in ("read", "intent", "outcome")]


def rate_used(audit: Iterable[Mapping[str, Any]], name: str, share: float) -> float:
    """Calls to HubSpot of those allowed between its first and its last: before and after it is waited for nothing that the rate could hold up."""
    times = [entry["at"] for entry in audit if entry["event"] != "outcome" and entry["connection"] == name]
    allowed = share * HUBSPOT_CALLS / HUBSPOT_SECONDS
    seconds: float = max(times) - min(times)
    return (len(times) - 1) / (allowed * seconds) if seconds else 0.0


def _span(audit: Iterable[Mapping[str, Any]]) -> tuple[float, float]:
    """The first and the last call by the broker's clock, epoch seconds."""
    times = [entry["at"] for entry in audit]
    return min(times), max(times)


def _add_usage(figures: Figures, processes: Iterable[Usage], begin: float, end: float) -> None:
    for name in PROCESSES:
        mine = [one for one in processes if one.role == name]
        figures.cpu[name] = sum(one.cpu_between(begin, end) for one in mine)
        figures.start[name] = sum(one.cpu_between(0.0, begin) for one in mine)
        figures.peak[name] = max((one.peak for one in mine), default=0)
