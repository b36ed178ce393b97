"""Bulk API 2.0 ingest jobs: judged when opened, counted while they stream, decided when they are to start, answered by their results.

Salesforce works on a job only after `{"state": "UploadComplete"}` (vendor doc "Bulk API 2.0", Upload Job Data); until then an upload has no effect.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from aiohttp import web

from sdrbot_skills.broker.account import Account
from sdrbot_skills.broker.answers import Result
from sdrbot_skills.broker.bodies import parse_body
from sdrbot_skills.broker.csvrows import CsvResults, CsvRows
from sdrbot_skills.broker.forward import Call, Forwarder
from sdrbot_skills.broker.gate import Gate
from sdrbot_skills.broker.jobs import Job, JobBook
from sdrbot_skills.broker.refusal import Refusal
from sdrbot_skills.broker.replies import broken, vendor_answer
from sdrbot_skills.broker.rows import Operation, Row

_OPERATIONS = {"insert": "create", "update": "update", "upsert": "upsert", "delete": "delete"}
_OPENING = frozenset({"object", "operation", "contentType", "externalIdFieldName", "columnDelimiter", "lineEnding"})
_SMALL_BODY = 64 * 1024


class Uploads:
    """The calls of an ingest job: open, upload, close, and the successful results, which the ledger takes down as they pass."""

    def __init__(self, forwarder: Forwarder, gate: Gate) -> None:
        self._forwarder = forwarder
        self._gate = gate
        self._book = JobBook(forwarder.ledger) if forwarder.ledger is not None else None

    async def handle(self, call: Call) -> web.StreamResponse:
        """One of them, by the rule's operation; raises `Refusal`."""
        book, step = self._book, call.match.rule.operation
        if step == "ingest_results":
            return await self._results(book, call)
        if book is None or not self._gate.allows_uploads:
            raise Refusal("purpose_forbids", "Bulk uploads belong to a live run.", step)
        if step == "ingest_open":
            return await self._open(book, call)
        job = await self._forwarder.record(book.find, call.match.values["id"])
        if job is None:
            raise Refusal("object_not_planned", "This job was not opened by this run.", step)
        if step == "ingest_upload":
            return await self._upload(book, job, call)
        return await self._close(book, job, call)

    async def _open(self, book: JobBook, call: Call) -> web.StreamResponse:
        raw, body = await _small_json(call)
        operation = _OPERATIONS.get(str(body.get("operation")))
        if operation is None or not set(body) <= _OPENING:
            raise Refusal(
                "unknown_operation",
                "A job may insert, update, upsert or delete, without further settings.",
                "ingest_open",
            )
        if body.get("columnDelimiter", "COMMA") != "COMMA" or body.get("contentType", "CSV") != "CSV":
            raise Refusal("body_unreadable", "Only comma-separated uploads can be counted.", "ingest_open")
        policy = call.account.upstream.policy
        name = policy.object_name(str(body.get("object")))
        joins = name in policy.data.link_objects and operation != "delete"
        planned = Operation("link" if joins else "write", name, "link" if joins else operation, ())
        self._gate.admit_operation(planned)
        sent = await self._forwarder.write(call, raw, planned)
        reply = parse_body(sent.content) if sent.status == 200 else {}
        if reply.get("id"):
            key_field = str(body["externalIdFieldName"]) if operation == "upsert" else None
            job = Job(str(reply["id"]), name, planned.operation, key_field, "open", 0)
            await self._forwarder.record(book.opened, job)
        return sent.response

    async def _upload(self, book: JobBook, job: Job, call: Call) -> web.StreamResponse:
        if job.state != "open":
            raise Refusal("forbidden_operation", "A job takes one upload; open another for more rows.", "ingest_upload")
        if call.envelope.content_type.partition(";")[0].strip().lower() != "text/csv":
            raise Refusal("body_unreadable", "An upload has to be text/csv.", "ingest_upload")
        await self._forwarder.record(book.mark, job, "uploading")
        counted = _CountedBody(self._forwarder, book, job, call.request, self._csv(call.account, job))
        headers = call.headers()
        if call.request.content_length is not None:
            headers["Content-Length"] = str(call.request.content_length)
        upstream = call.account.upstream
        try:
            async with upstream.send(call.envelope.method, call.envelope.target, headers, counted.chunks()) as answer:
                content = await answer.read()
                if answer.status == 201 and counted.complete:
                    await self._forwarder.record(book.mark, job, "uploaded")
                return vendor_answer(call.account, answer, content)
        except (aiohttp.ClientError, TimeoutError) as error:
            if counted.refusal is not None:
                raise counted.refusal from error
            # An upload whose job is never closed has no effect, so it is as good as not sent.
            return broken(call.account, error, sent=False)

    async def _close(self, book: JobBook, job: Job, call: Call) -> web.StreamResponse:
        raw, body = await _small_json(call)
        nothing = Operation("write", job.object, job.operation, ())
        if body == {"state": "Aborted"}:
            sent = await self._forwarder.write(call, raw, nothing)
            if sent.status == 200:
                await self._forwarder.record(book.mark, job, "aborted")
            return sent.response
        if body != {"state": "UploadComplete"}:
            raise Refusal(
                "unknown_operation", "A job is set to UploadComplete or Aborted, nothing else.", "ingest_close"
            )
        reserved: int | None = None
        if job.state == "uploaded":
            name = call.account.upstream.spec.name
            reserved = await self._forwarder.record(book.reserve, self._forwarder.keeper, name, job, time.time())
        elif job.state == "closed":  # sent again after a lost answer, which Salesforce tells apart itself
            reserved = job.send
        elif job.state != "finished":
            raise Refusal(
                "forbidden_operation", f"The upload of this job is not complete ({job.state}).", "ingest_close"
            )
        return (await self._forwarder.write(call, raw, nothing, reserved)).response

    async def _results(self, book: JobBook | None, call: Call) -> web.StreamResponse:
        job = await self._forwarder.record(book.find, call.match.values["id"]) if book else None
        if book is None or job is None or job.state != "closed":
            return await self._forwarder.read(call, b"")
        return await self._forwarder.read(
            call, b"", _ReadResults(self._forwarder, book, job, self._results_csv(call, job))
        )

    def _results_csv(self, call: Call, job: Job) -> CsvResults:
        key_field = call.account.reader.migration_key(job.object)
        return CsvResults(job.key_field or key_field, plain=job.key_field in (None, key_field))

    def _csv(self, account: Account, job: Job) -> CsvRows:
        key_field = account.reader.migration_key(job.object)
        if job.operation == "upsert" and job.key_field:
            return CsvRows(job.key_field, plain=job.key_field == key_field, required=True)
        if job.operation in ("update", "delete"):
            return CsvRows("Id", plain=True, required=True)
        ends = account.upstream.policy.data.link_ends.get(job.object)
        if job.operation == "link" and ends:
            return CsvRows(*ends, plain=True, required=True)
        return CsvRows(*([key_field] if key_field else []), plain=True, required=False)


