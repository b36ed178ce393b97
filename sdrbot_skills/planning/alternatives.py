"""What would change the forecast: writing by calls or by jobs, or a larger plan of the vendor, each reckoned as if it were so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import get_args

from sdrbot_skills.crm.capabilities import Capabilities, LargerPlan
from sdrbot_skills.model.plan import Lane, Plan
from sdrbot_skills.model.results import Alternative, Forecast
from sdrbot_skills.model.schema import Allowance

Side = tuple[Capabilities, Sequence[Allowance]]
Reckon = Callable[[Plan, Side, Side], Forecast]

BATCHES = ("write ", "update ", "link ")
"""How kinds of calls begin that carry records to the target."""

WORTH_A_WORD = 600.0
"""Seconds."""

_LANES: dict[Lane, str] = {
    "auto": "as their number asks",
    "collections": "always by calls (`limits.lane: collections`)",
    "bulk": "always by jobs (`limits.lane: bulk`)",
}


def alternatives(plan: Plan, found: Forecast, source: Side, target: Side, reckon: Reckon) -> list[Alternative]:
    """Every other lane and every larger plan that would make a difference; `found` is the forecast of the plan as it is."""
    made: list[Alternative] = []
    for lane in get_args(Lane):
        if lane != plan.limits.lane:
            other = plan.model_copy(update={"limits": plan.limits.model_copy(update={"lane": lane})})
            made.append(_alternative(_LANES[lane], "lane", reckon(other, source, target)))
    for number, (capabilities, _) in enumerate((source, target)):
        for larger in capabilities.larger_plans:
            sides = [source, target]
            sides[number] = _on(larger, sides[number])
            change = f"{capabilities.label}: {larger.name} instead of {larger.instead_of}"
            made.append(_alternative(change, "plan", reckon(plan, *sides)))
    kept: dict[tuple[object, ...], Alternative] = {}
    for one in made:
        if _differs(one, found):
            kept.setdefault((one.kind, one.calls, one.seconds, one.calendar_days), one)
    return list(kept.values())


def batches(found: Forecast) -> int:
    """The calls that carry records to the target."""
    return sum(calls for kind, calls in found.target.calls.items() if kind.startswith(BATCHES))


def in_words(found: Forecast) -> list[str]:
    """Each alternative as a sentence, where the run is long enough for anybody to care."""
    if found.seconds < WORTH_A_WORD and found.calendar_days < 1:
        return []
    calls = found.source.total_calls + found.target.total_calls
    now = _figures(calls, batches(found), found.seconds, found.calendar_days)
    return [
        f"With {one.change}: {_figures(one.calls, one.batches, one.seconds, one.calendar_days)}. As it is: {now}."
        for one in found.alternatives
    ]


def _figures(calls: int, carrying: int, seconds: float, days: float) -> str:
    time = f"{seconds / 3600:,.1f} hours" if seconds >= 3600 else f"{seconds / 60:,.1f} minutes"
    calendar = f"{days:,.0f} days on the calendar" if days >= 1 else "within a day"
    return f"{calls:,} calls, {carrying:,} of them batches to the target, {time}, {calendar}"


def _alternative(change: str, kind: str, found: Forecast) -> Alternative:
    return Alternative(
        change=change,
        kind="lane" if kind == "lane" else "plan",
        calls=found.source.total_calls + found.target.total_calls,
        batches=batches(found),
        seconds=found.seconds,
        calendar_days=found.calendar_days,
    )


def _differs(one: Alternative, found: Forecast) -> bool:
    calls = found.source.total_calls + found.target.total_calls
    return (one.calls, one.seconds, one.calendar_days) != (calls, found.seconds, found.calendar_days)


def _on(larger: LargerPlan, side: Side) -> Side:
    """The side as it would be with that plan: short windows and the day grow, what is spent of today stays spent."""
    capabilities, allowances = side
    rates = tuple(
        one.model_copy(update={"amount": one.amount * (larger.daily if one.seconds >= 86_400 else larger.rate)})
        for one in capabilities.rates
    )
    told = [
        one.model_copy(
            update={"limit": one.limit * larger.daily, "remaining": one.remaining + one.limit * (larger.daily - 1)}
        )
        if one.limit is not None and one.remaining is not None
        else one
        for one in allowances
    ]
    return capabilities.model_copy(update={"rates": rates}), told
