"""A target that looks before it links need not look at what this run has just made, whatever breaks off; and a main link goes with its record."""

from __future__ import annotations

import pytest

from sdrbot_skills.engine import links
from sdrbot_skills.model.schema import Field, LinkType, ObjectSchema
from sdrbot_skills.model.values import Kind
from tests.engine import world as worlds
from tests.engine.misfortune import Faults
from tests.engine.test_faults import assert_exactly_once, fill
from tests.engine.world import World

MAIN = LinkType(
    name="ContactId",
    object="Deal",
    to_object="Contact",
    label="Contact",
    field="ContactId",
    single=True,
    primary_of="Role",
)


USUAL = worlds.target_schemas


def _with_main(key: bool) -> list[ObjectSchema]:
    field = Field(name="ContactId", label="Contact", kind=Kind.REFERENCE, vendor_type="reference")
    return [
        one.model_copy(update={"fields": (*one.fields, field)}) if one.name == "Deal" else one for one in USUAL(key)
    ]


@pytest.mark.parametrize(
    "faults",
    [
        *({"kill_at": number} for number in range(9, 30)),
        *({"lose_answer": 0.3, "seed": seed} for seed in range(4)),
        *({"unanswered": 0.3, "retriable": 0.2, "kill_at": 16, "seed": seed} for seed in range(4)),
    ],
)  # fmt: skip
def test_no_link_is_made_twice_unlooked(world: World, faults: dict[str, int]) -> None:
    world.settings = {"looks_before_linking": True, "link_batch": 2}
    fill(world, 2, 6, 6)
    world.live_through(Faults(**faults))  # type: ignore[arg-type]
    assert world.target.doubled == 0
    assert_exactly_once(world)


def test_a_link_is_made_without_a_look_once(world: World) -> None:
    world.settings = {"looks_before_linking": True, "link_batch": 100}
    fill(world, 2, 4, 4)
    world.live()
    assert world.target.calls["link anew"] == world.target.calls["link"] == 1
    assert world.target.calls["links"] == 0


def test_duplicates_that_became_one_do_not_link_twice(world: World) -> None:
    """Two source people are one of the target: a deal of both has one link."""
    world.settings = {"looks_before_linking": True, "link_batch": 1}
    there = world.target.put("Contact", {"LastName": "Both", "Email": "both@example.com"})
    match = {"on": [{"field": "Email", "compare": "email"}], "when_found": "skip"}
    world.changes = {"contacts": {"match": match}, "deals": {"migration_key": None}}
    both = [world.contact("Both", "both@example.com"), world.contact("Too", "both@example.com")]
    world.deal("Deal", *both)
    world.live()
    assert world.target.doubled == 0
    assert [end for kind, _, end in world.target.links if kind == "Role"] in ([there], [])


def test_a_link_that_a_duplicate_brought_first_is_looked_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two deals of the source become one: the link of the one that is gone stands in the journal before that of the one that stays."""
    monkeypatch.setattr(links, "_PART", 1)
    world.settings = {"looks_before_linking": True, "link_batch": 1}
    world.changes = {"deals": {"source_duplicates": "merge", "match": {"on": [{"field": "Name"}]}}}
    person = world.contact("Person", "p@example.com")
    for _ in range(2):
        world.deal("Same", person)
    world.live()
    assert len(world.target.objects["Deal"]) == 1
    assert world.target.doubled == 0


def test_the_main_one_goes_with_its_record(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was made once more by a call of its own."""
    monkeypatch.setattr(worlds, "TARGET_LINKS", [*worlds.TARGET_LINKS, MAIN])
    monkeypatch.setattr(worlds, "target_schemas", _with_main)
    links = [{"from": "contact", "to": name, "object": "contacts"} for name in ("ContactId", "Role")]
    world.changes = {"deals": {"links": links}}
    one, other = world.contact("One", "one@example.com"), world.contact("Other", "other@example.com")
    world.deal("Deal", one, other)
    world.live()
    ids = {record.values["LastName"]: record.id for record in world.target.objects["Contact"].values()}
    (deal,) = world.target.objects["Deal"].values()
    assert deal.values["ContactId"] == ids["One"]
    assert [end for kind, _, end in world.target.links if kind == "Role"] == [ids["Other"]]
