"""Exactly once: whatever strikes, after the run has gone on to its end nothing is lost, nothing is doubled, every link is there."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdrbot_skills.engine import in_doubt, read_journal
from tests.engine.misfortune import Faults, Killed
from tests.engine.world import World

SLOW = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def fill(world: World, companies: int, contacts: int, deals: int) -> None:
    firms = [world.company(f"Company {n}", domain=f"c{n}.example") for n in range(companies)]
    for n, firm in enumerate(firms[1:], start=1):
        if n % 3 == 0:
            world.source.links["parent", firm, firms[n // 3]] = None
    people = [
        world.contact(
            f"Last{n}", f"p{n}@example.com", firms[n % companies] if companies and n % 4 else None, first=f"F{n}"
        )
        for n in range(contacts)
    ]
    for n in range(deals):
        ends = [people[n % contacts], people[(n * 7 + 1) % contacts]] if contacts else []
        world.deal(f"Deal {n}", *dict.fromkeys(ends), stage="open")


def assert_exactly_once(world: World, *, quarantine: bool = False) -> None:
    """Every source record is on the target once, or (where that is allowed) in quarantine and on the target at most once."""
    with read_journal(world.folder / "live" / "journal.sqlite") as journal:
        set_aside = {(one.object, one.source_id): one.rule for one in journal.quarantined()}
        maps = {name: dict(journal.id_map(name)) for name in ("companies", "contacts", "deals")}
    assert set(set_aside.values()) <= ({"in_doubt", "locked"} if quarantine else {"locked"})
    for name, target in (("companies", "Account"), ("contacts", "Contact"), ("deals", "Deal")):
        sources, targets = world.source.objects[name], world.target.objects[target]
        aside = {source_id for kind, source_id in set_aside if kind == name}
        assert maps[name].keys() | aside == sources.keys()
        assert len(set(maps[name].values())) == len(maps[name])
        assert set(maps[name].values()) <= targets.keys()
        assert len(targets) <= len(sources)
        assert len(targets) >= len(sources) - len(aside)
    assert_all_links(world, maps)
    proof = world.verify()
    assert proof.total.model_dump(exclude={"checked"}) == dict.fromkeys(
        ("lost", "duplicated", "mismatched", "links_missing"), 0
    ), proof


def assert_all_links(world: World, maps: dict[str, dict[str, str]]) -> None:
    for kind, start, end in world.source.links:
        from_name, to_name = {"company": ("contacts", "companies"), "parent": ("companies", "companies")}.get(
            kind, ("deals", "contacts")
        )
        if start not in maps[from_name] or end not in maps[to_name]:
            continue
        from_id, to_id = maps[from_name][start], maps[to_name][end]
        if kind == "contact":
            assert ("Role", from_id, to_id) in world.target.links
        else:
            target, field = ("Contact", "AccountId") if kind == "company" else ("Account", "ParentId")
            assert world.target.objects[target][from_id].values[field] == to_id


weather = st.builds(
    Faults,
    seed=st.integers(0, 10_000),
    lose_answer=st.sampled_from([0.0, 0.2, 0.5]),
    commit_late=st.sampled_from([0.0, 0.2]),
    retriable=st.sampled_from([0.0, 0.1]),
    batch_rejected=st.sampled_from([0.0, 0.2]),
    row_put_off=st.sampled_from([0.0, 0.05]),
    unanswered=st.sampled_from([0.0, 0.2]),
    kill_at=st.none() | st.integers(1, 120),
)
sizes = st.tuples(st.integers(0, 9), st.integers(0, 30), st.integers(0, 9))


@SLOW
@given(sizes, st.lists(weather, min_size=1, max_size=4))
def test_with_a_migration_key_nothing_is_lost_or_doubled(size: tuple[int, int, int], spells: list[Faults]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        fill(world, *size)
        weathered(world, spells)
        assert_exactly_once(world)


@SLOW
@given(sizes, st.lists(weather, min_size=1, max_size=4))
def test_without_a_migration_key_nothing_is_doubled(size: tuple[int, int, int], spells: list[Faults]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), key=False)
        fill(world, *size)
        weathered(world, spells)
        assert_exactly_once(world, quarantine=True)


def weathered(world: World, spells: list[Faults]) -> None:
    """Start the run again and again until it is done; the last start has calm weather."""
    for faults in [*spells, Faults()]:
        try:
            result = world.live(faults=faults)
        except Killed:
            continue
    assert result.state == "done"


@pytest.mark.parametrize("kill_at", range(1, 90, 4))
def test_a_program_killed_at_any_call_goes_on_where_it_was(world: World, kill_at: int) -> None:
    fill(world, 5, 14, 4)
    assert world.live_through(Faults(kill_at=kill_at)).state == "done"
    assert_exactly_once(world)


@pytest.mark.parametrize("limit_at", range(8, 24, 3))
def test_what_a_spent_allowance_turned_away_was_not_sent(world: World, limit_at: int) -> None:
    """Taken for sent, it would wait in quarantine for a person, without a migration key to show that it is not there."""
    world.key = False
    fill(world, 5, 14, 4)
    assert world.live(faults=Faults(daily_limit_at=limit_at)).state == "paused"
    assert world.live().state == "done"
    assert_exactly_once(world)


def test_what_is_in_doubt_is_not_made_again_by_a_later_run(world: World) -> None:
    """The record came to the target after the run had given up on it, and a retry, which found nothing to know it by, made a second one."""
    world.key = False
    lost = [world.contact("Lost"), world.contact("Known by mail", "known@example.com")]
    faults = Faults(commit_late=1.0)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(faults.random, "randrange", lambda *_: 1000)
        world.live(faults=faults)
    with read_journal(world.folder / "live" / "journal.sqlite") as journal:
        assert {one.rule for one in journal.quarantined()} == {"in_doubt"}
        doubtful = {"contacts": in_doubt(journal, "contacts", None, lost)}
    assert sorted(doubtful["contacts"]) == sorted(lost)
    for _, commit in world.target.late:
        commit()
    world.target.late.clear()
    settings: dict[str, Any] = {"only": {"contacts": lost}, "doubtful": doubtful}
    world.dry("dry again", **settings)
    world.live("again", scope=world.folder / "dry again" / "journal.sqlite", **settings)
    assert len(world.target.objects["Contact"]) == 2
    with read_journal(world.folder / "again" / "journal.sqlite") as journal:
        assert [(one.source_id, one.rule) for one in journal.quarantined()] == [(lost[0], "in_doubt")]
        assert in_doubt(journal, "contacts", None, lost) == [lost[0]]  # nor by a retry of the retry


@pytest.mark.parametrize("dates", [False, True], ids=["made now", "dates carried"])
def test_lost_answers_are_found_by_content_where_there_is_no_key(world: World, dates: bool) -> None:
    """Alike records too, each its own; only with the target's clock near ours does its list of new records show them. That they look as old as on
    the source, where their dates are carried, hides none: what came is asked for by its last change then."""
    world.key, world.dates = False, dates
    world.target.clock = int(time.time() * 1000)
    people = [world.contact("Twin", "twin@example.com", first="A") for _ in range(2)]
    people += [world.contact(f"Last {n}", f"p{n}@example.com") for n in range(9)]
    world.deal("Deal", people[0], people[5])
    assert world.live(faults=Faults(lose_answer=1.0)).state in ("done", "paused")
    assert world.live().state == "done"
    with read_journal(world.folder / "live" / "journal.sqlite") as journal:
        assert [one.rule for one in journal.quarantined()] == []
        assert len(set(dict(journal.id_map("contacts")).values())) == len(people)
    assert_exactly_once(world)
