"""What a run found and did, counted from its journal."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import orjson
from pydantic import BaseModel

from sdrbot_skills.model.results import Finding, ObjectCounts, Sample

_FATES = {
    "create": "create",
    "update": "update",
    "skip": "skip",
    "merged": "skip",
    "quarantine": "quarantine",
    "deferred": "deferred",
    "gone": "gone",
}


_HANDFUL = 6
_LONGEST_VALUE = 60
_MOST_REASONS = 200
_TOKEN = re.compile(r"""(?<!\w)'[^']*'|(?<!\w)"[^"]*"|\w+|\s+|.""", re.DOTALL)
_ENOUGH_ALIKE = 12
"""Characters that sentences begin with alike when they say the same of different values."""


class Rows(Protocol):
    """Whatever can run a small query on a journal."""

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows."""
        ...


def counts(journal: Rows, objects: Sequence[str]) -> dict[str, ObjectCounts]:
    """Records of each object by fate. A merged duplicate counts as skipped; of a live run, what is not done yet does not count."""
    found: dict[str, dict[str, int]] = {name: {} for name in objects}
    sql = "SELECT object, decision, state, count(*) FROM records GROUP BY 1, 2, 3"
    live = journal.rows("SELECT 1 FROM meta WHERE name='mode' AND value='live'")
    for name, decision, state, number in journal.rows(sql):
        entry = found.setdefault(name, {})
        if decision != "gone":
            entry["read"] = entry.get("read", 0) + number
        if live and state in ("planned", "sent"):
            continue
        fate = "quarantine" if state == "quarantined" else _FATES[decision]
        entry[fate] = entry.get(fate, 0) + number
    for name, number in journal.rows("SELECT object, count(*) FROM links WHERE state='done' AND made=1 GROUP BY 1"):
        found[name]["links"] = number
    return {name: ObjectCounts(**entry) for name, entry in found.items()}


def findings(journal: Rows) -> list[Finding]:
    """All findings, problems first; quarantined records are one finding per rule and field."""
    columns = "rule, severity, object, field, message, count, examples"
    values = _values(journal)
    listed = [
        Finding(
            rule=rule,
            severity=severity,
            object=name or None,
            field=field or None,
            count=count,
            message=f"{message} {several(found)}" if (found := values.get((rule, name, field))) else message,
            examples=json.loads(examples),
        )
        for rule, severity, name, field, message, count, examples in journal.rows(f"SELECT {columns} FROM findings")
    ]
    sql = (
        "SELECT object, rule, coalesce(field, ''), count(*), min(source_id), max(source_id) FROM records "
        "WHERE state='quarantined' GROUP BY 1, 2, 3"
    )
    for name, rule, field, count, first, last in journal.rows(sql):
        examples = list(dict.fromkeys([first, last]))
        message = together(_reasons(journal, name, rule, field))
        listed.append(
            Finding(rule=rule or "unknown", severity="problem", object=name, field=field or None, count=count,
                    message=f"Held back: {message}", examples=examples)
        )  # fmt: skip
    order = {"problem": 0, "warning": 1, "info": 2}
    return sorted(listed, key=lambda one: (order[one.severity], -one.count))


def _values(journal: Rows) -> dict[tuple[str, str, str], list[tuple[str, int]]]:
    """The values that findings name, the most frequent first; a journal of an earlier release knows none."""
    if not journal.rows("SELECT 1 FROM sqlite_master WHERE name='finding_values'"):
        return {}
    found: dict[tuple[str, str, str], list[tuple[str, int]]] = {}
    sql = "SELECT rule, object, field, value, count FROM finding_values ORDER BY count DESC, value"
    for rule, name, field, value, count in journal.rows(sql):
        found.setdefault((rule, name, field), []).append((f"{value!r}", count))
    return found


def _reasons(journal: Rows, name: str, rule: str | None, field: str) -> list[tuple[str, int]]:
    """Why the records of one group were held back, the most frequent reason first."""
    sql = (
        "SELECT coalesce(message, ''), count(*) FROM records WHERE state='quarantined' AND object=? AND rule IS ? AND coalesce(field, '')=? "
        "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?"
    )
    return [(message, count) for message, count in journal.rows(sql, (name, rule, field, _MOST_REASONS))]


def together(reasons: Sequence[tuple[str, int]]) -> str:
    """Several sentences that differ in one place as one that names a handful of what stands there; else the most frequent of them."""
    first, *others = (_TOKEN.findall(message) for message, _ in reasons)
    if not others:
        return reasons[0][0]
    before = min(_alike(first, other) for other in others)
    after = min(_alike(first[before:][::-1], other[before:][::-1]) for other in others)
    opening, closing = "".join(first[:before]), "".join(first[len(first) - after :])
    if len(opening) < _ENOUGH_ALIKE:
        return f"{reasons[0][0]} ({reasons[0][1]:,}, and others for other reasons)"
    middles = [(message[len(opening) : len(message) - len(closing)], count) for message, count in reasons]
    return f"{opening}{several(middles)}{closing}"


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many tokens two sentences begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (mine, theirs) in pairs if mine != theirs), min(len(one), len(other)))


def several(found: Sequence[tuple[str, int]]) -> str:
    """`'Gold' (3), 'Silver' (2) and 4 more`; one alone needs no count beside the finding's."""
    if len(found) == 1:
        return found[0][0][:_LONGEST_VALUE]
    short = [text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…" for text, _ in found]
    shown = [f"{text} ({count:,})" for text, (_, count) in zip(short, found, strict=True)][:_HANDFUL]
    left = len(found) - len(shown)
    return ", ".join(shown) + (f" and {left:,} more" if left else "")


def samples(journal: Rows) -> list[Sample]:
    """The before and after of a few records."""
    found = []
    for name, source_id, body in journal.rows("SELECT object, source_id, before FROM samples"):
        found.append(Sample(object=name, source_id=source_id, **orjson.loads(body)))
    return found


def link_counts(journal: Rows) -> dict[str, dict[str, int]]:
    """Per object and link type, the links to make or made."""
    found: dict[str, dict[str, int]] = {}
    sql = "SELECT object, type, count(*) FROM links WHERE state<>'left' GROUP BY 1, 2"
    for name, link_type, number in journal.rows(sql):
        found.setdefault(name, {})[link_type] = number
    return found


def opt_outs(journal: Rows) -> dict[str, int]:
    """Per object, how many people opted out who are told of by a call of their own."""
    sql = "SELECT object, count(DISTINCT source_id) FROM opt_outs GROUP BY 1"
    return {name: number for name, number in journal.rows(sql)}  # noqa: C416 - typed


def write_result(path: Path, result: BaseModel) -> None:
    """Write a result so that a reader sees the whole of it or none."""
    draft = path.with_suffix(".draft")
    with draft.open("w", encoding="utf-8") as file:
        file.write(result.model_dump_json(indent=2))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def planned_batches(journal: Rows, sizes: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """How many calls the planned records take: `"contacts create"` -> calls; `sizes` gives the batch size per object and decision."""
    found: dict[str, int] = {}
    sql = "SELECT object, decision, count(*) FROM records WHERE state='planned' GROUP BY 1, 2"
    for name, decision, number in journal.rows(sql):
        found[f"{name} {decision}"] = -(-number // sizes[name][decision])
    return found
