"""Values that no two records may share: the dry run says whom the target would refuse, as it then does."""

from __future__ import annotations

from typing import Any

import pytest

from sdrbot_skills.model.schema import ObjectSchema
from tests.engine import world as worlds
from tests.engine.world import World


@pytest.fixture
def unique(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """No two contacts of the target may share a first name; the schema says so."""
    bare = worlds.target_schemas

    def schemas(key: bool) -> list[ObjectSchema]:
        return [one.model_copy(update={"fields": tuple(map(_unique, one.fields))}) for one in bare(key)]

    def _unique(field: Any) -> Any:
        return field.model_copy(update={"unique": True, "ignores_case": True}) if field.name == "FirstName" else field

    monkeypatch.setattr(worlds, "target_schemas", schemas)
    world.settings = {"unique": {"Contact": "FirstName"}}
    return world


def held_back(world: World) -> list[tuple[str | None, list[str], str]]:
    return [(one.field, one.examples, one.message) for one in world.dry().findings if one.rule == "duplicate"]


def test_a_value_that_a_record_of_the_target_holds(unique: World) -> None:
    taken = unique.contact("Stone", "a@x.example", first="Ann")
    unique.contact("Hill", "b@x.example", first="Bea")
    holder = unique.target.put("Contact", {"LastName": "Other", "FirstName": "ANN", "Email": "other@x.example"})
    ((field, examples, message),) = held_back(unique)
    assert (field, examples, holder in message) == ("FirstName", [taken], True)
    assert unique.dry().counts["contacts"].create == 1


def test_a_value_that_two_records_bring(unique: World) -> None:
    first = unique.contact("Stone", "a@x.example", first="Ann")
    second = unique.contact("Hill", "b@x.example", first="Ann")
    ((field, examples, message),) = held_back(unique)
    assert (field, examples, first in message) == ("FirstName", [second], True)
    foretold, done = unique.dry().counts["contacts"], unique.live().counts["contacts"]
    assert (done.create, done.quarantine) == (foretold.create, foretold.quarantine) == (1, 1)


def test_a_record_keeps_what_is_its_own(unique: World) -> None:
    unique.contact("Stone", "a@x.example", first="Ann")
    unique.target.put("Contact", {"LastName": "Old", "FirstName": "Ann", "Email": "a@x.example"})
    assert held_back(unique) == []
    assert unique.dry().counts["contacts"].update == 1


def test_an_update_that_would_take_a_value_of_another(unique: World) -> None:
    changed = unique.contact("Stone", "a@x.example", first="Ann")
    mine = unique.target.put("Contact", {"LastName": "Stone", "FirstName": "Anna", "Email": "a@x.example"})
    other = unique.target.put("Contact", {"LastName": "Other", "FirstName": "Ann", "Email": "o@x.example"})
    ((field, examples, message),) = held_back(unique)
    assert (field, examples, other in message) == ("FirstName", [changed], True)
    unique.target.change("Contact", other, {"FirstName": "Otto"})
    scope = unique.folder / "dry" / "journal.sqlite"
    assert unique.live(scope=scope).counts["contacts"].update == 1, "free by now: what was foretold is no verdict"
    assert unique.target.objects["Contact"][mine].values["FirstName"] == "Ann"


def test_only_the_dry_run_asks_and_in_batches(unique: World) -> None:
    for number in range(30):
        unique.contact(f"Stone {number}", None, first=f"Ann {number}")
    unique.target.put("Contact", {"LastName": "Other", "FirstName": "Otto"})
    unique.changes = {"contacts": {"match": {"on": []}, "migration_key": None}}
    unique.dry()
    asked = unique.target.calls["find"]
    assert 0 < asked < 30
    unique.live()
    assert unique.target.calls["find"] == asked
