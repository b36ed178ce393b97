"""Links of records that the target had before: what is there stays where the plan says so, and nothing is called made that is not."""

from __future__ import annotations

import pytest

from sdrbot_skills.model.schema import LinkType
from tests.engine import world as worlds
from tests.engine.world import World

PARENT = LinkType(name="ParentId", object="Account", to_object="Account", label="Parent", single=True)


@pytest.mark.parametrize(
    ("when_found", "rules"), [("skip", {"record_left_alone"}), ("fill_blanks", {"kept_theirs"}), ("update", set())]
)
def test_a_parent_that_is_not_written_is_not_called_made(world: World, when_found: str, rules: set[str]) -> None:
    """A link that travels in its record was counted as done with every record that was there, written or not."""
    match = {"on": [{"field": "Email", "compare": "email"}], "when_found": when_found}
    world.changes = {"contacts": {"match": match}}
    theirs = world.target.put("Account", {"Name": "Theirs"})
    held = world.target.put("Contact", {"LastName": "X", "Email": "x@example.com", "AccountId": theirs})
    bare = world.target.put("Contact", {"LastName": "Y", "Email": "y@example.com"})
    acme = world.company("Acme")
    world.contact("X", "x@example.com", acme, first="Xenia")
    world.contact("Y", "y@example.com", acme, first="Yann")
    dry = world.dry()
    live = world.live(scope=world.folder / "dry" / "journal.sqlite")
    (made,) = (one.id for one in world.target.objects["Account"].values() if one.values["Name"] == "Acme")
    parents = [world.target.objects["Contact"][one].values.get("AccountId") for one in (held, bare)]
    assert parents == {"skip": [theirs, None], "fill_blanks": [theirs, made], "update": [made, made]}[when_found]
    assert {one.rule for one in live.findings} & {"record_left_alone", "kept_theirs"} == rules
    assert rules <= {one.rule for one in dry.findings}
    assert world.verify().total.links_missing == 0


@pytest.mark.parametrize("when_found", ["fill_blanks", "update"])
def test_a_record_with_another_only_link_keeps_it(
    world: World, monkeypatch: pytest.MonkeyPatch, when_found: str
) -> None:
    """A company's other parent was taken away by the vendor or the adapter, and no undo could have brought it back."""
    monkeypatch.setattr(
        worlds, "TARGET_LINKS", [*(one for one in worlds.TARGET_LINKS if one.field != "ParentId"), PARENT]
    )
    world.changes = {"companies": {"match": {"on": [{"field": "Name", "compare": "exact"}], "when_found": when_found}}}
    theirs, child = world.target.put("Account", {"Name": "Theirs"}), world.target.put("Account", {"Name": "Child"})
    world.target.links["ParentId", child, theirs] = None
    ours, other = world.company("Parent"), world.company("Other child")
    for one in (world.company("Child"), other):
        world.source.links["parent", one, ours] = None
    world.dry()
    live = world.live(scope=world.folder / "dry" / "journal.sqlite")
    (parent,) = (one.id for one in world.target.objects["Account"].values() if one.values["Name"] == "Parent")
    assert sorted(end for kind, _, end in world.target.links if kind == "ParentId") == sorted([theirs, parent])
    assert ("ParentId", child, theirs) in world.target.links
    assert [(one.rule, one.count) for one in live.findings] == [("holds_another", 1)]
    assert world.verify().total.links_missing == 0
