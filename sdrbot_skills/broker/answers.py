"""The records that an answer says were written, read as the policy's `answers` says. Rows that failed are not among them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sdrbot_skills.broker.bodies import first_at, values_at
from sdrbot_skills.broker.policy import Answers, Match
from sdrbot_skills.broker.rows import Operation

MADE_NOW = 10.0
"""Seconds between a record's creation and the answer of the call that made it, at most."""


class Result(NamedTuple):
    """What the vendor answered for one row. `key` is None where the answer does not tell which row it was."""

    id: str
    created: bool
    key: str | None


def read_results(
    match: Match,
    operation: Operation,
    status: int,
    body: Any,
    key_field: str | None,
    date: str | None = None,
    binned: Collection[str] = (),
) -> list[Result]:
    """One entry for each row that was written. `date`: the answer's `Date` header, by the vendor's own clock; `binned`: what lay in its bin."""
    spec, rows = match.rule.answers, operation.rows
    if status >= 300:
        return []
    if spec is None or body is None:
        # An update answered without a body: its id is the one that was asked for.
        alone = match.rule.kind == "write" and match.rule.operation == "update" and len(rows) == 1
        return [Result(rows[0].key, False, rows[0].key)] if alone else []
    identify, key_of = first_at(spec.id or "\0"), _key_reader(spec, operation, key_field)
    succeeded = _flag(spec.success) if spec.success is not None else None
    created = _flag(spec.created) if spec.created_at is None else _made_now(spec.created_at, date)
    chosen = {row.matched_by for row in rows}
    results = []
    for number, entry in enumerate(values_at(body, spec.at + "[]" if spec.at else "")):
        identifier = identify(entry)
        if identifier and (succeeded is None or succeeded(entry)):
            own = str(identifier) in chosen or str(identifier) in binned
            made = own if spec.made_as_sent else created(entry)
            results.append(Result(str(identifier), made, key_of(number, entry)))
    return results


def epoch(date: str | None) -> float | None:
    """A `Date` header (RFC 9110, 6.6.1) as epoch seconds; None where there is none that can be read."""
    try:
        return parsedate_to_datetime(date).timestamp() if date else None
    except ValueError:
        return None


@lru_cache(maxsize=256)
def _flag(flag: str | bool) -> Callable[[Any], bool]:
    """Whether an entry says so: always, by a name that is true, or by `name=value`."""
    if isinstance(flag, bool):
        return lambda entry: flag
    name, named, value = flag.partition("=")
    return lambda entry: entry.get(name) == value if named else entry.get(name) is True


def _made_now(place: str, date: str | None) -> Callable[[Any], bool]:
    """Whether an entry's creation time (ISO 8601, UTC) is that of the answer, give or take `MADE_NOW`."""
    answered = parsedate_to_datetime(date) if date else datetime.now(UTC)

    def made_now(entry: Any) -> bool:
        try:
            made = datetime.fromisoformat(str(first_at(place)(entry))[:19]).replace(tzinfo=UTC)
        except ValueError:
            return False
        return abs((answered - made).total_seconds()) <= MADE_NOW

    return made_now


def _key_reader(spec: Answers, operation: Operation, key_field: str | None) -> Callable[[int, Any], str | None]:
    """From an entry and its place in the answer to the key of its row, None where the answer does not tell."""
    rows = operation.rows
    if spec.in_order:
        return lambda number, entry: rows[number].key if number < len(rows) else None
    by_match = {row.key: row.key for row in rows} | {row.matched_by: row.key for row in rows if row.matched_by}
    places = [first_at(place.replace("{key_field}", key_field or "\0")) for place in spec.match]

    def key_of(number: int, entry: Any) -> str | None:
        for place in places:
            value = place(entry)
            if value is not None and (key := by_match.get(str(value))) is not None:
                return key
        return None

    return key_of
