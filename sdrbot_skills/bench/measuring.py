"""One measurement: practice CRMs up, contacts there and back, updates, and what others do beside it, at each size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from sdrbot_skills.bench.comparisons import compare
from sdrbot_skills.bench.figures import Figures
from sdrbot_skills.bench.labs import Labs, labs
from sdrbot_skills.bench.people import promote
from sdrbot_skills.bench.product import migrate
from sdrbot_skills.bench.stage import Stage
from sdrbot_skills.errors import MigrationError

USUAL = 20_000
"""Most records with conditions that slow a run down, and beside other programs: more take long and tell nothing more."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """What to measure. `latency`: milliseconds by which each answer is late in a run of its own; 0 for none. `pythons`: of other tools to compare."""

    sizes: Sequence[int]
    vendor_limits: bool = True
    latency: int = 0
    comparisons: bool = True
    pythons: Mapping[str, Path] | None = None


def measure(wish: Wish, folder: Path, say: Say) -> list[Figures]:
    """All figures, smallest size first. Raises `MigrationError` where a command failed or a record was lost."""
    found: list[Figures] = []
    for records in sorted(wish.sizes):
        say(f"{records:,} contacts: two practice HubSpots and a Salesforce start")
        with labs(records) as accounts:
            stage = Stage(folder / str(records), accounts.all())
            for figures in _of_size(wish, accounts, stage, records):
                say(f"  {figures.way}, {figures.conditions}: {figures.rate:,.0f} records/s")
                found.append(figures)
    return found


def _of_size(wish: Wish, accounts: Labs, stage: Stage, records: int) -> Iterator[Figures]:
    yield checked(migrate(stage, accounts.hubspot, accounts.salesforce, records))
    yield checked(migrate(stage, accounts.salesforce, accounts.back, records))
    promote(accounts.hubspot, records)
    yield checked(migrate(stage, accounts.hubspot, accounts.salesforce, records, update=True))
    if wish.comparisons and records <= max(USUAL, min(wish.sizes)):
        yield from compare(accounts, stage, records, pythons=wish.pythons)
    largest = records == max((size for size in wish.sizes if size <= USUAL), default=min(wish.sizes))
    if largest and wish.vendor_limits:
        yield from _there_and_back(accounts, stage, records, "vendors' limits", accounts.limited())
    if largest and wish.latency:
        late = accounts.delayed(wish.latency)
        yield from _there_and_back(accounts, stage, records, f"{wish.latency} ms late", late)


def _there_and_back(
    accounts: Labs, stage: Stage, records: int, conditions: str, during: AbstractContextManager[None]
) -> Iterator[Figures]:
    accounts.empty_targets()
    with during:
        for source, target in ((accounts.hubspot, accounts.salesforce), (accounts.salesforce, accounts.back)):
            figures = checked(migrate(stage, source, target, records))
            figures.conditions = conditions
            yield figures


def checked(figures: Figures) -> Figures:
    """The figures, if the proof found nothing wrong; raises `MigrationError` otherwise."""
    wrong = {name: count for name, count in figures.problems.items() if count}
    if wrong:
        raise MigrationError(f"{figures.way}, {figures.records} records: {wrong}. Figures of a wrong result are none.")
    return figures
