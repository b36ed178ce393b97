"""Records by jobs: chosen by volume, taken up at every point, each row once, and no reason lost."""

from __future__ import annotations

import tempfile
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdrbot_skills.crm.capabilities import BulkLane
from sdrbot_skills.engine import read_journal
from tests.engine.misfortune import Faults, Killed
from tests.engine.test_faults import assert_exactly_once, fill
from tests.engine.test_undo import values_of
from tests.engine.world import World

SLOW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
LANE = BulkLane(rows_per_job=10, least_rows=10, calls_per_job=6, worth_from=4)


def bulky(folder: Path, lane: str = "auto", *, late: bool = False, **settings: Any) -> World:
    """`late`: the target names a job when it is uploaded, and again when it is started."""
    world = World(folder, lane=lane, settings={"bulk_write": LANE, **settings})
    world.target.names_late = late
    return world


def test_many_go_by_jobs_and_few_by_calls(tmp_path: Path) -> None:
    world = bulky(tmp_path)
    fill(world, 3, 22, 0)
    world.live()
    assert {one.job.object for one in world.target.jobs.values()} == {"Contact"}
    assert [len(one.rows) for one in world.target.jobs.values()] == [10, 10]  # the two that are left go by a call
    assert_exactly_once(world)


@pytest.mark.parametrize(("lane", "jobs"), [("collections", 0), ("bulk", 1)])
def test_a_plan_may_choose_the_lane(tmp_path: Path, lane: str, jobs: int) -> None:
    world = bulky(tmp_path, lane)
    fill(world, 3 if lane == "bulk" else 30, 0, 0)
    world.live()
    assert len(world.target.jobs) == jobs
    assert_exactly_once(world)


def test_a_row_that_a_job_cannot_carry_goes_by_a_call(tmp_path: Path) -> None:
    world = bulky(tmp_path)
    for number in range(9):
        world.company("by call" if number == 5 else f"Company {number}")
    world.live()
    assert [len(one.rows) for one in world.target.jobs.values()] == [8]
    assert_exactly_once(world)


def test_what_needs_more_columns_than_a_job_has_goes_by_a_call(tmp_path: Path) -> None:
    world = bulky(tmp_path, bulk_write=LANE.model_copy(update={"columns_per_job": 2}))
    for number in range(9):
        world.company(f"Company {number}")
    world.company("With a site", domain="site.example")
    world.live()
    assert [len(one.rows) for one in world.target.jobs.values()] == [9]
    assert_exactly_once(world)


def test_a_job_has_another_name_after_each_step(tmp_path: Path) -> None:
    world = bulky(tmp_path, late=True)
    fill(world, 0, 12, 0)
    world.live()
    assert list(world.target.jobs) == ["file0", "file0 job"]
    assert_exactly_once(world)


def test_a_file_that_is_not_taken_goes_by_calls(tmp_path: Path) -> None:
    world = bulky(tmp_path, late=True)
    fill(world, 6, 0, 0)
    world.company("bad file")
    world.live()
    assert (len(world.target.jobs), world.target.calls["write upsert"]) == (1, 2)
    assert_exactly_once(world)


def test_a_start_that_nobody_can_tell_of_is_settled_by_the_key(tmp_path: Path) -> None:
    world = bulky(tmp_path, late=True)
    fill(world, 0, 30, 0)
    live = world.live(faults=Faults(lose_start=1.0))
    assert world.target.calls["start_job"] == len(world.target.jobs) / 2 == 3, "each is started once"
    assert world.target.calls["find"] > 0
    assert [(one.rule, one.count) for one in live.findings] == [("job_in_doubt", 3)]
    assert_exactly_once(world)


def test_a_row_that_a_job_refuses_is_tried_once_more_by_a_call(tmp_path: Path) -> None:
    world = bulky(tmp_path, reject={"Company 5": "too_long"})
    fill(world, 9, 0, 0)
    live = world.live()
    assert (live.counts["companies"].create, live.counts["companies"].quarantine) == (8, 1)
    assert world.target.calls["write upsert"] == 1
    with read_journal(tmp_path / "live" / "journal.sqlite") as journal:
        assert [(one.rule, one.message) for one in journal.quarantined()] == [("too_long", "The vendor's own words.")]


def test_a_job_that_fails_halfway_leaves_the_rest_to_calls(tmp_path: Path) -> None:
    world = bulky(tmp_path)
    fill(world, 0, 40, 0)
    world.live(faults=Faults(job_fails=1.0, seed=5))
    assert any(one.fails_after is not None for one in world.target.jobs.values())
    assert_exactly_once(world)


def test_undo_takes_back_what_jobs_made(tmp_path: Path) -> None:
    world = bulky(tmp_path)
    fill(world, 9, 40, 4)
    before = deepcopy(values_of(world))
    world.live(faults=Faults(seed=2, lose_answer=0.2, unanswered=0.1))
    assert world.undo().total.deleted == 53
    assert values_of(world) == before


@SLOW
@given(kill_at=st.integers(1, 220), seed=st.integers(0, 10_000), late=st.booleans())
def test_killed_at_any_call_nothing_is_lost_or_doubled(kill_at: int, seed: int, late: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = bulky(Path(folder), late=late)
        fill(world, 7, 25, 3)
        world.live_through(Faults(seed=seed, kill_at=kill_at))
        assert_exactly_once(world)


@SLOW
@given(
    seed=st.integers(0, 10_000),
    trouble=st.sampled_from(["lose_answer", "lose_start", "unanswered", "job_fails", "row_put_off", "retriable"]),
    kill_at=st.one_of(st.none(), st.integers(20, 150)),
    late=st.booleans(),
)
def test_in_any_weather_nothing_is_lost_or_doubled(seed: int, trouble: str, kill_at: int | None, late: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = bulky(Path(folder), late=late)
        fill(world, 5, 25, 3)
        strikes: dict[str, Any] = {trouble: 0.2}
        world.live_through(Faults(seed=seed, kill_at=kill_at, **strikes))
        while (again := world.live()).state == "paused":
            assert again.wake_at
        assert_exactly_once(world)


def test_a_spent_day_pauses_between_the_steps_of_a_job(tmp_path: Path) -> None:
    for step in range(5, 60, 6):
        world = bulky(tmp_path / str(step))
        world.folder.mkdir()
        fill(world, 0, 40, 0)
        paused = world.live(faults=Faults(daily_limit_at=step))
        assert paused.state in ("paused", "done")
        world.live()
        assert_exactly_once(world)


def test_a_job_left_open_by_a_dead_program_is_dropped(tmp_path: Path) -> None:
    world = bulky(tmp_path)
    fill(world, 0, 12, 0)
    with pytest.raises(Killed):
        world.live(faults=Faults(kill_at=13))
    assert [one.started for one in world.target.jobs.values()] == [False]
    world.live()
    assert sum(one.started for one in world.target.jobs.values()) == 1
    assert_exactly_once(world)
