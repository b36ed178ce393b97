"""How many calls the live run takes and how long that is, at the account's limits: batch arithmetic, no guesses hidden in it."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.crm.capabilities import (
    Capabilities,
    batches,
    bulk_lane,
    index_calls,
    look_up_calls,
    read_calls,
    reads_by_job,
)
from sdrbot_skills.model.plan import Lane, ObjectPlan, Plan, WhenFound
from sdrbot_skills.model.results import DryRunResult, Forecast, LaneForecast, ObjectCounts
from sdrbot_skills.model.schema import Allowance, LinkType
from sdrbot_skills.planning.alternatives import Side, alternatives, in_words

DAY = 86_400.0
BY_A_JOB = " by a job"
BY_JOBS = " by jobs"


@dataclass
class _Work:
    """Calls by kind on one side, and what they cost in the currency of its daily allowance."""

    prices: Mapping[str, float]
    calls: dict[str, int] = field(default_factory=dict)
    spend: float = 0.0

    def add(self, kind: str, calls: int, price: str) -> None:
        """`price`: the name in `Capabilities.price_per_call` of what each call costs; 1 where the vendor counts calls."""
        if calls:
            self.calls[kind] = self.calls.get(kind, 0) + calls
            self.spend += calls * self.prices.get(price, 1.0)

    @property
    def total(self) -> int:
        return sum(self.calls.values())


def forecast(
    plan: Plan, found: DryRunResult, source: Crm, target: Crm, ours: Sequence[Allowance], theirs: Sequence[Allowance]
) -> Forecast:
    """The forecast of a live run with what its dry run counted; `ours` and `theirs`: what is left of the limits of source and target.

    Reading changed records anew, polls, verification and undo are not in it.
    """
    link_types = {entry.target: target.link_types(entry.target) for entry in plan.objects.values()}
    there = {name: target.count(name) for name in link_types}
    apart = {
        (entry.source, link.name)
        for entry in plan.objects.values()
        if entry.links
        for link in source.link_types(entry.source)
        if link.read_apart
    }
    return calculate(plan, found, source.capabilities, target.capabilities, link_types, ours, theirs, there, apart)


def calculate(
    plan: Plan,
    found: DryRunResult,
    source: Capabilities,
    target: Capabilities,
    target_links: Mapping[str, Sequence[LinkType]],
    source_allowances: Sequence[Allowance] = (),
    target_allowances: Sequence[Allowance] = (),
    target_counts: Mapping[str, int] | None = None,
    read_apart: Collection[tuple[str, str]] = (),
) -> Forecast:
    """The arithmetic of `forecast`, from figures alone.

    `target_counts`: how many records of each object the target has. `read_apart`: object and name of each source link that pages do not carry.
    """

    def reckon(plan: Plan, ours: Side, theirs: Side) -> Forecast:
        return _reckon(plan, found, ours, theirs, target_links, target_counts or {}, read_apart)

    sides = (source, source_allowances), (target, target_allowances)
    made = reckon(plan, *sides)
    made.alternatives = alternatives(plan, made, *sides, reckon)
    made.notes += in_words(made)
    return made


def _reckon(
    plan: Plan,
    found: DryRunResult,
    ours: Side,
    theirs: Side,
    target_links: Mapping[str, Sequence[LinkType]],
    target_counts: Mapping[str, int],
    read_apart: Collection[tuple[str, str]],
) -> Forecast:
    (source, source_allowances), (target, target_allowances) = ours, theirs
    reading, writing = _Work(source.price_per_call), _Work(target.price_per_call)
    for word, entry in plan.objects.items():
        counts = found.counts.get(word, ObjectCounts())
        _reading(reading, entry, counts, source, plan.limits.lane, read_apart)
        looked_up = found.look_ups.get(word, {})
        _matching(writing, entry, counts, target, plan.limits.lane, target_counts.get(entry.target), looked_up)
        _writing(writing, entry, counts, target, plan.limits.lane)
        _linking(writing, word, entry, found, target, target_links.get(entry.target, ()), plan.limits.lane)
        writing.add("opt-outs", found.opt_outs.get(word, 0) if entry.target in target.opt_out_fields else 0, "opt-out")
    share = plan.limits.share
    read, written = _lane(reading, source, share, source_allowances), _lane(writing, target, share, target_allowances)
    return Forecast(
        source=read,
        target=written,
        seconds=max(read.seconds, written.seconds),
        calendar_days=max(read.calendar_days, written.calendar_days),
        notes=_notes(plan, read, written, source, target),
    )


def _reading(
    work: _Work,
    entry: ObjectPlan,
    counts: ObjectCounts,
    source: Capabilities,
    lane: Lane,
    read_apart: Collection[tuple[str, str]],
) -> None:
    by = BY_A_JOB if reads_by_job(source, lane, counts.read) else ""
    work.add(f"read {entry.source}{by}", read_calls(source, lane, counts.read), "read")
    kinds = {link.source for link in entry.links}
    if source.inline_links:
        apart = len([name for name in kinds if (entry.source, name) in read_apart])
        work.add(f"read links of {entry.source}", apart * batches(counts.read, source.page_size), "links")
    else:
        work.add(f"read links of {entry.source}", len(kinds) * batches(counts.read, source.link_read_batch), "links")
    work.add(f"read links of {entry.source} one by one", len(kinds & source.one_call_links) * counts.read, "links")


def _matching(
    work: _Work,
    entry: ObjectPlan,
    counts: ObjectCounts,
    target: Capabilities,
    lane: Lane,
    there: int | None,
    looked_up: Mapping[str, int],
) -> None:
    """Nothing is looked up in an empty target; elsewhere by the values of the keys or by reading all keys, whichever takes fewer calls.

    `looked_up`: calls of the dry run by field, which the live run repeats: a record without a value is not looked up by it. A field that was not
    there yet is reckoned for every record.
    """
    if there == 0:
        return
    keys = [] if entry.match.when_found is WhenFound.CREATE else entry.match.on
    look_ups = look_up_calls(target, counts.read, len(keys) + (entry.migration_key is not None))
    if there is not None:
        indexed = index_calls(target, lane, counts.read, there)
        if indexed < look_ups or not all(key.by_equality for key in keys):
            work.add(f"read the keys of {entry.target}", indexed, "read")
            return
    for name in [*(key.field for key in keys), *([entry.migration_key] if there and entry.migration_key else [])]:
        calls = looked_up.get(name, batches(counts.read, target.find_batch))
        work.add(f"look up {entry.target} by {name}", calls, "find")


def _writing(work: _Work, entry: ObjectPlan, counts: ObjectCounts, target: Capabilities, lane: Lane) -> None:
    if entry.migration_key is None:
        work.add(f"write {entry.target}", batches(counts.create, target.create_batch), "create")
    elif (bulk := bulk_lane(target, lane, counts.create)) is not None:
        jobs, rest = bulk.share(counts.create, lane)
        work.add(f"write {entry.target}{BY_JOBS}", jobs * bulk.calls_per_job, "job")
        work.add(f"write {entry.target}", batches(rest, target.upsert_batch), "create")
    else:
        work.add(f"write {entry.target}", batches(counts.create, target.upsert_batch), "create")
    work.add(f"update {entry.target}", batches(counts.update, target.update_batch), "update")


def _linking(
    work: _Work,
    word: str,
    entry: ObjectPlan,
    found: DryRunResult,
    target: Capabilities,
    kinds: Sequence[LinkType],
    lane: Lane,
) -> None:
    """A link that is a field travels with its record, and so does the main one of many that a field names; only the others cost calls."""
    fields = {kind.name for kind in kinds if kind.field is not None}
    counts = found.link_counts.get(word, {})
    with_record = {kind.primary_of: counts.get(kind.name, 0) for kind in kinds if kind.primary_of is not None}
    fate = found.counts.get(word, ObjectCounts())
    records = fate.create + fate.update + fate.skip
    for link in entry.links:
        if link.target not in fields:
            number = counts.get(link.target, counts.get(link.source, 0)) - with_record.get(link.target, 0)
            bulk = bulk_lane(target, lane, number) if link.target in target.job_links else None
            calls = bulk.calls(number, target.link_batch, lane) if bulk else batches(number, target.link_batch)
            if target.linked_by_record or link.target in target.one_call_links:
                calls = max(calls, min(number, records))
            work.add(f"link {entry.target} by {link.target}", calls, "link")


def _lane(work: _Work, capabilities: Capabilities, share: float, allowances: Sequence[Allowance]) -> LaneForecast:
    short = [
        rate.amount / rate.seconds for rate in capabilities.rates if rate.unit == "calls" and 1 < rate.seconds < DAY
    ]
    seconds = work.total / (min(short) * share) if short else 0.0
    daily = _daily(capabilities, allowances)
    left = daily.remaining if daily else None
    return LaneForecast(
        calls=work.calls,
        total_calls=work.total,
        seconds=round(seconds, 1),
        calendar_days=round(_days(work.spend, daily, share, seconds), 2),
        unit=_unit(capabilities),
        spend=work.spend,
        allowance_left=left,
    )


def _daily(capabilities: Capabilities, allowances: Sequence[Allowance]) -> Allowance | None:
    """The account's own daily allowance; what the capabilities say where it does not tell."""
    unit = _unit(capabilities)
    told = [entry for entry in allowances if entry.unit == unit and entry.limit and entry.remaining is not None]
    if told:
        return min(told, key=lambda entry: entry.remaining or 0.0)
    known = [rate for rate in capabilities.rates if rate.seconds == DAY and rate.unit == unit]
    return Allowance(name=known[0].name, unit=unit, limit=known[0].amount, remaining=known[0].amount) if known else None


