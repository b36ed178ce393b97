"""Pacing with a clock of our own: never more than our share in any window, little of it wasted, and the vendor's word is law."""

from __future__ import annotations

import asyncio
import os
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sdrbot_skills.broker.limits import throttled
from sdrbot_skills.broker.pacing import Pacer, PauseTooLong
from sdrbot_skills.broker.policy import Rate, load_policy
from sdrbot_skills.broker.reset import MARGIN, opens_in
from sdrbot_skills.broker.shared_pace import SharedPace


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def pacer(
    clock: Clock, share: float = 0.8, *, known: bool = True, crm: str = "hubspot", path: Path | None = None
) -> Pacer:
    rates = load_policy(crm).data.rates
    return Pacer(rates, share, known=known, clock=clock, sleep=clock.sleep, shared=SharedPace(path))


def departures(paced: Pacer, clock: Clock, count: int, bucket: str = "calls") -> list[float]:
    async def run() -> list[float]:
        times = []
        for _ in range(count):
            await paced.acquire(bucket, longest=1000)
            times.append(clock.now)
        return times

    return asyncio.run(run())


def busiest(times: list[float], window: float) -> int:
    return max(sum(1 for other in times if start <= other < start + window) for start in times)


@pytest.mark.parametrize("share", [0.5, 0.8, 1.0])
def test_no_window_holds_more_than_our_share(share: float) -> None:
    clock = Clock()
    times = departures(pacer(clock, share), clock, 600)
    assert busiest(times, 10) <= 100 * share + 1
    assert len(times) / (times[-1] - times[0]) >= 0.9 * share * 100 / 10


def test_the_headers_replace_the_first_guess() -> None:
    clock = Clock()
    paced = pacer(clock)
    paced.learn("calls", {"x-hubspot-ratelimit-max": "190", "x-hubspot-ratelimit-interval-milliseconds": "10000"})
    times = departures(paced, clock, 600)
    assert 0.9 * 152 < busiest(times, 10) <= 153


def test_what_others_have_used_is_not_ours() -> None:
    clock = Clock()
    paced = pacer(clock)
    headers = {"x-hubspot-ratelimit-max": "100", "x-hubspot-ratelimit-remaining": "0"}
    paced.learn("calls", headers)
    assert departures(paced, clock, 1)[0] > 1000


def test_a_search_has_a_limit_of_its_own() -> None:
    clock = Clock()
    times = departures(pacer(clock, share=1), clock, 50, bucket="search")
    assert busiest(times, 1) <= 6


def test_a_lab_without_headers_is_not_held_back() -> None:
    clock = Clock()
    assert departures(pacer(clock, known=False), clock, 5000)[-1] == 1000


def test_a_pause_holds_everything_back() -> None:
    clock = Clock()
    paced = pacer(clock, known=False)
    paced.pause("calls", 10, daily=False)
    assert paced.waiting() == 10
    assert departures(paced, clock, 1) == [1010]


def test_a_long_pause_goes_back_to_the_caller() -> None:
    clock = Clock()
    paced = pacer(clock)
    paced.pause("calls", 90, daily=False)
    with pytest.raises(PauseTooLong) as caught:
        asyncio.run(paced.acquire("calls", longest=60))
    assert (round(caught.value.seconds), caught.value.daily) == (90, False)


