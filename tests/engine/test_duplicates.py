"""Source records with the same match key, under each policy."""

from __future__ import annotations

from typing import Any

import pytest

from sdrbot_skills.engine import came_or_changed, one_with, read_journal
from sdrbot_skills.model.records import Page
from tests.engine.dummy import KEY, DummyCrm
from tests.engine.world import World

EMAIL_UPDATES = {"on": [{"field": "Email", "compare": "email"}], "when_found": "update"}


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


@pytest.mark.parametrize("key", [True, False])
@pytest.mark.parametrize("cohorts", [True, False])
def test_a_pilot_takes_a_record_with_all_that_became_one_with_it(world: World, key: bool, cohorts: bool) -> None:
    """The pilot carried the survivor alone: what its duplicates would have filled in was lost, their opt-outs too."""
    world.key, world.changes = key, {"contacts": {"source_duplicates": "merge"}}
    world.contact("Old", "same@example.com", first="Ann", no_mail="true")
    world.contact("New, and the longest", "same@example.com")
    for n in range(9):
        world.contact(f"Other {n}", f"b{n}@example.com")
    world.dry()
    scope = world.folder / "dry" / "journal.sqlite"
    world.live(scope=scope, pilot=3)
    live = world.live(scope=scope, cohorts=cohorts)
    found = contacts(world)
    assert [(one["LastName"], one.get("FirstName"), one.get("OptOut")) for one in found] == [
        ("New, and the longest", "Ann", "true")
    ]
    assert live.counts["contacts"].quarantine == 0


@pytest.mark.parametrize(("which", "made_now"), [(0, 1), (1, 0)])
def test_a_duplicate_that_the_reading_missed_is_not_made_beside_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch, which: int, made_now: int
) -> None:
    """It was asked for by its id when the other was settled, and then carried alone or kept back for a retry to double. A delta takes it."""
    world.key = False
    missed = two_of_one(world, "merge")[which]
    world.dry()
    read = DummyCrm.read

    def reading(self: DummyCrm, object_name: str, *more: Any) -> Page:
        page = read(self, object_name, *more)
        return page._replace(records=[one for one in page.records if one.id != missed])

    monkeypatch.setattr(DummyCrm, "read", reading)
    live = world.live(scope=world.folder / "dry" / "journal.sqlite")
    made = [one.values["Email"].casefold() for one in world.target.objects["Contact"].values()]
    assert (made.count("same@example.com"), live.counts["contacts"].deferred) == (made_now, 1)
    monkeypatch.undo()
    with read_journal(world.folder / "live" / "journal.sqlite") as journal:
        assert missed in came_or_changed(world.plan, *world.crms(), [journal]).only["contacts"]


def test_a_delta_recognises_the_record_that_duplicates_became(world: World) -> None:
    """The duplicate that changed became the newer one, and what an earlier run had made was taken for somebody else's."""
    world.changes = {"contacts": {"source_duplicates": "merge", "match": EMAIL_UPDATES}}
    older = world.contact("Old", "same@example.com", no_mail="true")
    newer = world.contact("New", "same@example.com")
    world.live()
    world.source.change("contacts", older, {"first": "Ann"})
    with read_journal(world.folder / "live" / "journal.sqlite") as journal:
        found = came_or_changed(world.plan, *world.crms(), [journal])
    assert sorted(found.only["contacts"]) == [older, newer]
    world.dry("dry delta")
    delta = world.live("delta", only=found.only, scope=world.folder / "dry delta" / "journal.sqlite")
    (record,) = contacts(world)
    assert (record["LastName"], record["FirstName"], record["OptOut"]) == ("Old", "Ann", "true")
    assert record[KEY] == f"dummy:s:{newer}"
    assert delta.counts["contacts"].quarantine == 0


def test_what_a_retry_has_to_bring_along(world: World) -> None:
    """A survivor in quarantine was tried again alone, without what the others were to fill in."""
    world.changes, world.settings = {"contacts": {"source_duplicates": "merge"}}, {"reject": {"New": "bad_value"}}
    older = world.contact("Old", "same@example.com", no_mail="true")
    newer = world.contact("New", "same@example.com")
    world.contact("Alone", "alone@example.com")
    world.live()
    with read_journal(world.folder / "live" / "journal.sqlite") as journal:
        assert one_with(journal.rows, "contacts", [newer]) == [older]
        assert one_with(journal.rows, "contacts", [older]) == [newer]
