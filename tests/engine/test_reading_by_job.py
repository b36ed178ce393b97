"""Whole objects read by jobs: chosen by volume, taken up where a process stopped, and never by half."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdrbot_skills.crm.capabilities import ReadLane
from sdrbot_skills.errors import Retriable
from tests.engine.dummy import DummyCrm
from tests.engine.misfortune import Faults
from tests.engine.test_faults import assert_exactly_once, fill
from tests.engine.world import World

LANE = ReadLane(rows_per_call=10, calls_per_job=1, worth_from=20)
SLOW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def reading(folder: Path, lane: str = "auto", **settings: Any) -> World:
    return World(folder, lane=lane, source_settings={"bulk_read": LANE}, **settings)


@pytest.mark.parametrize(("lane", "jobs"), [("auto", 1), ("collections", 0), ("bulk", 3)])
def test_what_is_large_enough_is_read_by_a_job(tmp_path: Path, lane: str, jobs: int) -> None:
    world = reading(tmp_path, lane)
    fill(world, 3, 25, 2)
    world.live()
    assert world.source.calls["open read"] == jobs
    assert_exactly_once(world)


def test_what_a_job_cannot_answer_is_read_by_calls(tmp_path: Path) -> None:
    world = reading(tmp_path)
    world.source.unaskable = True
    fill(world, 0, 25, 0)
    world.live()
    assert world.source.calls["read"] > 3
    assert_exactly_once(world)


def test_a_stream_that_breaks_off_is_taken_up_at_the_last_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = reading(tmp_path)
    fill(world, 0, 40, 0)
    called, broken = DummyCrm._called, iter([False, False, True, False, True])

    def breaks(self: DummyCrm, what: str) -> None:
        called(self, what)
        if what == "read part" and next(broken, False):
            raise Retriable("The answer ended early.")

    monkeypatch.setattr(DummyCrm, "_called", breaks)
    world.live()
    assert world.source.calls["open read"] == 1
    assert world.source.calls["read part"] == 6 + 2
    assert_exactly_once(world)


def test_the_targets_keys_are_read_by_a_job_where_that_takes_fewer_calls(tmp_path: Path) -> None:
    world = World(tmp_path, settings={"bulk_read": LANE})
    for number in range(60):
        world.target.put("Contact", {"LastName": f"Old{number}", "Email": f"c{number}@x.example"})
    for number in range(60):
        world.contact(f"New{number}", f"c{number}@x.example")
    live = world.live()
    assert live.counts["contacts"].update == 60
    assert world.target.calls["open read"] == 1
    assert world.target.calls["find"] == 0


@SLOW
@given(kill_at=st.integers(1, 120), seed=st.integers(0, 10_000))
def test_killed_at_any_call_nothing_is_lost_or_doubled(kill_at: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = reading(Path(folder))
        fill(world, 4, 30, 21)
        world.live_through(Faults(seed=seed, kill_at=kill_at))
        assert_exactly_once(world)
