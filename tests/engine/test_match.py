"""Recognising what the target already has, and what is done with it."""

from __future__ import annotations

import pytest

from tests.engine.world import World


def account_of(world: World, record_id: str) -> dict[str, object]:
    return {
        name: value
        for name, value in world.target.objects["Account"][record_id].values.items()
        if name != "migration_key"
    }


@pytest.mark.parametrize(
    ("when_found", "name", "site"),
    [("update", "Acme", "acme.example"), ("fill_blanks", "Acme", "theirs.example"), ("skip", "Acme", "theirs.example")],
)
def test_when_found(world: World, when_found: str, name: str, site: str) -> None:
    world.changes = {"companies": {"match": {"on": [{"field": "Name"}], "when_found": when_found}}}
    world.company("Acme", domain="acme.example")
    there = world.target.put("Account", {"Name": "Acme", "Site": "theirs.example"})
    world.live()
    assert account_of(world, there) == {"Name": name, "Site": site}
    assert len(world.target.objects["Account"]) == 1


def test_fill_blanks_fills_what_is_blank(world: World) -> None:
    world.changes = {"companies": {"match": {"on": [{"field": "Name"}], "when_found": "fill_blanks"}}}
    world.company("Acme", domain="acme.example")
    there = world.target.put("Account", {"Name": "Acme"})
    world.live()
    assert account_of(world, there)["Site"] == "acme.example"


def test_create_makes_a_record_beside_the_one_that_is_there(world: World) -> None:
    world.changes = {"companies": {"match": {"on": [{"field": "Name"}], "when_found": "create"}}}
    world.company("Acme")
    world.target.put("Account", {"Name": "Acme"})
    world.live()
    assert len(world.target.objects["Account"]) == 2


@pytest.mark.parametrize(("ambiguous", "quarantined", "updated"), [("quarantine", 1, 0), ("first", 0, 1)])
def test_several_matches(world: World, ambiguous: str, quarantined: int, updated: int) -> None:
    world.changes = {"companies": {"match": {"on": [{"field": "Name"}], "ambiguous": ambiguous}}}
    world.company("Acme", domain="acme.example")
    for _ in range(2):
        world.target.put("Account", {"Name": "Acme"})
    counts = world.live().counts["companies"]
    assert (counts.quarantine, counts.update, counts.create) == (quarantined, updated, 0)


def test_emails_are_compared_without_case_and_spaces(world: World) -> None:
    world.contact("Stone", " Ann.Stone@Example.com")
    world.target.put("Contact", {"LastName": "Stone", "Email": "ann.stone@example.com"})
    assert world.live().counts["contacts"].create == 0


def test_a_secondary_email_of_the_target_is_found(world: World) -> None:
    world.settings = {"alternate_keys": {"Contact": {"Email": ("FirstName",)}}}
    world.contact("Stone", "second@example.com")
    there = world.target.put(
        "Contact", {"LastName": "Old", "Email": "first@example.com", "FirstName": "second@example.com"}
    )
    world.live()
    assert world.target.objects["Contact"][there].values["LastName"] == "Stone"


@pytest.mark.parametrize(
    ("compare", "field", "ours", "theirs"),
    [
        ("domain", "Site", "https://www.Acme.example/about", "acme.example"),
        ("name", "Name", "Ácme Inc.", "acme"),
        ("phone", "Site", "+49 (30) 123", "004930123"),
    ],
)
def test_what_no_equality_compares_is_read_and_compared(
    world: World, compare: str, field: str, ours: str, theirs: str
) -> None:
    world.changes = {"companies": {"match": {"on": [{"field": field, "compare": compare}]}}}
    values = {"Name": "Other", field: theirs}
    world.company(**{"name": ours} if field == "Name" else {"name": "Ours", "domain": ours})
    world.target.put("Account", values)
    assert world.live().counts["companies"].update == 1
    assert not list(world.folder.glob("*/index-*"))


def test_two_source_records_never_share_a_record_they_would_both_change(world: World) -> None:
    first, second = world.contact("One", "same@example.com"), world.contact("Two", "same@example.com")
    there = world.target.put("Contact", {"LastName": "Old", "Email": "same@example.com"})
    live = world.live()
    assert world.by_key("Contact", first)[0].id == there
    assert world.by_key("Contact", second) == []
    assert [one.rule for one in live.findings] == ["already_matched"]


@pytest.mark.parametrize("key", [True, False])
def test_duplicates_that_are_kept_become_two_records_whatever_page_they_are_on(world: World, key: bool) -> None:
    world.key = key
    for n in range(30):
        world.contact(f"Last{n}", f"p{n % 15}@example.com")
    world.target.put("Contact", {"LastName": "Unrelated", "Email": "u@example.com"})
    assert world.live().counts["contacts"].create == 30


def test_an_empty_target_costs_no_look_ups(world: World) -> None:
    for n in range(30):
        world.contact(f"Last{n}", f"p{n}@example.com")
    world.live()
    assert world.target.calls["find"] == 0
    assert world.target.calls["read"] == 0


def test_a_bad_row_never_sinks_its_neighbours(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.engine import dummy

    monkeypatch.setattr(dummy.DummyCrm, "_poison", lambda self, row: "batch" if "Bad" in str(row.payload) else None)
    for n in range(20):
        world.contact("Bad" if n == 7 else f"Last{n}", f"p{n}@example.com")
    counts = world.live().counts["contacts"]
    assert (counts.create, counts.quarantine) == (19, 1)
    assert len(world.target.objects["Contact"]) == 19