@pytest.mark.parametrize(
    ("crm", "headers", "stopped"),
    [
        ("salesforce", {"sforce-limit-info": "api-usage=11999/15000"}, False),
        ("salesforce", {"sforce-limit-info": "api-usage=12000/15000"}, True),
        ("salesforce", {"sforce-limit-info": "api-usage=12000/15000; per-app-api-usage=17/250(appName=x)"}, True),
        ("salesforce", {"sforce-limit-info": "nonsense"}, False),
        ("hubspot", {"x-hubspot-ratelimit-daily": "250000", "x-hubspot-ratelimit-daily-remaining": "50001"}, False),
        ("hubspot", {"x-hubspot-ratelimit-daily": "250000", "x-hubspot-ratelimit-daily-remaining": "50000"}, True),
    ],
)
def test_the_rest_of_the_day_belongs_to_others(crm: str, headers: dict[str, str], stopped: bool) -> None:
    clock = Clock()
    paced = pacer(clock, crm=crm)
    paced.learn("calls", headers)
    if stopped:
        with pytest.raises(PauseTooLong) as caught:
            asyncio.run(paced.acquire("calls", longest=60))
        assert caught.value.daily
    else:
        asyncio.run(paced.acquire("calls", longest=60))


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        (429, {}, b'{"policyName":"TEN_SECONDLY_ROLLING"}', (10, False)),
        (429, {}, b'{"policyName":"SECONDLY"}', (1, False)),
        (429, {}, b'{"policyName":"DAILY"}', (3600, True)),
        (429, {"Retry-After": "3"}, b"<html>", (3, False)),
        (403, {}, b'[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"TotalRequests Limit exceeded."}]', (3600, True)),
        (
            403,
            {},
            b'[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"ConcurrentRequests Limit exceeded."}]',
            (10, False),
        ),
        (403, {}, b'[{"errorCode":"INSUFFICIENT_ACCESS","message":"REQUEST_LIMIT_EXCEEDED 429"}]', None),
        (403, {}, b'{"category":"MISSING_SCOPES"}', None),
        (503, {}, b"", None),
        (503, {"Retry-After": "2"}, b"", (2, False)),
        (200, {"Retry-After": "2"}, b"", None),
    ],
)
def test_what_counts_as_a_rate_limit(
    status: int, headers: dict[str, str], body: bytes, expected: tuple[float, bool] | None
) -> None:
    limit = throttled(status, headers, body)
    assert (limit and (limit.seconds, limit.daily)) == expected


def test_a_small_allowance_still_lets_something_through() -> None:
    clock = Clock()
    paced = Pacer({"calls": Rate(amount=1, seconds=1)}, 0.5, known=True, clock=clock, sleep=clock.sleep)
    times = departures(paced, clock, 5)
    assert times[-1] < 1020


def test_brokers_of_one_account_stay_within_the_allowance_together(tmp_path: Path) -> None:
    clock = Clock()
    three = [pacer(clock, path=tmp_path / "pace.json") for _ in range(3)]

    async def run() -> list[float]:
        times = []
        for number in range(600):
            await three[number % 3].acquire("calls", longest=1000)
            times.append(clock.now)
        return times

    times = asyncio.run(run())
    assert busiest(times, 10) <= 81
    assert len(times) / (times[-1] - times[0]) >= 0.9 * 80 / 10


def test_a_pause_of_the_vendor_holds_for_every_broker(tmp_path: Path) -> None:
    clock = Clock()
    one, other = (pacer(clock, known=False, path=tmp_path / "pace.json") for _ in range(2))
    one.pause("calls", 10, daily=False)
    assert departures(other, clock, 1) == [1010]
    one.pause("", 3600, daily=True)
    with pytest.raises(PauseTooLong) as caught:
        asyncio.run(other.acquire("calls", longest=60))
    assert (caught.value.seconds, caught.value.daily) == (3600, True)


def test_a_spent_share_is_our_own_affair(tmp_path: Path) -> None:
    clock = Clock()
    run = pacer(clock, crm="salesforce", path=tmp_path / "pace.json")
    look = pacer(clock, share=1.0, crm="salesforce", path=tmp_path / "pace.json")
    run.learn("calls", {"sforce-limit-info": "api-usage=12000/15000"})
    with pytest.raises(PauseTooLong):
        asyncio.run(run.acquire("calls", longest=60))
    asyncio.run(look.acquire("calls", longest=60))


@pytest.mark.parametrize(
    ("crm", "zone", "hours"),
    [
        ("hubspot", "America/New_York", 10),
        ("hubspot", "Asia/Tokyo", 20),
        ("hubspot", None, 5),
        ("hubspot", "Eastern Time", 5),
        ("pipedrive", "Asia/Tokyo", 5),
    ],
)
def test_a_spent_day_opens_at_the_vendors_midnight(crm: str, zone: str | None, hours: int) -> None:
    """It is 19:00 UTC in winter."""
    clock = Clock()
    clock.now = 1_769_972_400.0
    paced = Pacer(load_policy(crm).data.rates, 0.8, known=True, clock=clock, sleep=clock.sleep, zone=zone)
    assert paced.pause("calls", 3600, daily=True, told=False) == hours * 3600 + MARGIN
    with pytest.raises(PauseTooLong) as caught:
        asyncio.run(paced.acquire("calls", longest=60))
    assert (caught.value.seconds, caught.value.daily) == (hours * 3600 + MARGIN, True)


