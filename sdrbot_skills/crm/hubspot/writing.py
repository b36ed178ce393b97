"""Writing HubSpot records in batches of 100.

Every row carries a trace id of its own: with it HubSpot answers row by row (207) instead of refusing a batch as a whole, and results can be
told apart, since they come in any order. What HubSpot refuses as a whole all the same (two rows that mean one record, a malformed body)
goes up as `BatchRejected`; a batch of one row becomes that row's result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.batching import one_result_per_row, rejected
from sdrbot_skills.crm.failures import Effect
from sdrbot_skills.crm.hubspot.client import HubSpotClient
from sdrbot_skills.crm.hubspot.failures import Rejected, first_problem
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.model.records import Operation, Outcome, Row, RowResult

_PATHS = {Operation.CREATE: "create", Operation.UPDATE: "update", Operation.UPSERT: "upsert"}


class Writing:
    """Creating, changing, deleting and opting out."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client

    def write(self, object_name: str, operation: Operation, rows: Sequence[Row], key: str | None) -> list[RowResult]:
        """One batch, one result per row."""
        if operation is Operation.UPSERT and key is None:
            raise ValueError("An upsert needs the unique property it goes by.")
        sent, results = _without_twins(operation, rows, key)
        if sent:
            results |= self._send(object_name, operation, sent, key)
        return one_result_per_row(rows, results, repeatable=operation is not Operation.CREATE)

    def _send(
        self, object_name: str, operation: Operation, rows: Mapping[str, Row], key: str | None
    ) -> dict[str, RowResult]:
        path = self._client.paths.objects(object_name, "batch", _PATHS[operation])
        inputs = [_input(operation, trace, row, key) for trace, row in rows.items()]
        try:
            answer = self._client.send("POST", path, body={"inputs": inputs}, effect=Effect.ONCE)
        except Rejected as error:
            if len(rows) > 1:
                raise
            (row,) = rows.values()
            problem = error.problem
            return {row.key: rejected(row.key, problem.rule, problem.message, id=row.id, field=problem.field)}
        results = _successes(operation, answer, rows, key)
        for error_body in answer.get("errors") or ():
            results |= _failures(error_body, rows)
        return results

    def delete(self, object_name: str, ids: Sequence[str]) -> list[RowResult]:
        """Into HubSpot's recycle bin, for 90 days. HubSpot also says yes to ids that are gone already."""
        path = self._client.paths.objects(object_name, "batch", "archive")
        body = {"inputs": [{"id": record_id} for record_id in dict.fromkeys(ids)]}
        self._client.send("POST", path, body=body, effect=Effect.REPEATABLE)
        return [RowResult(record_id, Outcome.DELETED, record_id) for record_id in ids]

    def opt_out(self, rows: Sequence[Row]) -> list[RowResult]:
        """Unsubscribe each address from everything: one call per address, since the batch call is for Enterprise accounts only.

        The opt-out hangs on the address, not on the contact; HubSpot derives `hs_email_optout` from it. It is never taken back here.
        """
        return [self._opt_out(row) for row in rows]

    def _opt_out(self, row: Row) -> RowResult:
        email = row.payload.get("email")
        if not email:
            return rejected(
                row.key, Rule.REQUIRED_MISSING, "HubSpot keeps opt-outs by address, and there is none.", field="email"
            )
        path = self._client.paths.unsubscribe_all(str(email))
        try:
            self._client.send("POST", path, query=[("channel", "EMAIL")], effect=Effect.REPEATABLE)
        except Rejected as error:
            return rejected(row.key, error.problem.rule, error.problem.message, id=row.id, field="email")
        standing = self._client.get(path, [("channel", "EMAIL")])
        if not any(entry.get("status", "UNSUBSCRIBED") == "UNSUBSCRIBED" for entry in standing.get("results") or ()):
            return rejected(
                row.key,
                Rule.UNCONFIRMED,
                "HubSpot took the opt-out but does not show it.",
                id=row.id,
                field="email",
                retriable=True,
            )
        return RowResult(row.key, Outcome.UPDATED, row.id)


def _without_twins(
    operation: Operation, rows: Sequence[Row], key: str | None
) -> tuple[dict[str, Row], dict[str, RowResult]]:
    """The rows by trace id, and the refusals of those that mean a record an earlier row of the batch means already.

    HubSpot refuses a whole batch for such a pair, whichever way it is split.
    """
    sent: dict[str, Row] = {}
    results: dict[str, RowResult] = {}
    seen: set[str] = set()
    for position, row in enumerate(rows):
        identity = _identity(operation, row, key)
        if identity is not None and identity in seen:
            words = "An earlier row of the same batch means the same record."
            results[row.key] = rejected(row.key, Rule.DUPLICATE_IN_BATCH, words, id=row.id, field=key, retriable=True)
            continue
        if identity is not None:
            seen.add(identity)
        sent[f"row-{position}"] = row
    return sent, results


def _identity(operation: Operation, row: Row, key: str | None) -> str | None:
    if operation is Operation.UPDATE:
        if row.id is None:
            raise ValueError(f"Row {row.key!r} of an update has no id.")
        return row.id
    return _spelling(key, row.payload[key]) if operation is Operation.UPSERT and key else None


def _spelling(key: str, value: Any) -> str:
    """Addresses are compared without case; of other unique values two that differ in case (ids of Salesforce) are two."""
    return str(value).strip().lower() if key == "email" else str(value)


def _input(operation: Operation, trace: str, row: Row, key: str | None) -> dict[str, Any]:
    """One entry of `inputs`. HubSpot clears a property by `""`; what it makes of `null` is not documented."""
    properties = {name: "" if value is None else value for name, value in row.payload.items()}
    entry: dict[str, Any] = {"objectWriteTraceId": trace, "properties": properties}
    if operation is Operation.UPDATE:
        entry["id"] = row.id
    elif operation is Operation.UPSERT and key is not None:
        entry |= {"id": str(row.payload[key]), "idProperty": key}
    return entry


def _successes(
    operation: Operation, answer: Mapping[str, Any], rows: Mapping[str, Row], key: str | None
) -> dict[str, RowResult]:
    """Results by row key: told by trace id, else by the id or unique value that stands in the result; never by position."""
    by_identity = {_identity(operation, row, key): row for row in rows.values()}
    results: dict[str, RowResult] = {}
    for entry in answer.get("results") or ():
        row = rows.get(str(entry.get("objectWriteTraceId")))
        if row is None and operation is Operation.UPDATE:
            row = by_identity.get(str(entry["id"]))
        elif row is None and key is not None:
            row = by_identity.get(_spelling(key, entry["properties"].get(key)))
        if row is None:
            continue
        created = operation is Operation.CREATE or bool(entry.get("new"))
        results[row.key] = RowResult(row.key, Outcome.CREATED if created else Outcome.UPDATED, str(entry["id"]))
    return results


def _failures(error: Mapping[str, Any], rows: Mapping[str, Row]) -> dict[str, RowResult]:
    """The rows that one entry of a 207's `errors` is about: it names trace ids, or the ids it did not find."""
    context = error.get("context") or {}
    problem = first_problem(error)
    named = [rows[trace] for trace in context.get("objectWriteTraceId") or () if trace in rows]
    if not named:
        ids = {str(value) for value in context.get("ids") or ()}
        named = [row for row in rows.values() if row.id in ids]
    return {row.key: rejected(row.key, problem.rule, problem.message, id=row.id, field=problem.field) for row in named}
