"""How many calls a run takes: hardly more than the least possible, and as many as its forecast said."""

from __future__ import annotations

from collections import Counter
from math import ceil
from pathlib import Path
from typing import Any

import orjson
import pytest

from sdrbot_skills import lab
from tests.e2e import company, ends
from tests.e2e.harness import Workspace

COMPANIES, CONTACTS, DEALS, MORE_ROLES = 2_000, 10_000, 3_000, 1_500
JOBS, CALLS_PER_JOB = 4, 4
"""One job each for companies, contacts, deals and contact roles: open, upload, start, successes."""
PARENTS = ceil(COMPANIES / 100)
"""Which company is whose parent is a labelled link, which HubSpot's pages do not carry."""
LEAST = sum(ceil(number / 100) for number in (COMPANIES, CONTACTS, DEALS)) + PARENTS + JOBS * CALLS_PER_JOB


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_tenth_of_a_large_move_takes_the_calls_that_were_forecast(tmp_path: Path) -> None:
    with lab.running("hubspot", "salesforce") as (hubspot, salesforce):
        workspace = Workspace(tmp_path, hubspot, salesforce)
        made = company.found(workspace.hubspot, companies=COMPANIES, contacts=CONTACTS, deals=DEALS)
        deals, people = made.ids["deals"], made.ids["contacts"]
        more = [(deals[number], people[number + COMPANIES]) for number in range(MORE_ROLES)]
        workspace.hubspot.link("deals", "contacts", company.DEAL_TO_CONTACT, more)
        made.links["roles"] += more
        company.furnish(workspace.salesforce)
        workspace.plan()
        workspace.make_key()
        run = str(workspace.rehearse()["run"])
        forecast = orjson.loads((workspace.run_folder(run) / "trusted" / "dry.json").read_bytes())["forecast"]
        workspace.approve(run)
        workspace.cm("live", run)
        assert ends.difference(ends.found(workspace.salesforce), ends.expected(made)) == {}
        workspace.proven(run)
        taken = _calls(workspace.run_folder(run) / "trusted" / "live" / "audit.jsonl")
    foreseen = forecast["source"]["total_calls"] + forecast["target"]["total_calls"]
    print(f"least {LEAST}, forecast {foreseen}: {forecast['source']['calls']} {forecast['target']['calls']}")
    print(f"taken {sum(taken.values())}: {dict(taken)}", flush=True)
    assert sum(taken.values()) == pytest.approx(foreseen, rel=0.05)
    assert sum(taken.values()) <= 1.05 * LEAST


def _calls(audit: Path) -> Counter[str]:
    """What went out from the first list page on, without looks at jobs: before it, a start reads both schemas once, whatever the number of records."""
    entries = [
        entry
        for line in audit.read_bytes().splitlines()
        if (entry := orjson.loads(line))["event"] in ("read", "intent")
    ]
    first = next(number for number, entry in enumerate(entries) if _is_list(entry))
    return Counter(_kind(entry) for entry in entries[first:] if not _is_look(entry))


def _is_list(entry: dict[str, Any]) -> bool:
    return entry["connection"] == "hubspot" and entry["method"] == "GET" and "/objects/" in entry["path"]


def _is_look(entry: dict[str, Any]) -> bool:
    return entry["method"] == "GET" and entry["path"].rpartition("/")[0].endswith(("jobs/ingest", "jobs/query"))


def _kind(entry: dict[str, Any]) -> str:
    head, job, tail = entry["path"].partition("/jobs/ingest/")
    return f"{entry['method']} {head}{job}{tail.partition('/')[2]}"
