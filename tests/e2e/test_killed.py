"""kill -9 at seeded points of a live run: after resuming, every record is there once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

import pytest

from tests.e2e import ends
from tests.e2e.conftest import Way
from tests.e2e.harness import Workspace
from tests.e2e.killing import Point, kill_and_resume, points

WITH_KEY = {"path": r"/composite/sobjects(/\w+/CRM_\w+|)$"}
WRITES_WITH_KEY = 5
WITHOUT_KEY = {"path": r"/composite/sobjects$"}
WRITES_WITHOUT_KEY = 5

A_FEW = [Point("before_commit", "worker", 2, 0), Point("after_commit", "group", 2, 0)]


@pytest.mark.parametrize("point", A_FEW, ids=str)
def test_a_killed_run_ends_as_one_that_was_not(back: Callable[[str], Way], point: Point) -> None:
    _killed_with_key(back("rehearsed"), point)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_fifty_kills_lose_and_double_nothing(back: Callable[[str], Way]) -> None:
    for number, point in enumerate(points(50, WRITES_WITH_KEY)):
        resumes = _killed_with_key(back("rehearsed"), point, verify=number % 5 == 0)
        print(f"{number:3} {point}: as it should be after {resumes} resumes", flush=True)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_twenty_kills_without_a_migration_key_double_nothing(back: Callable[[str], Way]) -> None:
    for number, point in enumerate(points(20, WRITES_WITHOUT_KEY, seed=7)):
        way = back("unkeyed")
        kill_and_resume(*_approved(way), point, WITHOUT_KEY)
        doubtful = _in_doubt(way)
        print(f"{number:3} {point}: {doubtful} in doubt", flush=True)


def _killed_with_key(way: Way, point: Point, *, verify: bool = True) -> int:
    workspace, run = _approved(way)
    resumes = kill_and_resume(workspace, run, point, WITH_KEY)
    assert ends.difference(ends.found(workspace.salesforce), ends.expected(way.source)) == {}, point
    if verify:
        workspace.proven(run)
    return resumes


def _approved(way: Way) -> tuple[Workspace, str]:
    way.workspace.approve(way.run)
    return way.workspace, way.run


def _in_doubt(way: Way) -> int:
    """Nothing is there twice; what is not there is in quarantine, by name."""
    wanted, found = ends.expected(way.source), ends.found(way.workspace.salesforce)
    live = json.loads((way.workspace.run_folder(way.run) / "trusted" / "live.json").read_text())
    quarantined = sum(counts["quarantine"] for counts in live["counts"].values())
    lacking = 0
    for name in ("accounts", "contacts", "deals"):
        there = Counter(record[0] for record in found[name].elements())
        assert set(there.values()) <= {1}, f"doubled: {there.most_common(3)}"
        lacking += sum(wanted[name].values()) - there.total()
    assert lacking <= quarantined, (lacking, quarantined)
    return quarantined
