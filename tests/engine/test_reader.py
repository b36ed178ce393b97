"""A journal comes from inside the sandbox: the host reads it without trusting it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sdrbot_skills.engine import read_journal
from sdrbot_skills.errors import ConfigurationError, PlanInvalid
from sdrbot_skills.model.results import ObjectCounts
from tests.engine.world import World, plan_of


@pytest.fixture
def journal(world: World) -> Path:
    world.contact("Stone", "stone@example.com")
    world.contact("A name that is far too long for it", "long@example.com")
    world.live()
    return world.folder / "live" / "journal.sqlite"


def test_what_it_tells(journal: Path) -> None:
    with read_journal(journal) as reader:
        assert reader.counts()["contacts"] == ObjectCounts(read=2, create=1, quarantine=1)
        (set_aside,) = reader.quarantined()
        assert (set_aside.rule, set_aside.field, set_aside.values["mail"]) == (
            "too_long",
            "LastName",
            "long@example.com",
        )
        assert dict(reader.id_map("contacts")) == {"s1001": reader.target_id("contacts", "s1001")}
        assert reader.target_id("contacts", "nobody") is None


def test_it_is_one_file_when_the_run_has_ended(journal: Path) -> None:
    assert sorted(path.name for path in journal.parent.glob("journal*")) == ["journal.sqlite"]


def test_a_symbolic_link_is_not_followed(journal: Path) -> None:
    link = journal.with_name("link.sqlite")
    link.symlink_to(journal)
    with pytest.raises(ConfigurationError):
        read_journal(link)


@pytest.mark.parametrize(
    "trick",
    [
        "CREATE VIEW more AS SELECT 1",
        "CREATE TRIGGER more AFTER INSERT ON meta BEGIN SELECT 1; END",
        "DROP TABLE links; CREATE VIEW links AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n",
        "DROP TABLE records",
    ],
)
def test_a_file_that_is_made_up_is_refused(journal: Path, trick: str) -> None:
    connection = sqlite3.connect(journal)
    connection.executescript(trick)
    connection.close()
    with pytest.raises(ConfigurationError):
        read_journal(journal)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(ConfigurationError):
        read_journal(path)


def test_a_journal_of_another_plan_is_not_gone_on_with(world: World, journal: Path) -> None:
    world.changes = {"contacts": {"source_duplicates": "merge"}}
    with pytest.raises(ConfigurationError, match="another plan"):
        world.live()


def test_a_link_to_an_object_that_the_plan_does_not_carry_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of(True)
    del plan.objects["companies"]
    monkeypatch.setattr(World, "plan", plan)
    with pytest.raises(PlanInvalid):
        world.dry()
