"""Jobs whose rows are uploaded as a file first (Zoho "Bulk Write"): the file is read when it comes, judged when it is to be started, answered by
the job's result.

A file without a job has no effect, so the upload itself counts for nothing. The vendor names the job in its answer to the start and lists none: so
a start is sent once. Sent again it is answered from the ledger; where no answer came, nobody can tell, and it is refused (`start_in_doubt`).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from sdrbot_skills.broker.bodies import parse_body
from sdrbot_skills.broker.filebook import OPERATION, File, FileBook
from sdrbot_skills.broker.forward import Call, Forwarder, Sent
from sdrbot_skills.broker.gate import Gate
from sdrbot_skills.broker.jobs import Job, JobBook
from sdrbot_skills.broker.refusal import Refusal
from sdrbot_skills.broker.replies import answer_json, nothing_was_sent
from sdrbot_skills.broker.rows import Operation
from sdrbot_skills.broker.wholebody import whole_body
from sdrbot_skills.broker.ziprows import read_result, read_upload

ORGANISATION, FEATURE = "x-crm-org", "feature"
_JOB = frozenset({"operation", "ignore_empty", "resource"})
_RESOURCE = frozenset({"type", "module", "file_id", "file_names", "find_by", "ignore_empty", "field_mappings"})
_MAPPING = frozenset({"api_name", "index", "format", "find_by"})
_FIELD = re.compile(r"[A-Z][A-Za-z0-9_]*")


class FileJobs:
    """The calls of such a job: the upload of its file, its start, its result."""

    def __init__(self, forwarder: Forwarder, gate: Gate) -> None:
        self._forwarder, self._gate = forwarder, gate
        self._files = FileBook(forwarder.ledger) if forwarder.ledger is not None else None
        self._jobs = JobBook(forwarder.ledger) if forwarder.ledger is not None else None

    async def handle(self, call: Call) -> web.StreamResponse:
        """One of them, by the rule's operation; raises `Refusal`."""
        step = call.match.rule.operation
        if step == "file_results":
            return await self._results(call)
        if self._files is None or not self._gate.allows_uploads:
            raise Refusal("purpose_forbids", "Bulk uploads belong to a live run.", step)
        return await (self._upload if step == "file_upload" else self._start)(self._files, call)

    # --- the file --------------------------------------------------------------------------------------------------------------

    async def _upload(self, files: FileBook, call: Call) -> web.StreamResponse:
        given = call.headers()
        told = {name.lower(): value for name, value in given.items()}
        if told.get(FEATURE) != "bulk-write" or told.get(ORGANISATION) != call.account.identity.account_id:
            raise Refusal("forbidden_operation", "Files are uploaded for bulk writes of this account.", "file_upload")
        body = await whole_body(call.request)
        keys = call.account.reader.migration_keys()
        read = await asyncio.to_thread(read_upload, call.envelope.content_type, body, keys)
        sent = await self._forwarder.write(call, read.body, Operation("write", "", OPERATION, ()))
        reply = parse_body(sent.content) if sent.status == 200 else {}
        if file_id := (reply.get("details") or {}).get("file_id"):
            await self._forwarder.record(files.uploaded, str(file_id), read)
        return sent.response

    # --- its job ---------------------------------------------------------------------------------------------------------------

    async def _start(self, files: FileBook, call: Call) -> web.StreamResponse:
        raw = await whole_body(call.request)
        name, resource = _described(parse_body(raw))
        name = call.account.upstream.policy.object_name(name)
        planned = Operation("write", name, OPERATION, ())
        self._gate.admit_operation(planned)
        file = await self._forwarder.record(files.find, str(resource.get("file_id")))
        if file is None:
            raise Refusal("object_not_planned", "This file was not uploaded by this run.", "file_start")
        if resource.get("find_by") != file.key_field or file.key_field != call.account.reader.migration_key(name):
            raise Refusal("forbidden_operation", "A file's rows are found by the plan's migration key.", "file_start")
        _check_columns(file, resource)
        if file.state == "started":
            return answer_json(201, _answer_for(str(file.job)))
        if file.state == "starting":
            message = "This file was sent to be started, and no answer came: whether it was is not known."
            raise Refusal("start_in_doubt", message, "file_start")
        return await self._start_once(files, file, name, call, raw)

    async def _start_once(self, files: FileBook, file: File, name: str, call: Call, raw: bytes) -> web.StreamResponse:
        record, connection = self._forwarder.record, call.account.upstream.spec.name
        send = await record(files.starting, self._forwarder.keeper, connection, file, name, time.time())
        try:
            sent = await self._forwarder.write(call, raw, Operation("write", name, OPERATION, ()), send)
        except Refusal:
            await record(lambda: files.not_started(file, send, refused=False))
            raise
        if job_id := _job_in(sent):
            await record(files.started, file, Job(job_id, name, OPERATION, file.key_field, "closed", file.rows, send))
        elif nothing_was_sent(sent.response) or 400 <= sent.status < 500:
            refused = not nothing_was_sent(sent.response)
            await record(lambda: files.not_started(file, send, refused=refused))
        return sent.response

    async def _results(self, call: Call) -> web.StreamResponse:
        book = self._jobs
        job = await self._forwarder.record(book.find, call.match.values["job"]) if book else None
        if book is None or job is None or job.state != "closed":
            return await self._forwarder.read(call, b"")
        return await self._forwarder.read(call, b"", _ReadResult(self._forwarder, book, job))


