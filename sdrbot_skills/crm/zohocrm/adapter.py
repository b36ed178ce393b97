"""Zoho CRM behind the contract of `crm.base`: each call leads to the module that does it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

import httpx

from sdrbot_skills.crm.base import Crm, SchemaAction, SchemaWrite
from sdrbot_skills.crm.zohocrm import admin, bulk_read, bulk_write, preflight, records, schema, writing
from sdrbot_skills.crm.zohocrm import links as linking
from sdrbot_skills.crm.zohocrm.capabilities import capabilities_for
from sdrbot_skills.crm.zohocrm.client import Client
from sdrbot_skills.crm.zohocrm.codec import ZohoCodec
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

TABS = {"Deals": "Potentials"}
"""Pages of a module whose address has the module's old name."""


class Adapter(Crm):
    """One Zoho organisation. The schema of each module is read once for the data path; `describe` always reads it anew."""

    crm: ClassVar[str] = "zohocrm"
    codec = ZohoCodec()

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.client: Client = Client(connection)
        self.capabilities = capabilities_for(connection.facts.get("scopes"))
        self._schemas: dict[str, ObjectSchema] = {}
        self._told: dict[str, dict[str, Any]] = {}

    @property
    def sdk(self) -> httpx.Client:
        """An HTTP client on the same socket: the vendor's own SDKs are not used."""
        return self.client.http

    # -- what is there ------------------------------------------------------------------------------------------------

    def account(self) -> Account:
        return self.connection.account

    def objects(self) -> list[ObjectSummary]:
        return schema.list_objects(self.client)

    def describe(self, object_name: str) -> ObjectSchema:
        described = schema.describe(self.client, object_name)
        self._schemas[object_name] = described
        return described

    def link_types(self, object_name: str) -> list[LinkType]:
        return linking.link_types(self._schema(object_name))

    def users(self) -> list[User]:
        return schema.users(self.client)

    def pipelines(self, object_name: str) -> list[Pipeline]:
        return schema.pipelines(self.client) if object_name == "Deals" else []

    def count(self, object_name: str, where: Sequence[Condition] = ()) -> int:
        return records.count(self.client, self.codec, self._schema(object_name), where)

    def preflight(self, object_names: Sequence[str]) -> Preflight:
        return preflight.preflight(self.client, object_names)

    # -- reading ------------------------------------------------------------------------------------------------------

    def read(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition] = (),
        cursor: str | None = None,
        links: Sequence[LinkType] = (),
    ) -> Page:
        described = self._schema(object_name)
        columns = [*fields, *linking.columns(links)]
        found, after = records.read_page(self.client, self.codec, described, columns, where, cursor)
        return Page(found, linking.of_records(self.client, links, found), after)

    def read_by_job(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition] = (),
        cursor: str | None = None,
        links: Sequence[LinkType] = (),
    ) -> Iterator[Page]:
        described = self._schema(object_name)
        columns = records.columns_of(described, [*fields, *linking.columns(links), *(one.field for one in where)])
        for found, after in bulk_read.read(self.client, described, columns, cursor):
            fitting = records.fitting(self.codec, described, found, where)
            yield Page(fitting, linking.of_records(self.client, links, fitting), after)

    def get(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
        return records.get(self.client, self._schema(object_name), ids, fields)

    def find(self, object_name: str, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Record]:
        return records.find(self.client, self._schema(object_name), field, values, fields)

    def links(self, link_type: LinkType, ids: Sequence[str]) -> list[Link]:
        return linking.read(self.client, self._schema(link_type.object), link_type, ids)

    # -- writing ------------------------------------------------------------------------------------------------------

    def write(
        self, object_name: str, operation: Operation, rows: Sequence[Row], key: str | None = None
    ) -> list[RowResult]:
        def described(anew: bool) -> ObjectSchema:
            return self.describe(object_name) if anew else self._schema(object_name)

        return writing.write(self.client, described, operation, rows, key)

    def link(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        return linking.link(self.client, link_type, links)

    def unlink(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        return linking.unlink(self.client, link_type, links)

    def delete(self, object_name: str, ids: Sequence[str]) -> list[RowResult]:
        return writing.delete(self.client, object_name, ids)

    # -- writing many rows by a job ------------------------------------------------------------------------------------

    def job_takes(self, row: Row) -> bool:
        return bulk_write.fits(row)

    def open_job(self, object_name: str, columns: Sequence[str], key: str) -> BulkJob:
        return BulkJob("", object_name, bulk_write.ordered(columns, key), key)

    def upload(self, job: BulkJob, rows: Iterable[Row]) -> BulkJob:
        return bulk_write.upload(self.client, self._schema(job.object), job, rows)

    def start_job(self, job: BulkJob) -> BulkJob:
        return bulk_write.start(self.client, self._schema(job.object), job)

    def job_state(self, job: BulkJob) -> JobState:
        self._told[job.id] = bulk_write.look(self.client, job)
        return bulk_write.state(self._told[job.id])

    def job_results(self, job: BulkJob) -> Iterator[RowResult]:
        told = self._told.get(job.id)
        return bulk_write.results(self.client, job, bulk_write.look(self.client, job) if told is None else told)

    # -- for people ---------------------------------------------------------------------------------------------------

    def deep_link(self, object_name: str, record_id: str) -> str:
        facts = self.connection.facts
        return f"{facts['web_url']}/crm/org{facts['zgid']}/tab/{TABS.get(object_name, object_name)}/{record_id}"

    # -- schema changes -----------------------------------------------------------------------------------------------

    def create_field(self, object_name: str, field: Field) -> Field:
        return admin.create_field(self.client, object_name, field, self.describe)

    def schema_writes(self, change: SchemaAction, object_name: str, field_name: str) -> list[SchemaWrite]:
        return [SchemaWrite(*entry) for entry in admin.OPERATIONS[change](self.client, object_name, field_name)]

    def delete_field(self, object_name: str, field_name: str) -> None:
        admin.delete_field(self.client, object_name, field_name)
        self._schemas.pop(object_name, None)

    def add_options(self, object_name: str, field_name: str, options: Sequence[Option]) -> Field:
        return admin.add_options(self.client, object_name, field_name, options, self.describe)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _schema(self, object_name: str) -> ObjectSchema:
        return self._schemas.get(object_name) or self.describe(object_name)
