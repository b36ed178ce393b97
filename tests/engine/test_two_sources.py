"""Two accounts that are merged into one: neither takes a record from the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sdrbot_skills.model.plan import Plan
from tests.engine import world as worlds
from tests.engine.store import DummyLedger, Store
from tests.engine.world import World


def test_a_record_keeps_the_key_of_the_source_that_brought_it(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run overwrote the other's migration key, so that every further run of either wrote every shared record again."""
    world.contact("Stone", "stone@example.com", first="Ann")
    world.dry()
    world.live(scope=world.folder / "dry" / "journal.sqlite")
    (record,) = world.target.objects["Contact"].values()
    key = record.values["migration_key"]

    first_ledger, world.target.ledger = world.target.ledger, DummyLedger()  # each run has a ledger of its own
    usual = worlds.plan_of

    def of_the_second(*given: Any, **changes: Any) -> Plan:
        plan = usual(*given, **changes)
        return plan.model_copy(update={"source": plan.source.model_copy(update={"account_id": "second"})})

    second = World(tmp_path / "second", source=Store("z"), target=world.target)
    second.folder.mkdir()
    second.contact("Stone", "stone@example.com", first="Anna")
    second.contact("Own", "own@example.com")
    with monkeypatch.context() as patch:
        patch.setattr(worlds, "plan_of", of_the_second)
        second.dry()
        live = second.live(scope=second.folder / "dry" / "journal.sqlite")
        assert (live.counts["contacts"].update, live.counts["contacts"].create) == (1, 1)
        assert [(one.rule, one.count) for one in live.findings] == [("key_of_another", 1)]
        (record,) = (one for one in world.target.objects["Contact"].values() if one.values["LastName"] == "Stone")
        assert (record.values["migration_key"], record.values["FirstName"]) == (key, "Anna")
        proof = second.verify().total
        assert (proof.lost, proof.duplicated, proof.mismatched) == (0, 0, 0)
        assert second.live("again").counts["contacts"].skip == 2
        undone = second.undo().total
        assert (undone.restored, undone.deleted) == (1, 1)
    (record,) = world.target.objects["Contact"].values()
    assert (record.values["migration_key"], record.values["FirstName"]) == (key, "Ann")
    world.target.ledger = first_ledger
    assert world.live("again").counts["contacts"].skip == 1
    assert world.verify().total.lost == 0