class _CountedBody:
    """The upload, piece by piece: counted first, passed on second."""

    def __init__(self, forwarder: Forwarder, book: JobBook, job: Job, request: web.BaseRequest, rows: CsvRows) -> None:
        self._forwarder = forwarder
        self._book = book
        self._job = job
        self._request = request
        self._rows = rows
        self.refusal: Refusal | None = None
        self.complete = False

    async def chunks(self) -> AsyncIterator[bytes]:
        """For the client that sends it; ends early, by an error, when the upload is refused."""
        try:
            async for chunk in self._request.content.iter_any():
                await self._note(self._rows.feed(chunk))
                yield chunk
            await self._note(self._rows.finish())
            self.complete = True
        except Refusal as refusal:
            self.refusal = refusal
            raise

    async def _note(self, rows: list[Row]) -> None:
        if rows:
            await self._forwarder.record(self._book.add_rows, self._job, rows)


class _ReadResults:
    """A job's successful results, taken down before they are passed on."""

    whole = False

    def __init__(self, forwarder: Forwarder, book: JobBook, job: Job, rows: CsvResults) -> None:
        self._forwarder, self._book, self._job, self._rows = forwarder, book, job, rows

    async def chunk(self, piece: bytes) -> None:
        """A piece that is about to go on."""
        await self._note(self._rows.feed(piece))

    async def end(self) -> None:
        """That was all."""
        await self._note(self._rows.finish())
        await self._forwarder.record(self._book.finished, self._job, time.time())

    async def _note(self, results: list[Result]) -> None:
        if results:
            await self._forwarder.record(self._book.add_results, self._job, results)


async def _small_json(call: Call) -> tuple[bytes, dict[str, Any]]:
    raw = b""
    async for chunk in call.request.content.iter_any():
        raw += chunk
        if len(raw) > _SMALL_BODY:
            raise Refusal("body_too_large", "The description of a job is a few lines.")
    body = parse_body(raw)
    if not isinstance(body, dict) or call.envelope.content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refusal("body_unreadable", "The description of a job has to be a JSON object.")
    return raw, body
