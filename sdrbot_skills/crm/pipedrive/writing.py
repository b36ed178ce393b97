"""Writing Pipedrive records, one a call: there is no batch, no upsert, and nothing that would notice a second copy.

A create that was not answered is therefore never repeated here: it comes out as `OutcomeUnknown`, and the migration key tells later
whether it was carried out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sdrbot_skills.crm.batching import one_result_per_row, rejected
from sdrbot_skills.crm.failures import Effect, Missing
from sdrbot_skills.crm.pipedrive import diagnosis, leads
from sdrbot_skills.crm.pipedrive.client import PipedriveClient
from sdrbot_skills.crm.pipedrive.failures import NoPermission, Rejected
from sdrbot_skills.crm.pipedrive.records import Records
from sdrbot_skills.crm.pipedrive.schema import Schema
from sdrbot_skills.crm.pipedrive.wire import Layout
from sdrbot_skills.crm.repeat import repeated
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.errors import MigrationError, OutcomeUnknown, RateLimited, Unsupported
from sdrbot_skills.model.records import Operation, Outcome, Row, RowResult


class Writing:
    """Creating, changing and deleting."""

    def __init__(self, client: PipedriveClient, schema: Schema, records: Records) -> None:
        self._client, self._schema, self._records = client, schema, records
        self._last_stages: dict[str, int] | None = None

    def write(
        self, object_name: str, operation: Operation, rows: Sequence[Row], key: str | None = None
    ) -> list[RowResult]:
        """One result per row. Of several rows those after a lost answer are still sent; the lost one is `unanswered`."""
        if operation is Operation.UPSERT:
            raise Unsupported("an upsert", "Pipedrive has none; the migration key is found by reading")
        layout = self._records.layout(object_name, [name for row in rows for name in row.payload])
        if operation is Operation.UPDATE:
            rows = self._with_whole_addresses(object_name, layout, rows)
        results: dict[str, RowResult] = {}
        for row in rows:
            try:
                results[row.key] = self._write(object_name, operation, row, layout)
            except OutcomeUnknown:
                if len(rows) == 1:
                    raise
            except RateLimited:
                if not results:
                    raise
                words = "Pipedrive asked for a pause before this record's turn."
                results[row.key] = rejected(row.key, Rule.UNANSWERED, words, id=row.id, retriable=True)
        return one_result_per_row(rows, results, repeatable=False)

    def _write(self, object_name: str, operation: Operation, row: Row, layout: Layout) -> RowResult:
        new = operation is Operation.CREATE
        path = self._path(object_name) if new else f"{self._path(object_name)}/{_id(row)}"
        stages = self._ends() if ":" in str(row.payload.get("stage_id")) else {}
        body = layout.fold(row.payload, new=new, last_stages=stages)
        archived = new and object_name == leads.OBJECT and body.pop("is_archived", False)
        try:
            answer = self._client.send("POST" if new else "PATCH", path, body=body, effect=Effect.ONCE)
        except Rejected as error:
            ids = diagnosis.choice_ids(layout, self._schema.option_ids)
            return diagnosis.refused(row, error, layout, ids, new=new)
        except Missing as error:
            return diagnosis.missing(row.key, row.id, error)
        except NoPermission as error:
            return diagnosis.forbidden(row, error)
        if archived:
            self._archive(f"{path}/{answer['data']['id']}")
        return RowResult(row.key, Outcome.CREATED if new else Outcome.UPDATED, str(answer["data"]["id"]))

    def _archive(self, path: str) -> None:
        """Put a lead that was just made into the archive, which only a change can. Whatever goes wrong, it is there, so it must not be made again."""
        try:
            repeated(lambda: self._client.send("PATCH", path, body={"is_archived": True}, effect=Effect.REPEATABLE))
        except MigrationError as error:
            raise OutcomeUnknown(f"A lead was made, but is not in the archive, where it belongs: {error}") from error

    def _path(self, object_name: str) -> str:
        return f"{self._client.home(v1=self._schema.object(object_name).v1)}/{object_name}"

    def _ends(self) -> dict[str, int]:
        """The last stage of each pipeline, where deals that are won or lost are put: Pipedrive has no stage for them."""
        if self._last_stages is None:
            self._last_stages = {
                pipeline.id: int([stage for stage in pipeline.stages if not stage.closed][-1].id)
                for pipeline in self._schema.pipelines("deals")
                if any(not stage.closed for stage in pipeline.stages)
            }
        return self._last_stages

    def _with_whole_addresses(self, object_name: str, layout: Layout, rows: Sequence[Row]) -> list[Row]:
        """Rows that change a part of an address, with its other parts as they are: Pipedrive clears what a write leaves out."""
        partial = [row for row in rows if layout.addresses_in(row.payload)]
        if not partial:
            return list(rows)
        names = sorted(
            {part for row in partial for one in layout.addresses_in(row.payload) for part in layout.parts(one)}
        )
        there: dict[str, dict[str, Any]] = {}
        for start in range(0, len(partial), 100):
            ids = [_id(row) for row in partial[start : start + 100]]
            there |= {record.id: record.values for record in self._records.get(object_name, ids, names)}
        whole = []
        for row in rows:
            parts = {part for one in layout.addresses_in(row.payload) for part in layout.parts(one)}
            known = {part: there.get(row.id or "", {}).get(part) for part in sorted(parts)}
            for part in list(known):
                if part.endswith(".value") and part not in row.payload:
                    del known[part]  # the whole text is made anew of the parts
            whole.append(row._replace(payload={**known, **row.payload}))
        return whole

    def delete(self, object_name: str, ids: Sequence[str]) -> list[RowResult]:
        """Into Pipedrive's bin, for 30 days; what is gone already is deleted."""
        return [self._delete(object_name, one) for one in ids]

    def _delete(self, object_name: str, record_id: str) -> RowResult:
        row = Row(record_id, {}, record_id)
        try:
            self._client.send("DELETE", f"{self._path(object_name)}/{record_id}", effect=Effect.REPEATABLE)
        except Missing:
            return RowResult(record_id, Outcome.DELETED, record_id)
        except NoPermission as error:
            return diagnosis.forbidden(row, error)
        except Rejected as error:
            return rejected(record_id, Rule.VENDOR_REJECTED, error.words, id=record_id)
        return RowResult(record_id, Outcome.DELETED, record_id)


def _id(row: Row) -> str:
    if row.id is None:
        raise ValueError(f"Row {row.key!r} of an update has no id.")
    return row.id
