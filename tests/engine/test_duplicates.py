"""Source records with the same match key, under each policy."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.world import World


def two_of_one(world: World, policy: str) -> tuple[str, str]:
    world.changes = {"contacts": {"source_duplicates": policy}}
    company = world.company("Acme")
    older = world.contact("Old", "Same@example.com", company, first="Ann", no_mail="true")
    for n in range(20):
        world.contact(f"Between{n}", f"b{n}@example.com")
    newer = world.contact("New", "same@example.com")
    world.source.links["company", newer, company] = None
    world.deal("Deal", older, newer)
    return older, newer


def contacts(world: World) -> list[dict[str, Any]]:
    return [one.values for one in world.target.objects["Contact"].values() if one.values["Email"] == "same@example.com"]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("merge", [("New", "Ann", "true")]), ("newest", [("New", None, "true")]), ("oldest", [("Old", "Ann", "true")])],
)
def test_one_record_remains_and_an_opt_out_is_never_lost(
    world: World, policy: str, expected: list[tuple[str, ...]]
) -> None:
    two_of_one(world, policy)
    live = world.live()
    found = contacts(world)
    assert [(one["LastName"], one.get("FirstName"), one.get("OptOut")) for one in found] == expected
    assert (live.counts["contacts"].create, live.counts["contacts"].skip) == (21, 1)
    assert len([link for link in world.target.links if link[0] == "Role"]) == 1
    assert world.verify().total.model_dump(exclude={"checked"}) == {
        "lost": 0,
        "duplicated": 0,
        "mismatched": 0,
        "links_missing": 0,
    }


def test_quarantined_duplicates_wait_for_a_person(world: World) -> None:
    two_of_one(world, "quarantine")
    live = world.live()
    assert contacts(world) == []
    assert live.counts["contacts"].quarantine == 2
    assert {"duplicate_in_source", "other_end_quarantined", "this_end_not_carried"} == {
        one.rule for one in live.findings
    }


def test_nothing_is_left_of_the_file_they_were_gathered_in(world: World) -> None:
    two_of_one(world, "merge")
    world.live()
    assert not list(world.folder.glob("*/duplicates-*"))


def test_a_second_run_changes_nothing(world: World) -> None:
    two_of_one(world, "merge")
    world.live()
    before = world.target.contents()
    second = world.live("second")
    assert world.target.contents() == before
    assert (second.counts["contacts"].create, second.counts["contacts"].update) == (0, 0)