def test_a_day_with_a_change_of_the_clocks_is_not_24_hours() -> None:
    at = datetime(2026, 10, 25, 0, 30, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
    assert opens_in(at, "midnight", "Europe/Berlin", 1, {}) == 24.5 * 3600 + MARGIN


def test_a_rolling_day_opens_as_our_calls_of_a_day_ago_fall_out_of_it(tmp_path: Path) -> None:
    clock = Clock()
    clock.now = 1_700_000_000.0 // 3600 * 3600 + 600
    morning = clock.now
    paced = pacer(clock, crm="salesforce", path=tmp_path / "pace.json")
    departures(paced, clock, 10)  # a look around, which is not worth waking for
    clock.now += 2 * 3600
    departures(paced, clock, 800)
    clock.now += 3 * 3600
    paced.learn("calls", {"sforce-limit-info": "api-usage=12000/15000"})
    with pytest.raises(PauseTooLong) as caught:
        asyncio.run(paced.acquire("calls", longest=60))
    opens = clock.now + caught.value.seconds
    assert opens == morning - 600 + 3 * 3600 + 86_400, "when the hour of the eight hundred is a day ago"


def test_what_others_have_spent_is_asked_for_every_hour() -> None:
    clock = Clock()
    assert pacer(clock, crm="salesforce").pause("calls", 3600, daily=True, told=False) == 3600


def test_a_day_that_opens_sooner_is_open_for_everybody(tmp_path: Path) -> None:
    """Somebody has bought more of it."""
    clock = Clock()
    run, look = (pacer(clock, path=tmp_path / "pace.json") for _ in range(2))
    run.pause("calls", 36_000, daily=True)
    with pytest.raises(PauseTooLong):
        asyncio.run(look.acquire("calls", longest=60))
    clock.now += 3601
    asyncio.run(look.acquire("calls", longest=60))
    with pytest.raises(PauseTooLong):
        asyncio.run(run.acquire("calls", longest=60))  # one call an hour
    look.went_well()
    asyncio.run(run.acquire("calls", longest=60))


def test_what_was_left_a_window_ago_says_nothing(tmp_path: Path) -> None:
    clock = Clock()
    departures(pacer(clock, path=tmp_path / "pace.json"), clock, 200)
    clock.now += 11
    # A practice CRM without limits at the same address is not held back by an earlier one that had them.
    assert departures(pacer(clock, known=False, path=tmp_path / "pace.json"), clock, 500)[-1] == clock.now


@pytest.mark.parametrize("content", [b"", b"{", b"[]"])
def test_a_file_cut_off_by_a_kill_is_as_good_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pace.json").write_bytes(content)
    clock = Clock()
    assert len(departures(pacer(clock, path=tmp_path / "pace.json"), clock, 3)) == 3


@pytest.mark.parametrize("brokers", [1, 2])
def test_hardly_any_call_is_turned_away(tmp_path: Path, brokers: int) -> None:
    """A vendor that counts fixed windows of its own; each answer says what is left."""
    clock, window, refused = Clock(), {"began": 0.0, "used": 0}, 0
    paced = [pacer(clock, share=1.0, path=tmp_path / "pace.json") for _ in range(brokers)]

    async def call(one: Pacer) -> bool:
        await one.acquire("calls", longest=1000)
        clock.now += 0.004
        if clock.now - window["began"] >= 10:
            window.update(began=clock.now, used=0)
        window["used"] += 1
        left = max(0, 100 - int(window["used"]))
        one.learn("calls", {"x-hubspot-ratelimit-max": "100", "x-hubspot-ratelimit-remaining": str(left)})
        if window["used"] > 100:
            one.pause("calls", 10, daily=False)
        return window["used"] <= 100

    for number in range(2000):
        refused += not asyncio.run(call(paced[number % brokers]))
    assert refused <= 20


def test_what_is_days_old_is_thrown_away(tmp_path: Path) -> None:
    old, young = tmp_path / "old.json", tmp_path / "young.json"
    old.touch()
    young.touch()
    os.utime(old, (1.0, 1.0))
    SharedPace(tmp_path / "pace.json").close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pace.json", "young.json"]
