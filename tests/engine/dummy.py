"""A CRM in memory that does what vendors do at their worst: for the engine's tests.

It stores strings, trims texts and lower-cases e-mails, keeps a unique key field, pages by id, and takes faults: rejected rows, shuffled
results, batches refused as a whole, pauses, answers lost after the commit, and the death of the program at any call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.base import JOB_CURSOR, Crm
from sdrbot_skills.crm.batching import link_key
from sdrbot_skills.crm.capabilities import Capabilities
from sdrbot_skills.errors import BatchRejected, OutcomeUnknown, Refused, Retriable, Unsupported
from sdrbot_skills.model.records import (
    BulkJob,
    Comparison,
    Condition,
    JobState,
    Link,
    Operation,
    Outcome,
    Page,
    Record,
    Row,
    RowResult,
)
from sdrbot_skills.model.schema import (
    Account,
    Environment,
    Field,
    LinkType,
    ObjectSchema,
    ObjectSummary,
    Pipeline,
    Preflight,
    User,
)
from sdrbot_skills.model.values import Kind, instant_from_milliseconds
from tests.engine.dummycodec import DummyCodec, stored
from tests.engine.misfortune import Fate, Killed
from tests.engine.store import Store, Stored, StoredJob

KEY = "migration_key"
LINK_JOB = "start>end"


SIZES: dict[str, Any] = {
    "page_size": 7, "get_batch": 6, "find_batch": 5, "create_batch": 4, "update_batch": 3, "upsert_batch": 4, "delete_batch": 4,
    "link_batch": 5, "link_read_batch": 6,
}  # fmt: skip


class DummyCrm(Crm):
    """One account, on a store that outlives the program."""

    crm = "dummy"

    def __init__(
        self,
        store: Store,
        schemas: Sequence[ObjectSchema],
        links: Sequence[LinkType],
        fate: Fate,
        *,
        unique: Mapping[str, str] | None = None,
        reject: Mapping[str, str] | None = None,
        **capabilities: Any,
    ) -> None:
        self.store, self.fate = store, fate
        self._schemas = {schema.name: schema for schema in schemas}
        self._links = list(links)
        self._unique = dict(unique or {})
        self._reject = dict(reject or {})
        settings = {"crm": "dummy", "label": "Dummy", "custom_upsert_key": True, "migration_key_field": KEY, **SIZES}
        self.capabilities = Capabilities(**{**settings, **capabilities})
        self.codec = DummyCodec()

    def account(self) -> Account:
        return Account(crm="dummy", id=self.store.name, name=self.store.name, environment=Environment.LAB)

    def objects(self) -> list[ObjectSummary]:
        return [ObjectSummary(name=name, label=name) for name in self._schemas]

    def describe(self, object_name: str) -> ObjectSchema:
        return self._schemas[object_name]

    def link_types(self, object_name: str) -> list[LinkType]:
        return [one for one in self._links if one.object == object_name]

    def users(self) -> list[User]:
        return []

    def pipelines(self, object_name: str) -> list[Pipeline]:
        return []

    def preflight(self, object_names: Sequence[str]) -> Preflight:
        return Preflight(account=self.account())

    def deep_link(self, object_name: str, record_id: str) -> str:
        return f"dummy:{object_name}/{record_id}"

    def create_field(self, object_name: str, field: Field) -> Field:
        raise NotImplementedError

    def schema_writes(self, *arguments: Any, **settings: Any) -> Any:
        raise NotImplementedError

    def delete_field(self, object_name: str, field_name: str) -> None:
        raise NotImplementedError

    # -- reading ------------------------------------------------------------------------------------------------------

    def _called(self, what: str) -> None:
        with self.store.lock:
            self.store.calls[what] += 1
            due = [commit for wait, commit in self.store.late if wait <= 0]
            self.store.late = [(wait - 1, commit) for wait, commit in self.store.late if wait > 0]
            for commit in due:
                commit()
            for kept in {id(one): one for one in self.store.jobs.values() if one.lost}.values():
                self._work_on(kept)
        self.fate.step(arriving=True)
        if self.fate.faults.strikes(self.fate.faults.retriable):
            raise Retriable("The CRM is busy.")

    def count(self, object_name: str, where: Sequence[Condition] = ()) -> int:
        self._called("count")
        with self.store.lock:
            return sum(self._meets(one, where) for one in self.store.objects[object_name].values())

    def read(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition] = (),
        cursor: str | None = None,
        links: Sequence[LinkType] = (),
    ) -> Page:
        self._called("read")
        with self.store.lock:
            records = [
                one
                for one in sorted(self.store.objects[object_name].values(), key=lambda one: one.id)
                if one.id > (cursor or "") and self._meets(one, where)
            ]
            page = records[: self.capabilities.page_size]
            found = [link for kind in links for link in self._links_of(kind, [one.id for one in page])]
            after = page[-1].id if len(records) > len(page) else None
            return Page([self._record(one, fields) for one in page], found, after)

    def read_by_job(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition] = (),
        cursor: str | None = None,
        links: Sequence[LinkType] = (),
    ) -> Iterator[Page]:
        """A job's result holds what was there when it was opened; a place in it is its number and how many records were taken."""
        if self.store.unaskable:
            raise Unsupported(f"reading {object_name} by a job", "the dummy was told so")
        if cursor is None:
            self._called("open read")
            with self.store.lock:
                there = sorted(self.store.objects[object_name].values(), key=lambda one: one.id)
                self.store.results.append([one for one in there if self._meets(one, where)])
                number, taken = len(self.store.results) - 1, 0
        else:
            number, taken = map(int, cursor.removeprefix(JOB_CURSOR).split(":"))
        records, size = self.store.results[number], self.capabilities.page_size
        while taken < len(records):
            self._called("read part")
            page = records[taken : taken + size]
            taken += len(page)
            found = [link for kind in links for link in self._links_of(kind, [one.id for one in page])]
            after = f"{JOB_CURSOR}{number}:{taken}" if taken < len(records) else None
            yield Page([self._record(one, fields) for one in page], found, after)

    def get(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
        assert len(ids) <= self.capabilities.get_batch
        self._called("get")
        with self.store.lock:
            there = self.store.objects[object_name]
            return [self._record(there[one], fields) for one in ids if one in there]

    def find(self, object_name: str, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Record]:
        assert len(values) <= self.capabilities.find_batch
        self._called("find")
        names = (field, *self.capabilities.alternate_keys.get(object_name, {}).get(field, ()))
        wanted = {value.lower() for value in values}
        with self.store.lock:
            return [
                self._record(one, [*fields, *names])
                for one in self.store.objects[object_name].values()
                if any(wanted & set(str(one.values.get(name) or "").lower().split(";")) for name in names)
            ]

    def links(self, link_type: LinkType, ids: Sequence[str]) -> list[Link]:
        assert len(ids) <= self.capabilities.link_read_batch
        self._called("links")
        with self.store.lock:
            return self._links_of(link_type, ids)

    def _links_of(self, kind: LinkType, ids: Sequence[str]) -> list[Link]:
        if kind.field:
            there = self.store.objects[kind.object]
            return [
                Link(kind.name, one, there[one].values[kind.field])
                for one in ids
                if one in there and there[one].values.get(kind.field)
            ]
        wanted = set(ids)
        return [Link(*one) for one in self.store.links if one[0] == kind.name and one[1] in wanted]

    def _record(self, one: Stored, fields: Sequence[str]) -> Record:
        values = {name: self._value(one, name) for name in fields}
        return Record(one.id, values, instant_from_milliseconds(one.modified))

    def _value(self, one: Stored, name: str) -> Any:
        """A date of creation is what was written as that, if anything was."""
        if name == "modified_at":
            return instant_from_milliseconds(one.modified)
        if name == "created_at":
            return one.values.get(name) or instant_from_milliseconds(one.created)
        return one.values.get(name)

    def _meets(self, one: Stored, where: Sequence[Condition]) -> bool:
        for condition in where:
            value = self._value(one, condition.field)
            if condition.op is Comparison.GE and not (value or "") >= condition.value:
                return False
            if condition.op is Comparison.EQ and value != condition.value:
                return False
        return True

    # -- writing ------------------------------------------------------------------------------------------------------

    def write(
        self, object_name: str, operation: Operation, rows: Sequence[Row], key: str | None = None
    ) -> list[RowResult]:
        limit = {"create": "create_batch", "update": "update_batch", "upsert": "upsert_batch"}[operation.value]
        assert 0 < len(rows) <= getattr(self.capabilities, limit)
        assert len({row.key for row in rows}) == len(rows)
        faults = self.fate.faults
        self._called(f"write {operation.value}")
        with self.store.lock:
            intent_at = self.store.clock / 1000
            if (len(rows) > 1 and faults.strikes(faults.batch_rejected)) or any(
                self._poison(row) == "batch" for row in rows
            ):
                raise BatchRejected("One of the rows is not right.")
            if faults.strikes(faults.commit_late):
                waits = faults.random.randrange(6)
                self.store.late.append(
                    (waits, lambda: [self._write_row(object_name, operation, row, key) for row in rows])
                )
                self._note_doubt(object_name, operation, rows, intent_at)
                raise OutcomeUnknown("The connection broke while the CRM was still at work.")
            results = [self._write_row(object_name, operation, row, key) for row in rows]
        try:
            return self._answer(results, object_name)
        except (OutcomeUnknown, Killed):
            self._note_doubt(object_name, operation, rows, intent_at)
            raise

    def _note_doubt(self, object_name: str, operation: Operation, rows: Sequence[Row], intent_at: float) -> None:
        if operation is not Operation.UPDATE:
            doubtful = self.store.ledger.doubtful[object_name]
            for row in rows:
                if KEY in row.payload:
                    doubtful.setdefault(row.payload[KEY], intent_at)

    def _answer(self, results: list[RowResult], object_name: str = "") -> list[RowResult]:
        faults = self.fate.faults
        with self.fate.lock:
            self.fate.step()
            ledger = self.store.ledger
            if faults.strikes(faults.lose_answer):
                ledger.unanswered.append(object_name)
                raise OutcomeUnknown("The connection broke.")
            results = [
                RowResult(one.key, Outcome.REJECTED, None, "unanswered") if faults.strikes(faults.unanswered) else one
                for one in results
            ]
            for one in results:
                ledger.written |= dict.fromkeys(one.key.split(">") if not one.id else [one.id], self.store.clock / 1000)
                if one.outcome is Outcome.CREATED:
                    ledger.created[object_name].append(str(one.id))
                elif one.outcome is Outcome.UPDATED and object_name:
                    ledger.updated[object_name].append(str(one.id))
                elif one.outcome is Outcome.LINKED:
                    ledger.linked.append(("link", one.key.replace(">", ":")))
            if faults.shuffle:
                faults.random.shuffle(results)
        return results

    # -- by jobs ------------------------------------------------------------------------------------------------------

    def job_takes(self, row: Row) -> bool:
        return "by call" not in str(row.payload.values())

    def open_job(self, object_name: str, columns: Sequence[str], key: str) -> BulkJob:
        if self.store.names_late:
            return BulkJob("", object_name, tuple(columns), key)
        self._called("open_job")
        job = self._kept_job(BulkJob(f"job{len(self.store.jobs)}", object_name, tuple(columns), key)).job
        self.fate.step()
        return job

    def _kept_job(self, job: BulkJob) -> StoredJob:
        with self.store.lock:
            return self.store.jobs.setdefault(job.id, StoredJob(job))

    def open_link_job(self, link_type: LinkType) -> BulkJob:
        return self.open_job(link_type.name, ("start", "end"), LINK_JOB)

    def upload(self, job: BulkJob, rows: Iterable[Row]) -> BulkJob:
        self._called("upload")
        with self.store.lock:
            job = job if job.id else job._replace(id=f"file{len(self.store.jobs)}")
            kept = self._kept_job(job)
        assert not kept.uploaded
        for row in rows:
            assert self.job_takes(row) and row.payload.keys() <= set(job.columns)
            kept.rows.append(row)
            self.fate.step()
        kept.uploaded = True
        self._sometimes_lost()
        return job

    def start_job(self, job: BulkJob) -> BulkJob:
        self._called("start_job")
        with self.store.lock:
            kept = self.store.jobs[job.id]
            if not kept.uploaded:
                raise Refused("Nothing was uploaded.", code="forbidden_operation")
            if kept.lost:
                raise OutcomeUnknown("Whether it was started cannot be told.")
            if not self.store.names_late:
                self._started(kept)
            elif any("bad file" in str(row.payload.values()) for row in kept.rows):
                raise BatchRejected("The file is not taken.")
            elif not kept.started:
                return self._started_once(kept, job)
            else:
                return kept.job
        self._sometimes_lost()
        return job

    def _started_once(self, kept: StoredJob, job: BulkJob) -> BulkJob:
        """The broker knows what was answered, unless it died too or no answer came."""
        faults = self.fate.faults
        self._started(kept)
        kept.job = job._replace(id=f"{job.id} job")
        self.store.jobs[kept.job.id] = kept
        kept.lost = faults.strikes(max(faults.lose_answer, faults.lose_start))
        try:
            self.fate.step()
        except Killed:
            kept.lost = faults.strikes(0.5)
            raise
        if kept.lost:
            raise OutcomeUnknown("The connection broke.")
        return kept.job

    def _started(self, kept: StoredJob) -> None:
        if not kept.started:
            kept.started = True
            self._note_doubt(kept.job.object, Operation.UPSERT, kept.rows, self.store.clock / 1000)
            if self.fate.faults.strikes(self.fate.faults.job_fails):
                kept.fails_after = self.fate.faults.random.randrange(len(kept.rows) + 1)

    def _sometimes_lost(self) -> None:
        self.fate.step()
        if self.fate.faults.strikes(self.fate.faults.lose_answer):
            raise Retriable("No answer came.")

    def job_state(self, job: BulkJob) -> JobState:
        self._called("job_state")
        with self.store.lock:
            kept = self.store.jobs[job.id]
            assert kept.started
            self._work_on(kept)
            return kept.state

    def _work_on(self, kept: StoredJob) -> None:
        job, done = kept.job, len(kept.results)
        end = done + 3 if kept.fails_after is None else min(done + 3, kept.fails_after)
        for row in kept.rows[done:end]:
            if job.key == LINK_JOB:
                kept.results.append(self._join(job.object, row))
                continue
            result = self._write_row(job.object, Operation.UPSERT, row, job.key)
            kept.results.append(result._replace(key=row.payload[job.key]))

    def _join(self, kind: str, row: Row) -> RowResult:
        """A link made by a job is made anew, whatever is there."""
        if self.fate.faults.strikes(self.fate.faults.row_put_off):
            return RowResult(row.key, Outcome.REJECTED, None, "locked", None, "Locked.", True)
        pair = (kind, row.payload["start"], row.payload["end"])
        self.store.doubled += pair in self.store.links
        self.store.links[pair] = None
        self.store.ledger.linked.append(("link", f"{pair[1]}:{pair[2]}"))
        return RowResult(f"{pair[1]}>{pair[2]}", Outcome.CREATED, f"role{len(self.store.links)}")

    def job_results(self, job: BulkJob) -> Iterator[RowResult]:
        self._called("job_results")
        kept, faults, ledger = self.store.jobs[job.id], self.fate.faults, self.store.ledger
        assert kept.state is not JobState.WORKING
        results = [one for one in kept.results if not faults.strikes(faults.unanswered)]
        for number, one in enumerate(faults.random.sample(results, len(results))):
            if number % 5 == 4:
                self._sometimes_lost()
            yield one
        for one in results:
            ledger.written[str(one.id)] = self.store.clock / 1000
            if one.outcome is Outcome.CREATED and one.id not in ledger.created[job.object]:
                ledger.created[job.object].append(str(one.id))

    def _poison(self, row: Row) -> str | None:
        return next((rule for mark, rule in self._reject.items() if mark in str(row.payload.values())), None)

    def _write_row(self, object_name: str, operation: Operation, row: Row, key: str | None) -> RowResult:
        rule = self._poison(row)
        if rule:
            return RowResult(row.key, Outcome.REJECTED, None, rule, None, "The vendor's own words.")
        if self.fate.faults.strikes(self.fate.faults.row_put_off):
            return RowResult(row.key, Outcome.REJECTED, None, "locked", None, "Locked.", True)
        values = {name: self._kept(object_name, name, value) for name, value in row.payload.items()}
        there = self.store.objects[object_name]
        record_id = row.id
        if operation is Operation.UPSERT:
            assert key is not None
            record_id = next((one.id for one in there.values() if one.values.get(key) == values[key]), None)
        if operation is Operation.UPDATE and record_id not in there:
            return RowResult(row.key, Outcome.REJECTED, None, "not_found")
        unique = self._unique.get(object_name)
        wanted = values.get(unique) if unique else None
        if (
            unique
            and wanted
            and any(one.values.get(unique) == wanted and one.id != record_id for one in there.values())
        ):
            return RowResult(row.key, Outcome.REJECTED, None, "duplicate", unique, "There is one already.")
        if record_id is None:
            return RowResult(row.key, Outcome.CREATED, self.store.put(object_name, values))
        self.store.change(object_name, record_id, values)
        return RowResult(row.key, Outcome.UPDATED, record_id)

    def _kept(self, object_name: str, name: str, value: Any) -> Any:
        field = self._schemas[object_name].field(name)
        assert field is not None, f"{object_name} has no field {name}"
        return stored(str(value), emails=field.kind is Kind.EMAILS) if value is not None else None

    def link(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        assert 0 < len(links) <= self.capabilities.link_batch
        self._called("link")
        with self.store.lock:
            for one in links:
                assert any(one.from_id in records for records in self.store.objects.values())
                assert any(one.to_id in records for records in self.store.objects.values())
                self.store.links[one.type, one.from_id, one.to_id] = None
        return self._answer([RowResult(link_key(one), Outcome.LINKED) for one in links])

    def link_anew(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        """Does not look: a link that is there already becomes a second row."""
        if self.capabilities.looks_before_linking:
            self.store.doubled += sum((one.type, one.from_id, one.to_id) in self.store.links for one in links)
            self.store.calls["link anew"] += 1
        return self.link(link_type, links)

    def unlink(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        self._called("unlink")
        with self.store.lock:
            for one in links:
                self.store.links.pop((one.type, one.from_id, one.to_id), None)
        return [RowResult(link_key(one), Outcome.DELETED) for one in links]

    def delete(self, object_name: str, ids: Sequence[str]) -> list[RowResult]:
        assert len(ids) <= self.capabilities.delete_batch
        self._called("delete")
        with self.store.lock:
            for one in ids:
                self.store.objects[object_name].pop(one, None)
                self.store.deleted.append(one)
                for link in [link for link in self.store.links if one in link]:
                    del self.store.links[link]
        return [RowResult(one, Outcome.DELETED, one) for one in ids]

    def opt_out(self, object_name: str, rows: Sequence[Row]) -> list[RowResult]:
        self._called("opt_out")
        with self.store.lock:
            self.store.opted_out += [row.payload["email"] for row in rows]
        return self._answer([RowResult(row.key, Outcome.UPDATED) for row in rows])
