"""A dry run and a live run of a small world."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pytest

from sdrbot_skills.engine.journal import Journal
from sdrbot_skills.model.records import Operation, Row
from tests.engine.dummy import DummyCrm
from tests.engine.world import World


def fill(world: World) -> None:
    companies = [world.company(f"Company {n}", domain=f"c{n}.example") for n in range(6)]
    world.source.links["parent", companies[0], companies[3]] = None
    contacts = [world.contact(f"Last{n}", f"p{n}@example.com", companies[n % 6]) for n in range(20)]
    for n in range(5):
        world.deal(f"Deal {n}", contacts[n], contacts[n + 1], stage="open")


def test_a_dry_run_writes_nothing_and_counts_everything(world: World) -> None:
    fill(world)
    result = world.dry()
    assert world.target.contents() == {}
    assert {name: (one.read, one.create) for name, one in result.counts.items()} == {
        "companies": (6, 6), "contacts": (20, 20), "deals": (5, 5),
    }  # fmt: skip
    assert result.link_counts == {"companies": {"ParentId": 1}, "contacts": {"AccountId": 20}, "deals": {"Role": 10}}
    assert result.findings == []


def test_a_dry_run_does_not_promise_the_links_of_a_record_that_stays_behind(world: World) -> None:
    company = world.company("Company")
    world.contact("A name that is far too long for it", "p@example.com", company)
    world.contact("Stone", "stone@example.com", company)
    assert world.dry().counts == world.live().counts


def test_a_live_run_carries_what_the_dry_run_counted(world: World) -> None:
    fill(world)
    dry = world.dry()
    live = world.live(scope=world.folder / "dry" / "journal.sqlite")
    assert live.state == "done"
    assert live.counts == dry.counts
    assert len(world.target.objects["Contact"]) == 20
    assert len(world.target.links) == 10
    child = world.by_key("Account", "s1001")[0]
    assert child.values["ParentId"] == world.by_key("Account", "s1004")[0].id


def test_no_batch_leaves_before_its_intent_is_on_disk(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the disk is: a write whose rows nobody wrote down is lost or doubled by a kill."""
    for number in range(20):
        world.contact(f"Last {number}", f"p{number}@example.com")
    commit, write, left = Journal._commit, DummyCrm.write, list[int]()

    def slowly(self: Journal, gathered: Any) -> None:
        time.sleep(0.01)
        commit(self, gathered)

    def writing(self: DummyCrm, object_name: str, operation: Operation, rows: Sequence[Row], *more: Any) -> Any:
        with closing(sqlite3.connect(world.folder / "live" / "journal.sqlite")) as disk:
            marks = ",".join("?" * len(rows))
            sql = f"SELECT count(*) FROM records r JOIN batches b ON b.id = r.batch WHERE r.state='sent' AND r.source_id IN ({marks})"
            assert disk.execute(sql, [row.key for row in rows]).fetchone() == (len(rows),)
        left.append(len(rows))
        return write(self, object_name, operation, rows, *more)

    monkeypatch.setattr(Journal, "_commit", slowly)
    monkeypatch.setattr(DummyCrm, "write", writing)
    world.live()
    assert sum(left) == 20
