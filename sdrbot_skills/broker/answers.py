"""The records that an answer says were written, read as the policy's `answers` says. Rows that failed are not among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sdrbot_skills.broker.bodies import values_at
from sdrbot_skills.broker.policy import Answers, Match
from sdrbot_skills.broker.rows import Operation, Row


@dataclass(frozen=True, slots=True)
class Result:
    """What the vendor answered for one row. `key` is None where the answer does not tell which row it was."""

    id: str
    created: bool
    key: str | None


def read_results(match: Match, operation: Operation, status: int, body: Any, key_field: str | None) -> list[Result]:
    """One entry for each row that was written."""
    spec, rows = match.rule.answers, operation.rows
    if status >= 300:
        return []
    if spec is None or body is None:
        # An update answered without a body: its id is the one that was asked for.
        alone = match.rule.kind == "write" and match.rule.operation == "update" and len(rows) == 1
        return [Result(rows[0].key, False, rows[0].key)] if alone else []
    by_match = {row.matched_by: row.key for row in rows if row.matched_by}
    return [
        Result(_id(spec, entry), _created(spec, entry), _key_of(spec, entry, number, rows, by_match, key_field))
        for number, entry in enumerate(values_at(body, spec.at + "[]" if spec.at else ""))
        if isinstance(entry, dict) and _succeeded(spec, entry)
    ]


def _id(spec: Answers, entry: Mapping[str, Any]) -> str:
    """The record's id, empty where the entry has none."""
    return str(next(values_at(entry, spec.id), None) or "") if spec.id else ""


def _succeeded(spec: Answers, entry: Mapping[str, Any]) -> bool:
    return bool(_id(spec, entry)) and (spec.success is None or _says(entry, spec.success))


def _created(spec: Answers, entry: Mapping[str, Any]) -> bool:
    return spec.created if isinstance(spec.created, bool) else _says(entry, spec.created)


def _says(entry: Mapping[str, Any], flag: str) -> bool:
    name, named, value = flag.partition("=")
    return entry.get(name) == value if named else entry.get(name) is True


def _key_of(
    spec: Answers,
    entry: Mapping[str, Any],
    number: int,
    rows: Sequence[Row],
    by_match: Mapping[str, str],
    key_field: str | None,
) -> str | None:
    if spec.in_order:
        return rows[number].key if number < len(rows) else None
    for place in spec.match:
        value = next(values_at(entry, place.replace("{key_field}", key_field or "\0")), None)
        if value is not None and str(value) in by_match:
            return by_match[str(value)]
    return None