class _ReadResult:
    """A job's result, taken down before it is passed on: a zip can be read when all of it is there."""

    whole = True

    def __init__(self, forwarder: Forwarder, book: JobBook, job: Job) -> None:
        self._forwarder, self._book, self._job = forwarder, book, job
        self._pieces: list[bytes] = []

    async def chunk(self, piece: bytes) -> None:
        """A piece that is about to go on."""
        self._pieces.append(piece)

    async def end(self) -> None:
        """That was all."""
        results = await asyncio.to_thread(read_result, b"".join(self._pieces), str(self._job.key_field))
        await self._forwarder.record(self._book.add_results, self._job, results)
        await self._forwarder.record(self._book.finished, self._job, time.time())


def _described(body: Any) -> tuple[str, Mapping[str, Any]]:
    """Module and resource of a job that inserts one file into one module, ignores empty cells, and has no settings of another kind."""
    resources = body.get("resource") if isinstance(body, dict) else None
    resource = resources[0] if isinstance(resources, list) and len(resources) == 1 else None
    module = resource.get("module") if isinstance(resource, dict) else None
    name = module.get("api_name") if isinstance(module, dict) and set(module) == {"api_name"} else None
    if not isinstance(name, str) or not isinstance(resource, dict):
        raise Refusal("body_unreadable", "A job writes one file into one module.", "file_start")
    strange = [*(set(body) - _JOB), *(set(resource) - _RESOURCE)]
    if strange or body.get("operation") != "insert" or resource.get("type") != "data":
        raise Refusal("unknown_operation", "A job inserts, is polled, and has no other settings.", "file_start")
    if body.get("ignore_empty") is not True or resource.get("ignore_empty") is not True:
        raise Refusal("forbidden_operation", "A job has to ignore empty cells, else they clear fields.", "file_start")
    return name, resource


def _check_columns(file: File, resource: Mapping[str, Any]) -> None:
    """Every column is written into the field that it is named after: what was judged by the header is what is written."""
    mappings = resource.get("field_mappings")
    if resource.get("file_names") != [file.name] or not isinstance(mappings, list):
        raise Refusal("body_unreadable", "A job names the CSV in its file and the field of every column.", "file_start")
    if len(mappings) != len(file.columns) or not all(map(_fits, mappings, file.columns, range(len(mappings)))):
        raise Refusal("body_unreadable", "A column is not written into the field it is named after.", "file_start")


def _fits(mapping: Any, column: str, place: int) -> bool:
    if not isinstance(mapping, dict) or not set(mapping) <= _MAPPING or mapping.get("index") != place:
        return False
    name, find_by = str(mapping.get("api_name")), mapping.get("find_by")
    return bool(_FIELD.fullmatch(name)) and column == (f"{name}.{find_by}" if find_by else name)


def _job_in(sent: Sent) -> str | None:
    reply = parse_body(sent.content) if sent.status == 201 else {}
    details: Mapping[str, Any] | Sequence[Any] = reply.get("details") or {}
    return str(details["id"]) if isinstance(details, dict) and details.get("id") else None


def _answer_for(job_id: str) -> dict[str, Any]:
    """As the vendor answered the first time."""
    return {"status": "success", "code": "SUCCESS", "message": "success", "details": {"id": job_id}}
