"""Runs that come after runs: a second one, one after a pilot, one after records came and went, one that was paused."""

from __future__ import annotations

import pytest

from tests.engine.misfortune import Faults
from tests.engine.test_faults import assert_exactly_once, fill
from tests.engine.world import World


@pytest.mark.parametrize("key", [True, False])
def test_a_second_run_changes_nothing(world: World, key: bool) -> None:
    world.key = key
    fill(world, 5, 16, 0)
    world.live()
    before = world.target.contents()
    written = {name: number for name, number in world.target.calls.items() if name.startswith(("write", "link"))}
    second = world.live("second")
    assert world.target.contents() == before
    assert written == {
        name: number for name, number in world.target.calls.items() if name.startswith(("write", "link"))
    }
    assert {name: (one.create, one.update, one.skip) for name, one in second.counts.items()} == {
        "companies": (0, 0, 5), "contacts": (0, 0, 16), "deals": (0, 0, 0),
    }  # fmt: skip


def test_a_second_run_makes_no_link_that_is_there(world: World) -> None:
    fill(world, 3, 6, 4)
    world.live()
    calls, links = world.target.calls["link"], dict(world.target.links)
    second = world.live("second")
    assert (world.target.calls["link"], world.target.links) == (calls, links)
    assert second.counts["deals"].links == 0


def test_only_what_changed_on_the_source_is_sent_again(world: World) -> None:
    fill(world, 5, 16, 4)
    world.live()
    changed = next(iter(world.source.objects["contacts"]))
    world.source.change("contacts", changed, {"last": "Renamed"})
    second = world.live("second")
    assert second.counts["contacts"].update == 1
    assert world.by_key("Contact", changed)[0].values["LastName"] == "Renamed"


def test_a_blank_source_value_never_clears_what_the_target_holds(world: World) -> None:
    person = world.contact("Stone", "stone@example.com", first="Ann")
    world.live()
    world.source.change("contacts", person, {"first": None})
    world.live("second")
    assert world.by_key("Contact", person)[0].values["FirstName"] == "Ann"


def test_a_pilot_and_then_the_rest_equals_a_run_without_pilot(world: World) -> None:
    fill(world, 9, 40, 8)
    world.dry()
    scope = world.folder / "dry" / "journal.sqlite"
    pilot = world.live(scope=scope, pilot=10)
    assert pilot.state == "pilot_done"
    created = sum(one.create for one in pilot.counts.values())
    assert 9 <= created < 40
    assert world.live(scope=scope).state == "done"
    assert_exactly_once(world)
    assert sum(world.live("again").counts[name].skip for name in ("companies", "contacts", "deals")) == 57


def test_a_pilot_brings_the_parents_its_records_need(world: World) -> None:
    fill(world, 9, 40, 8)
    world.dry()
    world.live(scope=world.folder / "dry" / "journal.sqlite", pilot=6)
    for contact in world.target.objects["Contact"].values():
        source_id = contact.values["migration_key"].split(":")[-1]
        company = [end for kind, start, end in world.source.links if kind == "company" and start == source_id]
        assert [one.id for name in company for one in world.by_key("Account", name)] == (
            [contact.values["AccountId"]] if company else []
        )


def test_records_that_came_or_went_since_the_dry_run_are_deferred_and_listed(world: World) -> None:
    fill(world, 3, 10, 0)
    world.dry()
    late = world.contact("Late", "late@example.com")
    gone = next(iter(world.source.objects["contacts"]))
    del world.source.objects["contacts"][gone]
    changed = list(world.source.objects["contacts"])[3]
    world.source.change("contacts", changed, {"last": "Newer"})
    live = world.live(scope=world.folder / "dry" / "journal.sqlite")
    assert (live.counts["contacts"].deferred, live.counts["contacts"].gone, live.counts["contacts"].create) == (1, 1, 9)
    assert world.by_key("Contact", late) == []
    assert world.by_key("Contact", changed)[0].values["LastName"] == "Newer"


def test_a_spent_daily_allowance_pauses_the_run_and_it_goes_on_later(world: World) -> None:
    fill(world, 5, 20, 5)
    paused = world.live(faults=Faults(daily_limit_at=25))
    assert paused.state == "paused"
    assert paused.wake_at is not None
    assert world.live().state == "done"
    assert_exactly_once(world)


def test_a_retry_makes_the_links_that_were_left(world: World) -> None:
    long_name = world.company("")
    person = world.contact("Stone", "stone@example.com", long_name)
    first = world.live()
    assert (first.counts["companies"].quarantine, first.counts["contacts"].create) == (1, 1)
    assert {one.rule for one in first.findings} == {"required_missing", "other_end_quarantined"}
    world.source.change("companies", long_name, {"name": "Mended"})
    retry = world.live("retry", only={"companies": [long_name], "contacts": [person], "deals": []})
    assert retry.counts["companies"].create == 1
    assert world.by_key("Contact", person)[0].values["AccountId"] == world.by_key("Account", long_name)[0].id