def _unit(capabilities: Capabilities) -> str:
    """What the vendor counts its daily allowance in."""
    return next((rate.unit for rate in capabilities.rates if rate.seconds == DAY), "calls")


def _days(spend: float, daily: Allowance | None, share: float, seconds: float) -> float:
    """Days on the calendar: what is left today first, then the full share of each day."""
    if daily is None or daily.limit is None:
        return seconds / DAY
    today = (daily.remaining or 0.0) * share
    if spend <= today:
        return seconds / DAY
    return max(seconds / DAY, float(math.ceil((spend - today) / (daily.limit * share))))


def _notes(
    plan: Plan, ours: LaneForecast, theirs: LaneForecast, source: Capabilities, target: Capabilities
) -> list[str]:
    notes = []
    for lane, capabilities in ((ours, source), (theirs, target)):
        if lane.calendar_days >= 1:
            notes.append(
                f"{capabilities.label}'s daily allowance is spent before the run is through: it pauses and goes on by itself."
            )
        spent = [label for label in lane.calls if label == "opt-outs"]
        if spent:
            notes.append(f"{capabilities.label} takes opt-outs one call at a time: {lane.calls['opt-outs']:,} calls.")
    if any(label.endswith(BY_A_JOB) for label in ours.calls):
        notes.append(
            f"{source.label} is read by query jobs, in the dry run too: they change nothing, and {source.label} lists them for some days."
        )
    if target.bulk_write is not None and any(label.endswith(BY_JOBS) for label in theirs.calls):
        notes += [target.bulk_write.caution] if target.bulk_write.caution else []
    if not math.isclose(plan.limits.share, 1.0):
        notes.append(
            f"The run uses at most {plan.limits.share:.0%} of each account's limits, so that other programs go on working."
        )
    return notes
