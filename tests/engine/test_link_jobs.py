"""Links by jobs: chosen by volume, taken up at every point, each link once."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdrbot_skills.crm.capabilities import BulkLane
from tests.engine.dummy import LINK_JOB
from tests.engine.misfortune import Faults
from tests.engine.test_faults import assert_exactly_once, fill
from tests.engine.world import World

SLOW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
LANE = BulkLane(rows_per_job=10, least_rows=10, calls_per_job=4, worth_from=8)


def linking(folder: Path, lane: str = "auto", **settings: Any) -> World:
    joins = {"bulk_write": LANE, "job_links": frozenset({"Role"})}
    return World(folder, lane=lane, settings={**joins, **settings})


def link_jobs(world: World) -> list[int]:
    return [len(one.rows) for one in world.target.jobs.values() if one.job.key == LINK_JOB]


@pytest.mark.parametrize(
    ("lane", "deals", "jobs"), [("auto", 14, [10, 10, 8]), ("auto", 3, []), ("collections", 14, [])]
)
def test_many_links_go_by_jobs_and_few_by_calls(tmp_path: Path, lane: str, deals: int, jobs: list[int]) -> None:
    world = linking(tmp_path, lane)
    fill(world, 0, 20, deals)
    world.live()
    assert link_jobs(world) == jobs
    assert (world.target.calls["link"] > 0) is not bool(jobs)
    assert_exactly_once(world)
    assert world.target.doubled == 0


def test_links_of_records_that_were_there_before_go_by_calls(tmp_path: Path) -> None:
    world = linking(tmp_path)
    fill(world, 0, 20, 14)
    world.live()
    for number in range(18):
        world.deal(f"Later {number}", world.contact(f"Late{number}", f"late{number}@x.example"))
    first = len(link_jobs(world))
    for one in list(world.source.objects["deals"])[:3]:
        world.source.links["contact", one, world.contact(f"Also{one}")] = None
    world.live("again")
    assert len(link_jobs(world)) == first + 2
    assert 1 <= world.target.calls["link"] <= 3
    assert world.target.doubled == 0


@SLOW
@given(
    kill_at=st.integers(40, 190),
    seed=st.integers(0, 10_000),
    trouble=st.sampled_from(["lose_answer", "job_fails", "row_put_off", "retriable"]),
    chance=st.sampled_from([0.0, 0.2]),
)
def test_killed_at_any_call_no_link_is_lost_or_doubled(kill_at: int, seed: int, trouble: str, chance: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = linking(Path(folder))
        fill(world, 0, 15, 14)
        strikes: dict[str, Any] = {trouble: chance}
        world.live_through(Faults(seed=seed, kill_at=kill_at, **strikes))
        while world.live().state == "paused":
            pass
        assert_exactly_once(world)
        assert world.target.doubled == 0
