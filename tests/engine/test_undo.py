"""Undo restores exactly, and spares what somebody has built on."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from copy import deepcopy

import pytest

from sdrbot_skills.engine import find_unanswered
from sdrbot_skills.model.records import Link, RowResult
from sdrbot_skills.model.schema import LinkType
from tests.engine.dummy import DummyCrm
from tests.engine.misfortune import Faults
from tests.engine.test_faults import fill
from tests.engine.world import World


@pytest.fixture
def mixed(world: World) -> World:
    """A target that already has a company and two contacts that the source has too, and a company of its own."""
    fill(world, 5, 16, 4)
    world.target.put("Account", {"Name": "Company 1", "Site": "old.example"})
    world.target.put("Account", {"Name": "Elsewhere"})
    world.target.put("Contact", {"LastName": "Old", "Email": "p3@example.com"})
    world.target.put("Contact", {"LastName": "Last4", "Email": "p4@example.com", "FirstName": "F4"})
    return world


def values_of(world: World) -> dict[str, dict[str, dict[str, object]]]:
    return {
        name: {
            one.id: {field: value for field, value in one.values.items() if value is not None}
            for one in records.values()
        }
        for name, records in world.target.objects.items()
        if records
    }


def test_undo_restores_the_target_as_it_was(mixed: World) -> None:
    before = deepcopy(values_of(mixed))
    live = mixed.live()
    assert (live.counts["companies"].update, live.counts["contacts"].update) == (1, 2)
    result = mixed.undo()
    assert values_of(mixed) == before
    assert not mixed.target.links
    assert result.total.model_dump() == {"deleted": 22, "restored": 3, "unlinked": 0, "spared": 0, "failed": 0}


def test_undo_a_second_time_changes_nothing(mixed: World) -> None:
    before = deepcopy(values_of(mixed))
    mixed.live()
    mixed.undo()
    mixed.undo()
    assert values_of(mixed) == before


def test_undo_spares_what_was_edited_since(mixed: World) -> None:
    mixed.live()
    old = next(one for one in mixed.target.objects["Contact"].values() if one.values["Email"] == "p3@example.com")
    new = next(one for one in mixed.target.objects["Contact"].values() if one.values["Email"] == "p5@example.com")
    mixed.target.change("Contact", old.id, {"LastName": "Edited"})
    mixed.target.change("Contact", new.id, {"FirstName": "Edited"})
    result = mixed.undo()
    contacts = mixed.target.objects["Contact"]
    assert contacts[old.id].values["LastName"] == "Edited"
    assert contacts[new.id].values["FirstName"] == "Edited"
    assert {one.target_id for one in result.spared} >= {old.id, new.id}
    # A company that a spared contact works at stays too, and so does that company's parent.
    employer = new.values["AccountId"]
    assert employer in mixed.target.objects["Account"]


@pytest.mark.parametrize("told", [None, True, False])
def test_an_edit_of_a_field_that_the_run_does_not_write_is_seen_at_once(
    mixed: World, told: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless the CRM tells that no field was edited: then something was only calculated."""
    mixed.live()
    contacts = mixed.target.objects["Contact"]
    old = next(one for one in contacts.values() if one.values["Email"] == "p3@example.com")
    new = next(one for one in contacts.values() if one.values["Email"] == "p5@example.com")
    answer = {} if told is None else {old.id: told, new.id: told}
    monkeypatch.setattr(DummyCrm, "edited_after", lambda self, name, moments: answer)
    mixed.target.clock += 3000
    mixed.target.change("Contact", old.id, {"Nickname": "Theirs"})
    mixed.target.change("Contact", new.id, {"Nickname": "Theirs"})
    result = mixed.undo()
    spared = {one.target_id for one in result.spared if "a field that the run does not write" in one.message}
    assert spared == (set() if told is False else {old.id, new.id})
    assert (new.id in contacts) is (told is not False)


def test_the_undo_itself_edits_nothing(world: World) -> None:
    """Taking a link away moves the stamps of both records in many a CRM; that must not spare them."""
    person = world.contact("Stone", "stone@example.com", first="Ann")
    deal = world.deal("Deal", person)
    theirs = world.target.put("Contact", {"LastName": "Old", "Email": "stone@example.com"})
    world.target.put("Deal", {"Name": "Deal", "migration_key": f"dummy:s:{deal}"})
    world.live()
    unlink = DummyCrm.unlink

    def moving(self: DummyCrm, kind: LinkType, links: Sequence[Link]) -> list[RowResult]:
        self.store.clock += 10_000
        for one in links:
            self.store.change("Contact", one.to_id, {})
        return unlink(self, kind, links)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DummyCrm, "unlink", moving)
        result = world.undo()
    assert result.total.unlinked == 1
    assert (result.total.restored, result.total.spared) == (1, 0)
    assert world.target.objects["Contact"][theirs].values["LastName"] == "Old"


