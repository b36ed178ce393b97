"""Verify finds what is wrong, each kind of it."""

from __future__ import annotations

import sqlite3

import pytest

from tests.engine.test_faults import fill
from tests.engine.world import World


@pytest.fixture
def moved(world: World) -> World:
    fill(world, 5, 16, 4)
    world.live()
    assert world.verify().total.model_dump() == {
        "lost": 0,
        "duplicated": 0,
        "mismatched": 0,
        "links_missing": 0,
        "checked": 25,
    }
    return world


def test_a_record_that_vanished_from_the_target_is_lost(moved: World) -> None:
    del moved.target.objects["Deal"][next(iter(moved.target.objects["Deal"]))]
    assert moved.verify().objects["deals"].lost == 1


def test_a_value_that_was_bent_is_a_mismatch(moved: World) -> None:
    record = next(iter(moved.target.objects["Contact"].values()))
    record.values["LastName"] = "Bent"
    proof = moved.verify()
    assert (proof.total.mismatched, proof.differences[0].field, proof.differences[0].target_id) == (
        1,
        "LastName",
        record.id,
    )


def test_a_second_record_with_the_same_migration_key_is_a_double(moved: World) -> None:
    twin = next(iter(moved.target.objects["Contact"].values()))
    moved.target.put("Contact", twin.values)
    assert moved.verify().total.duplicated == 1


def test_without_a_key_a_record_made_twice_is_a_double(world: World) -> None:
    world.key = False
    fill(world, 5, 16, 4)
    world.target.clock = 4_000_000_000_000
    world.live()
    assert world.verify().total.duplicated == 0
    twin = next(iter(world.target.objects["Contact"].values()))
    world.target.put("Contact", twin.values)
    assert world.verify().total.duplicated == 1


def test_a_link_that_is_not_there_is_missing(moved: World) -> None:
    moved.target.links.pop(next(iter(moved.target.links)))
    contact = next(one for one in moved.target.objects["Contact"].values() if one.values.get("AccountId"))
    contact.values["AccountId"] = None
    proof = moved.verify()
    assert proof.objects["deals"].links_missing == 1
    assert proof.objects["contacts"].links_missing == 1


def test_a_source_record_that_the_journal_never_mentions_is_lost(moved: World) -> None:
    with sqlite3.connect(moved.folder / "live" / "journal.sqlite") as journal:
        journal.execute("DELETE FROM records WHERE object='contacts' AND source_id='s1010'")
        journal.commit()
    journal.close()
    assert moved.verify().objects["contacts"].lost == 1


def test_a_record_that_the_ledger_knows_and_the_journal_does_not_is_unexpected(moved: World) -> None:
    moved.target.ledger.created["Contact"].append(moved.target.put("Contact", {"LastName": "Smuggled"}))
    assert "unexpected" in {one.kind for one in moved.verify().differences}


def test_a_record_that_came_to_the_source_since_is_noted_and_not_lost(moved: World) -> None:
    moved.contact("Late", "late@example.com")
    proof = moved.verify()
    assert proof.total.lost == 0
    assert [one.rule for one in proof.findings] == ["came_since"]


def test_an_edit_after_the_run_is_told_from_a_wrong_value(world: World) -> None:
    ours, theirs = world.contact("One", "one@example.com"), world.contact("Two", "two@example.com")
    world.live()
    world.target.objects["Contact"][world.by_key("Contact", ours)[0].id].values["LastName"] = "Wrong from the beginning"
    world.target.clock += 3000
    world.target.change("Contact", world.by_key("Contact", theirs)[0].id, {"LastName": "Edited"})
    result = world.verify()
    assert result.total.mismatched == 2
    told = {one.source_id: "changed after the run's last write" in one.message for one in result.differences}
    assert told == {ours: False, theirs: True}
