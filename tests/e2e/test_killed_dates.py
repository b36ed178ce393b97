"""kill -9 of runs that carry creation dates over: what came without an answer is recognised, though it looks as old as it was on the source."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sdrbot_skills import lab
from sdrbot_skills.lab.plain import ACCOUNTS
from tests.e2e import company
from tests.e2e.company import Company
from tests.e2e.harness import Workspace
from tests.e2e.killing import Point, kill_and_resume, points
from tests.e2e.stage import Stage

LONG_AGO = datetime.now(UTC) - timedelta(days=3 * 365)
COUNTS = {"companies": 4, "contacts": 9, "deals": 4}
WRITES = {
    "twenty": ({"method": "POST", "path": r"^/rest/batch/(companies|people|opportunities)$"}, 3),
    "pipedrive": ({"method": "POST", "path": r"^/api/v2/(organizations|persons|deals)$"}, sum(COUNTS.values())),
}
"""What a write of new records looks like at each target, and how many a run sends."""
DATES = {
    "twenty": {one: f"/rest/{one}?limit=200&depth=0" for one in ("companies", "people", "opportunities")},
    "pipedrive": {one: f"/api/v2/{one}?limit=500" for one in ("organizations", "persons")},
}
"""Lists of the records that are given a date; a deal of Pipedrive takes none."""
KEEPS_UNIQUE = {"twenty"}
"""Pipedrive has no unique fields: what its key does not show after a kill may still be on its way, and is not sent again."""
CREATED = {"twenty": "createdAt", "pipedrive": "add_time"}

Back = Callable[[str, bool], "Way"]


class Way:
    """A migration into one target as it stands before its dry run, with a migration key or without."""

    def __init__(self, workspace: Workspace, source: Company, crm: str) -> None:
        self.workspace, self.source, self.crm = workspace, source, crm

    def killed(self, point: Point) -> int:
        """Rehearse, approve, kill there and resume; how many records were left in quarantine."""
        run = str(self.workspace.rehearse()["run"])
        self.workspace.approve(run, self.crm)
        kill_and_resume(self.workspace, run, point, WRITES[self.crm][0])
        self.workspace.proven(run)
        live = json.loads((self.workspace.run_folder(run) / "trusted" / "live.json").read_text())
        return int(sum(counts["quarantine"] for counts in live["counts"].values()))

    def there(self) -> dict[str, Counter[str]]:
        """What tells the records of the target apart, by kind."""
        with closing(ACCOUNTS[self.crm](self.workspace.labs[self.crm])) as account:
            rows = {kind: account.read(kind).values() for kind in COUNTS}
        return {kind: Counter(row.get("email") or row["name"] for row in found) for kind, found in rows.items()}

    def wanted(self) -> dict[str, Counter[str]]:
        """The same of the source."""
        named = {"companies": "name", "contacts": "email", "deals": "dealname"}
        return {kind: Counter(row[field] for row in self.source.rows[kind]) for kind, field in named.items()}

    def years(self) -> set[str]:
        """Years in which the target's records say they were made."""
        found = set()
        with closing(ACCOUNTS[self.crm](self.workspace.labs[self.crm])) as account:
            for kind, path in DATES[self.crm].items():
                data = account.call("GET", path)["data"]
                found |= {row[CREATED[self.crm]][:4] for row in (data[kind] if isinstance(data, dict) else data)}
        return found


@pytest.fixture(scope="module")
def back(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Back]:
    """Back to where a target's way begins, keyed or not; each is walked once."""
    root, stages, sources = tmp_path_factory.mktemp("dates"), dict[str, Stage](), dict[str, Company]()
    places = (root / "tries" / str(number) for number in range(1000))
    with ExitStack() as running:

        def begin(crm: str, keyed: bool) -> Way:
            if crm not in stages:
                labs = running.enter_context(lab.running("hubspot", crm))
                stages[crm], sources[crm] = _begun(root / crm, crm, *labs)
            name = "keyed" if keyed else "unkeyed"
            if keyed and not (root / crm / "kept" / name).exists():
                stages[crm].begin("unkeyed").make_key(connection=crm)
                stages[crm].keep(name)
            return Way(stages[crm].back(name, next(places)), sources[crm], crm)

        yield begin


def _begun(root: Path, crm: str, *labs: lab.Emulator) -> tuple[Stage, Company]:
    stage, hubspot = Stage(root, *labs), labs[0]
    age = (datetime.now(UTC) - LONG_AGO).total_seconds()
    hubspot.advance_clock(-age)
    source = company.found(stage.workspace.hubspot, **COUNTS)
    hubspot.advance_clock(age)
    stage.workspace.plan(target=crm)
    stage.keep("unkeyed")
    return stage, source


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("keyed", [True, False], ids=["keyed", "unkeyed"])
@pytest.mark.parametrize("crm", WRITES)
def test_kills_lose_and_double_nothing(back: Back, crm: str, keyed: bool) -> None:
    for number, point in enumerate(points(16, WRITES[crm][1], seed=3)):
        way = back(crm, keyed)
        in_doubt = _killed(way, keyed, point)
        assert way.years() == {str(LONG_AGO.year)}, "the dates were not carried, and this proves nothing"
        print(f"{number:3} {crm} {point}: {in_doubt} in doubt", flush=True)


def _killed(way: Way, keyed: bool, point: Point) -> int:
    """Nothing is there twice, and what is in quarantine is just what is not there: nothing, where the target keeps our key unique."""
    in_doubt, wanted, there = way.killed(point), way.wanted(), way.there()
    lacking = {kind: wanted[kind] - there[kind] for kind in wanted}
    assert {kind: there[kind] - wanted[kind] for kind in wanted} == {kind: Counter() for kind in wanted}, point
    assert sum(one.total() for one in lacking.values()) == in_doubt, (point, lacking)
    assert not (keyed and way.crm in KEEPS_UNIQUE and in_doubt), point
    return in_doubt
