"""What people do in either account between dry run and live run, and what a delta takes later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sdrbot_skills import engine
from sdrbot_skills.engine.delta import Delta
from sdrbot_skills.model.records import Page
from tests.engine.dummy import DummyCrm
from tests.engine.world import World


def live_after_dry(world: World, meanwhile: object = None) -> dict[str, tuple[str, str, str | None]]:
    """A dry run, what happens then, a live run; of each contact decision, state and rule."""
    world.dry()
    if callable(meanwhile):
        meanwhile()
    world.live(scope=world.folder / "dry" / "journal.sqlite")
    with engine.read_journal(world.folder / "live" / "journal.sqlite") as journal:
        rows = journal.rows("SELECT source_id, decision, state, rule FROM records WHERE object='contacts'")
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


@pytest.fixture
def pair(world: World) -> tuple[str, str]:
    """One contact that both sides have: its source id and its target id."""
    theirs = world.target.put("Contact", {"LastName": "Old", "FirstName": "Ann", "Email": "ann@example.com"})
    return world.contact("New", "ann@example.com", first="Ann"), theirs


def test_an_edit_that_the_run_would_overwrite_is_left(world: World, pair: tuple[str, str]) -> None:
    ours, theirs = pair
    fates = live_after_dry(world, lambda: world.target.change("Contact", theirs, {"LastName": "Theirs"}))
    assert fates[ours] == ("quarantine", "quarantined", "edited_on_target")
    assert world.target.objects["Contact"][theirs].values["LastName"] == "Theirs"


def test_a_value_that_agreed_with_ours_and_was_edited_is_left(world: World, pair: tuple[str, str]) -> None:
    """The dry run had nothing to change in it."""
    ours, theirs = pair
    fates = live_after_dry(world, lambda: world.target.change("Contact", theirs, {"FirstName": "Anna"}))
    assert fates[ours][2] == "edited_on_target"
    assert world.target.objects["Contact"][theirs].values["FirstName"] == "Anna"


@pytest.mark.parametrize("edit", [{"OptOut": "true"}, {"LastName": "New"}, {"LastName": " Old "}])
def test_an_edit_in_nobodys_way_holds_nothing_up(world: World, pair: tuple[str, str], edit: dict[str, str]) -> None:
    ours, theirs = pair
    fates = live_after_dry(world, lambda: world.target.change("Contact", theirs, edit))
    assert fates[ours][1] == "done"
    assert world.target.objects["Contact"][theirs].values["LastName"] == "New"


def test_a_change_on_the_source_is_carried_as_it_is_now(world: World, pair: tuple[str, str]) -> None:
    ours, theirs = pair
    fates = live_after_dry(world, lambda: world.source.change("contacts", ours, {"first": "Anne"}))
    assert fates[ours] == ("update", "done", None)
    assert world.target.objects["Contact"][theirs].values["FirstName"] == "Anne"


def test_what_came_to_the_target_is_left(world: World) -> None:
    ours = world.contact("New", "ann@example.com")
    fates = live_after_dry(
        world, lambda: world.target.put("Contact", {"LastName": "Theirs", "Email": "ann@example.com"})
    )
    assert fates[ours][2] == "found_on_target"
    assert [one.values["LastName"] for one in world.target.objects["Contact"].values()] == ["Theirs"]


def test_what_was_deleted_on_the_target_is_not_made_again(world: World, pair: tuple[str, str]) -> None:
    ours, theirs = pair
    fates = live_after_dry(world, lambda: world.target.objects["Contact"].pop(theirs))
    assert fates[ours][2] == "gone_on_target"
    assert not world.target.objects["Contact"]


def test_a_former_duplicate_waits_for_a_person(world: World) -> None:
    world.changes["contacts"] = {"source_duplicates": "newest"}
    one, other = world.contact("One", "same@example.com"), world.contact("Other", "same@example.com")
    fates = live_after_dry(world, lambda: world.source.change("contacts", one, {"mail": "own@example.com"}))
    assert (fates[one][2], fates[other][1]) == ("split_on_source", "done")


def test_a_link_that_somebody_changed_is_left(world: World) -> None:
    theirs, elsewhere = (world.target.put("Account", {"Name": name}) for name in ("Child", "Elsewhere"))
    child, parent = world.company("Child"), world.company("Parent")
    world.source.links["parent", child, parent] = None
    world.source.links["parent", parent, child] = None  # a circle: one of the two is made in the second pass
    live_after_dry(world, lambda: world.target.change("Account", theirs, {"ParentId": elsewhere}))
    assert world.target.objects["Account"][theirs].values["ParentId"] == elsewhere


def _delta(world: World, *runs: str) -> Delta:
    journals = [engine.read_journal(world.folder / run / "journal.sqlite") for run in runs]
    try:
        return engine.came_or_changed(world.plan, *world.crms(), journals)
    finally:
        for journal in journals:
            journal.close()


def test_a_delta_takes_what_came_and_what_changed_and_the_links_that_waited(world: World) -> None:
    people = [world.contact(f"Last {n}", f"p{n}@example.com") for n in range(3)]
    deal = world.deal("Deal")
    world.dry()
    came = world.contact("Came", "came@example.com")
    world.source.links["contact", deal, came] = None
    world.live(scope=world.folder / "dry" / "journal.sqlite")
    world.source.change("contacts", people[1], {"last": "Renamed"})

    found = _delta(world, "live")

    assert found.only == {"companies": [], "contacts": [came, people[1]], "deals": [deal]}
    assert (found.came, found.changed, found.unrecognised) == ({"contacts": 1}, {"contacts": 1}, {})
    world.dry("delta-dry")
    world.live("delta", only=found.only)
    assert len(world.target.links) == 1
    assert len(world.target.objects["Contact"]) == 4
    assert not any(_delta(world, "delta", "live").only.values())


def test_a_delta_leaves_what_it_could_not_recognise(world: World, tmp_path: Path) -> None:
    world.key = False
    deal = world.deal("Deal")
    world.live()
    world.source.change("deals", deal, {"title": "Renamed"})
    found = _delta(world, "live")
    assert (found.only["deals"], found.unrecognised) == ([], {"deals": 1})


def test_a_record_that_a_reading_missed_is_not_called_gone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists move while people work; what slipped through one was written off as gone from the source."""
    ids = [world.contact(f"Last {n}", f"p{n}@example.com") for n in range(30)]
    world.dry()
    read, missed = DummyCrm.read, {ids[3], ids[17]}

    def reading(self: DummyCrm, object_name: str, *more: Any) -> Page:
        page = read(self, object_name, *more)
        return page._replace(records=[one for one in page.records if one.id not in missed])

    monkeypatch.setattr(DummyCrm, "read", reading)
    del world.source.objects["contacts"][ids[5]]
    live = world.live(scope=world.folder / "dry" / "journal.sqlite")
    assert (live.counts["contacts"].create, live.counts["contacts"].gone) == (29, 1)
    assert len(world.target.objects["Contact"]) == 29
