"""`docs/performance.md`: the figures in tables, how they were measured, and the aims they meet or miss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sdrbot_skills.bench.aims import MEBIBYTE, judge
from sdrbot_skills.bench.figures import Figures

HEAD = """\
# Performance

Written by `{command}` on 2 cores. The load average was {load:.1f}: above 1, other programs used the
cores as well, records/s are then far below what an idle machine gives, and the processor time per record is what counts.

Contacts go from one practice CRM to another by the way a person goes it: schema run for the migration key, dry run, approval, live run in the sandbox
through the broker, proof. A figure is only kept where the proof found nothing lost, doubled or bent. The practice CRMs run on the same two cores.

- *records/s*: while calls were made, from the first to the last. *CPU*: processor microseconds per record in that time.
- *start*: processor seconds before the first call, script and broker together; they do not grow with the records.
- *memory*: most resident memory of script and broker together.
- *calls*: per 1,000 records, counted by the practice CRMs, the start included; in brackets the least possible: list pages and batches of REST calls.
- *allowed rate*: calls to HubSpot of those that the plan's share of the account's rate allowed.
"""
QUICK_HEAD = """\
## Beside it: quick scripts and other tools

On the same practice CRMs in the same start, straight at them: without broker, sandbox, journal, look-up, link or proof. A second start of any of them
doubles every record; an interruption loses what was under way. *CPU*, from when the program had loaded its libraries, and *memory* are those of its
processes. Quick scripts that hold all records in memory do what the vendors' guides show; Salesforce's SDK looks at a bulk job every 5 seconds.
"""
_COLUMNS = (
    "way",
    "records",
    "conditions",
    "records/s",
    "CPU script",
    "CPU broker",
    "CPU CRMs",
    "start",
    "memory",
    "calls",
    "allowed rate",
    "429",
)
_QUICK_COLUMNS = ("way", "records", "records/s", "CPU script", "CPU CRMs", "memory", "calls", "lost")


def rows(found: Sequence[Figures]) -> tuple[tuple[str, ...], list[list[str]]]:
    """Head and rows of the product's table."""
    return _COLUMNS, [_row(one) for one in found if one.least_calls]


def quick_rows(found: Sequence[Figures]) -> tuple[tuple[str, ...], list[list[str]]]:
    """Head and rows of the quick scripts' table."""
    return _QUICK_COLUMNS, [_quick_row(one) for one in found if not one.least_calls]


def document(found: Sequence[Figures], command: str, load: float) -> str:
    """The whole page."""
    parts = [HEAD.format(command=command, load=load), *_table(*rows(found)), ""]
    if any(not one.least_calls for one in found):
        parts += [QUICK_HEAD, *_table(*quick_rows(found)), ""]
    aims = judge([one for one in found if one.least_calls])
    return "\n".join([*parts, "## Against the aims", "", *(f"- {line}" for line in aims), ""])


def _row(one: Figures) -> list[str]:
    least = 1000 * one.least_calls / one.records
    return [
        one.way,
        f"{one.records:,}",
        one.conditions,
        f"{one.rate:,.0f}",
        *(f"{one.micros(process):.0f}" for process in ("script", "broker", "emulators")),
        f"{sum(one.start.values()):.1f} s",
        f"{sum(one.peak.values()) / MEBIBYTE:.0f} MiB",
        f"{one.calls_per_thousand:.1f} ({least:.1f})",
        "-" if one.rate_used is None or one.conditions != "vendors' limits" else f"{100 * one.rate_used:.0f} %",
        str(one.throttled),
    ]


def _quick_row(one: Figures) -> list[str]:
    return [
        one.way,
        f"{one.records:,}",
        f"{one.rate:,.0f}",
        *(f"{one.micros(process):.0f}" for process in ("script", "emulators")),
        f"{sum(one.peak.values()) / MEBIBYTE:.0f} MiB",
        f"{one.calls_per_thousand:.1f}",
        str(one.problems.get("lost", 0)),
    ]


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in body:
        yield "| " + " | ".join(row) + " |"
