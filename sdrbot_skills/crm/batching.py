"""What every adapter does with batches: cut them to size, and give each row its result by key, never by position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.model.records import Link, Operation, Outcome, Row, RowResult

Item = TypeVar("Item")


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in runs of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def one_result_per_row(rows: Sequence[Row], results: Mapping[str, RowResult], *, repeatable: bool) -> list[RowResult]:
    """The result of every row, in the rows' order.

    A row the vendor's answer does not mention is never taken for a success: it becomes `Rule.UNANSWERED`, retriable only when
    sending it again is harmless (`repeatable`). Two rows of one key in a batch are a caller's mistake and raise `ValueError`.
    """
    if len({row.key for row in rows}) != len(rows):
        raise ValueError("Two rows of the batch have the same key.")
    return [results.get(row.key) or _unanswered(row.key, repeatable) for row in rows]


def without_twins(operation: Operation, rows: Sequence[Row], key: str | None) -> tuple[list[Row], dict[str, RowResult]]:
    """The rows to send, and the refusals of those that mean the record of an earlier row, by id or by the unique field `key`."""
    if operation is Operation.CREATE:
        return list(rows), {}
    sent: dict[str, Row] = {}
    results: dict[str, RowResult] = {}
    for row in rows:
        identity = row.id if operation is Operation.UPDATE else str(row.payload[key or ""]).strip()
        if identity is None:
            raise ValueError(f"Row {row.key!r} of an update has no id.")
        if identity in sent:
            words = "An earlier row of the same batch means the same record."
            results[row.key] = rejected(row.key, Rule.DUPLICATE_IN_BATCH, words, id=row.id, field=key, retriable=True)
        else:
            sent[identity] = row
    return list(sent.values()), results


def link_key(link: Link) -> str:
    """The key of a link's result."""
    return f"{link.from_id}>{link.to_id}"


def rejected(
    key: str,
    rule: Rule,
    message: str,
    *,
    id: str | None = None,
    field: str | None = None,
    retriable: bool = False,
) -> RowResult:
    """A row that was not carried out, and why."""
    return RowResult(key, Outcome.REJECTED, id, rule, field, message, retriable)


def _unanswered(key: str, repeatable: bool) -> RowResult:
    return rejected(key, Rule.UNANSWERED, "The CRM's answer does not mention this record.", retriable=repeatable)
