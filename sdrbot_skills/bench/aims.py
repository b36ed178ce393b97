"""What the figures should be on an idle machine with two cores, and why one that falls short does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sdrbot_skills.bench.figures import Figures

MEBIBYTE = 1024 * 1024
LIMITED = "vendors' limits"
_BUSY = (
    "Script, broker and the practice CRMs share the two cores with whatever else runs: their processor time per record, added up, bounds the records/s "
    "that two cores can give, and is the steadier figure."
)


@dataclass(frozen=True)
class Aim:
    """`value` gives the figure, None where a measurement has none; `most`: the aim is an upper bound."""

    name: str
    unit: str
    target: float
    most: bool
    value: Callable[[Figures], float | None]
    why: str

    def missed_by(self, figure: float) -> float:
        """How much is missing, in the aim's unit; 0 or less where it is met."""
        return figure - self.target if self.most else self.target - figure


AIMS = (
    Aim(
        "Creates and upserts",
        "records/s",
        10_000,
        False,
        lambda one: None if _slowed(one) or _images(one) else one.rate,
        _BUSY,
    ),
    Aim(
        "Updates with before-images",
        "records/s",
        6_000,
        False,
        lambda one: one.rate if _images(one) and not _slowed(one) else None,
        _BUSY,
    ),
    Aim(
        "Processor time of the script",
        "µs/record",
        100,
        True,
        lambda one: one.micros("script"),
        "Reading both schemas and opening the journal are in it, which weighs on few records; an answer that comes late is waited for by looking again.",
    ),
    Aim(
        "Processor time of the broker",
        "µs/record",
        15,
        True,
        lambda one: one.micros("broker"),
        "It is the calls that cost, not the records: a list page of HubSpot costs the broker about 0.6 ms and a batch about 2 ms, and either carries 100 "
        "records. A quarter of a batch's is the ledger, which knows each row again and is on disk before anything leaves, another quarter reading what is "
        "sent and answered; most of the rest is HTTP in and out.",
    ),
    Aim(
        "Memory of script and broker",
        "MiB",
        200,
        True,
        lambda one: sum(one.peak.values()) / MEBIBYTE,
        "Most of it is there before the first record: the vendors' SDKs.",
    ),
    Aim(
        "Calls above the least possible",
        "%",
        5,
        True,
        lambda one: 100 * (sum(one.calls.values()) / one.least_calls - 1) if one.least_calls else None,
        "The calls of the start (both schemas, who answers, what changed since the approval) are about 40 and do not grow with the records. Jobs take "
        "fewer calls than the least possible here, which counts REST calls.",
    ),
    Aim(
        "Share of the allowed rate",
        "%",
        90,
        False,
        lambda one: None if one.rate_used is None or one.conditions != LIMITED else 100 * one.rate_used,
        "On a busy machine an answer may take longer than the pace allows; a call that could have left then is not made up for.",
    ),
    Aim(
        "Answers 429",
        "% of calls",
        1,
        True,
        lambda one: 100 * one.throttled / max(1, sum(one.calls.values())),
        "Another program used the same allowance.",
    ),
)


def judge(found: Sequence[Figures]) -> list[str]:
    """One line for each aim: the best and the worst figure, and where it falls short, by how much and why."""
    return [line for aim in AIMS if (line := _line(aim, found))]


def _line(aim: Aim, found: Sequence[Figures]) -> str:
    values = [(value, one) for one in found if (value := aim.value(one)) is not None]
    if not values:
        return ""
    sign = 1 if aim.most else -1
    values.sort(key=lambda pair: sign * pair[0])
    (best, _), (worst, where) = values[0], values[-1]
    bound = "at most" if aim.most else "at least"
    told = f"**{aim.name}** ({bound} {aim.target:,.0f} {aim.unit}): {best:,.1f} to {worst:,.1f}."
    missed = [one for value, one in values if aim.missed_by(value) > 0]
    if not missed:
        return f"{told} Met."
    share = f"{len(missed)} of {len(values)} measurements fall short"
    return f"{told} {share}, the furthest by {aim.missed_by(worst):,.0f} {aim.unit} ({where.name}). {aim.why}"


def _slowed(one: Figures) -> bool:
    return one.conditions != Figures("", 1).conditions


def _images(one: Figures) -> bool:
    return one.way.endswith("updates")
