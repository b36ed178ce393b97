"""The truth table: which fields belong together, per direction and pair of objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from ruamel.yaml import YAML

Pair = tuple[str, str]
"""A source field and the target field its value belongs into."""


@dataclass
class Expected:
    """One direction of one pair of objects: what has to be proposed, what may be, and which opt-outs have to be asked about."""

    source_crm: str
    source: str
    target_crm: str
    target: str
    must: set[Pair] = field(default_factory=set)
    may: set[Pair] = field(default_factory=set)
    ask: set[str] = field(default_factory=set)


def directions() -> Iterator[Expected]:
    """Every direction between two vendors, for every pair of objects of the table."""
    for table in _tables().values():
        ends = table["endpoints"]
        for ours, (source_crm, source) in ends.items():
            for theirs, (target_crm, target) in ends.items():
                if source_crm != target_crm:
                    found = Expected(source_crm, source, target_crm, target)
                    _fill(found, table, ours, theirs)
                    yield found


def within(expected: Expected, sources: set[str], targets: set[str]) -> Expected:
    """The same for accounts that have only these fields: an add-on that is off takes its fields along.

    An opt-out that the source has and the target lacks has to be asked about.
    """
    must = {(ours, theirs) for ours, theirs in expected.must if ours in sources and theirs in targets}
    placed = {ours for ours, _ in must}
    ask = {name for name in expected.ask if name in sources and name not in placed}
    return Expected(
        expected.source_crm, expected.source, expected.target_crm, expected.target, must, expected.may - must, ask
    )


def _fill(found: Expected, table: Mapping[str, Any], ours: str, theirs: str) -> None:
    for row in [*table["same"], *table.get("consent", [])]:
        if ours in row and theirs in row:
            found.must.add((row[ours], row[theirs]))
    found.ask = {row[ours] for row in table.get("consent", []) if ours in row}
    for kind, pairs in (("one_way", found.must), ("may", found.may)):
        for row in table.get(kind, []):
            if ours in row["from"] and theirs in row["to"]:
                pairs.add((row["from"][ours], row["to"][theirs]))


@cache
def _tables() -> dict[str, Any]:
    text = files("sdrbot_skills.bench.proposals").joinpath("truth.yaml").read_text(encoding="utf-8")
    return dict(YAML(typ="safe").load(text))
