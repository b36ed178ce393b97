"""A CRM whose calls each lead to one room: what an adapter hands on without a thought of its own stands here once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from sdrbot_skills.crm.base import Crm, SchemaAction, SchemaWrite
from sdrbot_skills.model.records import (
    BulkJob,
    Condition,
    JobState,
    Link,
    Operation,
    Page,
    Record,
    Row,
    RowResult,
)
from sdrbot_skills.model.schema import (
    Account,
    Field,
    LinkType,
    ObjectSchema,
    ObjectSummary,
    Option,
    Pipeline,
    Preflight,
    User,
)
from sdrbot_skills.transport.connection import Connection


class ClientRoom(Protocol):
    """The HTTP client."""

    @property
    def connection(self) -> Connection: ...


class SchemaRoom(Protocol):
    """Objects, fields, users, stages."""

    def objects(self) -> list[ObjectSummary]: ...

    def describe(self, object_name: str) -> ObjectSchema: ...

    def pipelines(self, object_name: str) -> list[Pipeline]: ...

    def users(self) -> list[User]: ...

    def deep_link(self, object_name: str, record_id: str) -> str: ...


class RecordsRoom(Protocol):
    """Reading."""

    def read(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition],
        cursor: str | None,
        links: Sequence[LinkType],
    ) -> Page: ...

    def count(self, object_name: str, where: Sequence[Condition]) -> int: ...

    def get(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]: ...

    def find(self, object_name: str, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Record]: ...


class ReadingByJob(RecordsRoom, Protocol):
    """Reading, by a job too."""

    def read_by_job(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition],
        cursor: str | None,
        links: Sequence[LinkType],
    ) -> Iterator[Page]: ...


class WritingRoom(Protocol):
    """Writing and deleting."""

    def write(
        self, object_name: str, operation: Operation, rows: Sequence[Row], key: str | None
    ) -> list[RowResult]: ...

    def delete(self, object_name: str, ids: Sequence[str]) -> list[RowResult]: ...


class LinksRoom(Protocol):
    """What points where."""

    def types(self, object_name: str) -> list[LinkType]: ...

    def read(self, link_type: LinkType, ids: Sequence[str]) -> list[Link]: ...

    def link(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]: ...

    def unlink(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]: ...


class AdminRoom(Protocol):
    """Changing fields."""

    def writes(self, change: SchemaAction, object_name: str, field_name: str) -> list[SchemaWrite]: ...

    def create_field(self, object_name: str, field: Field) -> Field: ...

    def delete_field(self, object_name: str, field_name: str) -> None: ...

    def add_options(self, object_name: str, field_name: str, options: Sequence[Option]) -> Field: ...


class CheckRoom(Protocol):
    """What the credential cannot do."""

    def run(self, object_names: Sequence[str]) -> Preflight: ...


class JobsRoom(Protocol):
    """Writing many rows by a job."""

    def takes(self, row: Row) -> bool: ...

    def open(self, object_name: str, columns: Sequence[str], key: str) -> BulkJob: ...

    def upload(self, job: BulkJob, rows: Iterable[Row]) -> BulkJob: ...

    def start(self, job: BulkJob) -> BulkJob: ...

    def state(self, job: BulkJob) -> JobState: ...

    def results(self, job: BulkJob) -> Iterator[RowResult]: ...


class RoomedCrm(Crm):
    """Hands each call of the contract to its room. An adapter sets the rooms, and writes itself only what is its own."""

    client: ClientRoom
    _schema: SchemaRoom
    _records: RecordsRoom
    _writing: WritingRoom
    _links: LinksRoom
    _admin: AdminRoom
    _check: CheckRoom

    def account(self) -> Account:
        return self.client.connection.account

    def objects(self) -> list[ObjectSummary]:
        return self._schema.objects()

    def describe(self, object_name: str) -> ObjectSchema:
        return self._schema.describe(object_name)

    def link_types(self, object_name: str) -> list[LinkType]:
        return self._links.types(object_name)

    def users(self) -> list[User]:
        return self._schema.users()

    def pipelines(self, object_name: str) -> list[Pipeline]:
        return self._schema.pipelines(object_name)

    def count(self, object_name: str, where: Sequence[Condition] = ()) -> int:
        return self._records.count(object_name, where)

    def preflight(self, object_names: Sequence[str]) -> Preflight:
        return self._check.run(object_names)

    def read(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition] = (),
        cursor: str | None = None,
        links: Sequence[LinkType] = (),
    ) -> Page:
        return self._records.read(object_name, fields, where, cursor, links)

    def get(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
        return self._records.get(object_name, ids, fields)

    def find(self, object_name: str, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Record]:
        return self._records.find(object_name, field, values, fields)

    def links(self, link_type: LinkType, ids: Sequence[str]) -> list[Link]:
        return self._links.read(link_type, ids)

    def write(
        self, object_name: str, operation: Operation, rows: Sequence[Row], key: str | None = None
    ) -> list[RowResult]:
        return self._writing.write(object_name, operation, rows, key)

    def link(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        return self._links.link(link_type, links)

    def unlink(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        return self._links.unlink(link_type, links)

    def delete(self, object_name: str, ids: Sequence[str]) -> list[RowResult]:
        return self._writing.delete(object_name, ids)

    def deep_link(self, object_name: str, record_id: str) -> str:
        return self._schema.deep_link(object_name, record_id)

    def create_field(self, object_name: str, field: Field) -> Field:
        return self._admin.create_field(object_name, field)

    def schema_writes(self, change: SchemaAction, object_name: str, field_name: str) -> list[SchemaWrite]:
        return self._admin.writes(change, object_name, field_name)

    def delete_field(self, object_name: str, field_name: str) -> None:
        self._admin.delete_field(object_name, field_name)

    def add_options(self, object_name: str, field_name: str, options: Sequence[Option]) -> Field:
        return self._admin.add_options(object_name, field_name, options)


class JobbingCrm(RoomedCrm):
    """One that also reads and writes by jobs."""

    _records: ReadingByJob
    _jobs: JobsRoom

    def read_by_job(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition] = (),
        cursor: str | None = None,
        links: Sequence[LinkType] = (),
    ) -> Iterator[Page]:
        return self._records.read_by_job(object_name, fields, where, cursor, links)

    def job_takes(self, row: Row) -> bool:
        return self._jobs.takes(row)

    def open_job(self, object_name: str, columns: Sequence[str], key: str) -> BulkJob:
        return self._jobs.open(object_name, columns, key)

    def upload(self, job: BulkJob, rows: Iterable[Row]) -> BulkJob:
        return self._jobs.upload(job, rows)

    def start_job(self, job: BulkJob) -> BulkJob:
        return self._jobs.start(job)

    def job_state(self, job: BulkJob) -> JobState:
        return self._jobs.state(job)

    def job_results(self, job: BulkJob) -> Iterator[RowResult]:
        return self._jobs.results(job)
