"""The measurement: the schemas of all six practice CRMs, every direction between them, as they are and widened."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from sdrbot_skills.bench.proposals.account import Snapshot, read_snapshot
from sdrbot_skills.bench.proposals.score import Score, score_standard, score_wide
from sdrbot_skills.bench.proposals.truth import Pair, directions
from sdrbot_skills.bench.proposals.wide import WIDTH, widened
from sdrbot_skills.crm.registry import crm_names
from sdrbot_skills.lab.processes import Emulator, running, start
from sdrbot_skills.runs import brokers

ADD_ONS: Mapping[str, tuple[str, ...]] = {"pipedrive": ("contact_sync", "campaigns")}
"""Variants of a practice CRM that have fields worth judging."""

Styled = tuple[str, str, str, Pair]
"""A pair of fields by source CRM, source object, target CRM."""


@dataclass
class Measured:
    """All scores; of the wide ones also how each pair is spelled, and which of these were missed."""

    standard: list[Score] = field(default_factory=list)
    wide: list[Score] = field(default_factory=list)
    width: int = WIDTH
    styles: dict[Styled, str] = field(default_factory=dict)
    missed_of_styles: set[Styled] = field(default_factory=set)


def measure(width: int = WIDTH) -> Measured:
    """Everything; takes under a minute. `width`: own fields per wide object, 0 for none."""
    snapshots = read_all()
    found = Measured(score_standard(snapshots), width=width)
    for expected in directions() if width else ():
        ours = snapshots[expected.source_crm].schemas[expected.source]
        theirs = snapshots[expected.target_crm].schemas[expected.target]
        if "lead" not in (ours.standard, theirs.standard):
            _measure_wide(found, snapshots, expected.source_crm, expected.source, expected.target_crm, expected.target)
    return found


def read_all() -> dict[str, Snapshot]:
    """The schemas of the practice CRMs, which are brought up for it, read by the real adapters through a broker."""
    crms = crm_names()
    with _labs(crms) as emulators, _connected(emulators), brokers.reading(*crms) as adapters:
        return {adapter.crm: read_snapshot(adapter) for adapter in adapters}


def _measure_wide(
    found: Measured, snapshots: Mapping[str, Snapshot], source_crm: str, source: str, target_crm: str, target: str
) -> None:
    wide = widened(snapshots[source_crm], snapshots[target_crm], [(source, target)], found.width)
    score = score_wide(wide, source, target)
    found.wide.append(score)
    found.styles |= {(source_crm, source, target_crm, pair): style for pair, style in wide.styles.items()}
    found.missed_of_styles |= {(source_crm, source, target_crm, pair) for pair in score.missed}


@contextmanager
def _labs(crms: list[str]) -> Iterator[list[Emulator]]:
    plain = [crm for crm in crms if crm not in ADD_ONS]
    with running(*plain) as emulators:
        extra: list[Emulator] = []
        try:
            for crm, variants in ADD_ONS.items():
                extra += start([crm], attached=True, variants=variants)
            yield [*emulators, *extra]
        finally:
            for emulator in extra:
                emulator.stop()


@contextmanager
def _connected(emulators: list[Emulator]) -> Iterator[None]:
    """The variables of the practice CRMs, for as long as the block lasts."""
    before = dict(os.environ)
    for emulator in emulators:
        os.environ |= emulator.env
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before