def test_undo_does_not_delete_a_company_somebody_has_since_added_people_to(world: World) -> None:
    company = world.company("Company")
    world.live()
    account = world.by_key("Account", company)[0]
    world.target.put("Contact", {"LastName": "Theirs", "AccountId": account.id})
    result = world.undo()
    assert account.id in world.target.objects["Account"]
    assert result.total.spared == 1


def test_undo_touches_only_ids_of_the_ledger(mixed: World) -> None:
    mixed.live()
    kept = mixed.target.ledger.created["Contact"].pop()
    result = mixed.undo()
    assert kept in mixed.target.objects["Contact"]
    assert "not_in_ledger" in {one.rule for one in result.findings}


def test_undo_never_takes_back_an_opt_out(world: World) -> None:
    world.contact("Stone", "stone@example.com", no_mail="true")
    there = world.target.put("Contact", {"LastName": "Stone", "Email": "stone@example.com", "OptOut": "false"})
    world.live()
    world.undo()
    assert world.target.objects["Contact"][there].values["OptOut"] == "true"


def test_a_preview_changes_nothing_and_says_what_would_be_done(mixed: World) -> None:
    mixed.live()
    before = deepcopy(values_of(mixed))
    preview = mixed.undo(preview=True)
    assert values_of(mixed) == before
    assert preview.total == mixed.undo().total


def test_an_association_between_records_that_stay_is_taken_away(world: World) -> None:
    person = world.contact("Stone", "stone@example.com")
    deal = world.deal("Deal", person)
    world.target.put(
        "Contact", {"LastName": "Stone", "Email": "stone@example.com", "migration_key": f"dummy:s:{person}"}
    )
    world.target.put("Deal", {"Name": "Deal", "migration_key": f"dummy:s:{deal}"})
    world.live()
    assert len(world.target.links) == 1
    assert world.undo().total.unlinked == 1
    assert not world.target.links


def test_a_record_whose_answer_was_lost_is_taken_back_too(mixed: World) -> None:
    before = deepcopy(values_of(mixed))
    mixed.live_through(Faults(seed=3, lose_answer=0.3, commit_late=0.2))
    made = {one.id for name in ("Account", "Contact", "Deal") for one in mixed.target.objects[name].values()} - {
        one for records in before.values() for one in records
    }
    answered = {one for ids in mixed.target.ledger.created.values() for one in ids}
    assert made - answered  # else nothing is tried here
    result = mixed.undo()
    assert values_of(mixed) == before
    assert result.total.deleted == len(made)
    assert "not_in_ledger" not in {one.rule for one in result.findings}


def test_a_record_that_was_there_before_the_lost_send_is_not_ours(world: World) -> None:
    person = world.contact("Stone", "stone@example.com")
    there = world.target.put("Contact", {"LastName": "Stone", "migration_key": f"dummy:s:{person}"})
    world.target.ledger.doubtful["Contact"] = {f"dummy:s:{person}": world.target.clock / 1000 + 61}
    target = world.crms()[1]
    assert find_unanswered(world.plan, target, world.target.ledger) == {}
    world.target.ledger.doubtful["Contact"] = {f"dummy:s:{person}": world.target.clock / 1000}
    assert find_unanswered(world.plan, target, world.target.ledger) == {"Contact": [there]}


def test_a_link_that_only_the_journal_claims_is_not_taken_away(world: World) -> None:
    """The journal is written inside the sandbox; which links were made says the ledger."""
    world.contact("Ours", "ours@example.com")
    world.live()
    deal, person = world.target.put("Deal", {"Name": "Theirs"}), world.target.put("Contact", {"LastName": "Theirs"})
    world.target.links["Role", deal, person] = None
    with closing(sqlite3.connect(world.folder / "live" / "journal.sqlite")) as forged, forged:
        record = "INSERT INTO records(object, source_id, decision, state, target_id) VALUES(?, ?, 'update', 'done', ?)"
        forged.executemany(record, [("deals", "forged", deal), ("contacts", "forged", person)])
        forged.execute(
            "INSERT INTO links VALUES(NULL, 'deals', 'Role', 'forged', 'contacts', 'forged', 'done', 1, NULL, NULL)"
        )
    world.undo()
    assert ("Role", deal, person) in world.target.links
