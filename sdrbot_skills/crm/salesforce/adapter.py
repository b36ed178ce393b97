"""Salesforce behind the contract of `crm.base`: each call leads to the module that does it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from sdrbot_skills.crm.base import Crm, SchemaAction, SchemaWrite
from sdrbot_skills.crm.salesforce import admin, bulk, bulk_csv, bulk_query, preflight, records, schema, writing
from sdrbot_skills.crm.salesforce import links as linking
from sdrbot_skills.crm.salesforce.capabilities import CAPABILITIES
from sdrbot_skills.crm.salesforce.client import Client
from sdrbot_skills.crm.salesforce.codec import SalesforceCodec
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


class Adapter(Crm):
    """One Salesforce organisation. The schema of each object is read once for the data path; `describe` always reads it anew."""

    crm: ClassVar[str] = "salesforce"
    capabilities = CAPABILITIES
    codec = SalesforceCodec()

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.client: Client = Client(connection)
        self._schemas: dict[str, ObjectSchema] = {}
        self._told: dict[str, dict[str, Any]] = {}

    @property
    def sdk(self) -> Any:
        """The vendor's own client, on the same socket."""
        return self.client.sdk

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
        return [schema.stages(self.client)] if object_name == "Opportunity" else []

    def count(self, object_name: str, where: Sequence[Condition] = ()) -> int:
        return records.count(self.client, self._schema(object_name), where)

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
        columns = [*fields, *(link.field for link in links if link.field)]
        found, after = records.read_page(self.client, self._schema(object_name), columns, where, cursor)
        return self._page(found, links, after)

    def read_by_job(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition] = (),
        cursor: str | None = None,
        links: Sequence[LinkType] = (),
    ) -> Iterator[Page]:
        columns = [*fields, *(link.field for link in links if link.field)]
        # Contact roles, and deals of person accounts, are read by the range of a page's ids.
        in_order = any(not link.field or link.standard in linking.OF_DEALS for link in links)
        asked = bulk_query.question(self._schema(object_name), columns, where, in_order=in_order)
        for found, after in bulk_query.read(self.client, asked, cursor):
            yield self._page(found, links, after)

    def _page(self, found: list[Record], links: Sequence[LinkType], after: str | None) -> Page:
        matter = self._person_accounts_matter(links)
        return Page(found, linking.links_of_page(self.client, links, found, person_accounts=matter), after)

    def get(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
        return records.get(self.client, self._schema(object_name), ids, fields)

    def find(self, object_name: str, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Record]:
        return records.find(self.client, self._schema(object_name), field, values, fields)

    def links(self, link_type: LinkType, ids: Sequence[str]) -> list[Link]:
        described = self._schema(link_type.object)
        return linking.read(
            self.client, described, link_type, ids, person_accounts=self._person_accounts_matter([link_type])
        )

    def edited_after(self, object_name: str, moments: Mapping[str, str]) -> dict[str, bool]:
        return records.edited_after(self.client, object_name, moments)

    # -- writing ------------------------------------------------------------------------------------------------------

    def write(
        self, object_name: str, operation: Operation, rows: Sequence[Row], key: str | None = None
    ) -> list[RowResult]:
        return writing.write(self.client, object_name, operation, rows, key)

    def link(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        return linking.link(self.client, link_type, links)

    def unlink(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        return linking.unlink(self.client, link_type, links)

    def delete(self, object_name: str, ids: Sequence[str]) -> list[RowResult]:
        return writing.delete(self.client, ids)

    # -- writing many rows by a job ------------------------------------------------------------------------------------

    def job_takes(self, row: Row) -> bool:
        return bulk_csv.fits(row)

    def open_job(self, object_name: str, columns: Sequence[str], key: str) -> BulkJob:
        job = bulk.open_ingest(self.client, object_name, Operation.UPSERT, columns, key)
        return BulkJob(job.id, object_name, job.columns, key)

    def open_link_job(self, link_type: LinkType) -> BulkJob:
        columns = linking.ROLE_ENDS
        told_by = bulk.BETWEEN.join(columns)
        job = bulk.open_ingest(self.client, link_type.name, Operation.CREATE, columns, told_by)
        return BulkJob(job.id, link_type.name, job.columns, told_by)

    def upload(self, job: BulkJob, rows: Iterable[Row]) -> None:
        bulk.upload(self.client, _ingest(job), rows)

    def start_job(self, job: BulkJob) -> None:
        bulk.close(self.client, _ingest(job))

    def job_state(self, job: BulkJob) -> JobState:
        self._told[job.id] = bulk.look(self.client, _ingest(job))
        return bulk.state(self._told[job.id])

    def job_results(self, job: BulkJob) -> Iterator[RowResult]:
        return bulk.results(self.client, _ingest(job), self._told.get(job.id))

    # -- for people ---------------------------------------------------------------------------------------------------

    def deep_link(self, object_name: str, record_id: str) -> str:
        return f"{self.connection.facts.get('web_url') or self.client.origin}/{record_id}"

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

    def _person_accounts_matter(self, types: Sequence[LinkType]) -> bool:
        """Whether deals may belong to person accounts; asked only where links of deals are read."""
        if not any(one.standard in linking.OF_DEALS for one in types):
            return False
        return self._schema("Contact").field(schema.PERSON_FLAG) is not None


def _ingest(job: BulkJob) -> bulk.Ingest:
    return bulk.Ingest(job.id, Operation.UPSERT, job.columns, job.key)
