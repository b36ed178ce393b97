"""Pipedrive as a CRM: the contract of `crm.base`, each call handed to the room that knows."""

from __future__ import annotations

from collections.abc import Sequence

from sdrbot_skills.crm.base import Crm, SchemaAction, SchemaWrite
from sdrbot_skills.crm.pipedrive.admin import Admin
from sdrbot_skills.crm.pipedrive.capabilities import CAPABILITIES
from sdrbot_skills.crm.pipedrive.client import PipedriveClient
from sdrbot_skills.crm.pipedrive.codec import PipedriveCodec
from sdrbot_skills.crm.pipedrive.links import Links
from sdrbot_skills.crm.pipedrive.objects import STANDARD
from sdrbot_skills.crm.pipedrive.preflight import Check
from sdrbot_skills.crm.pipedrive.records import Records
from sdrbot_skills.crm.pipedrive.schema import Schema
from sdrbot_skills.crm.pipedrive.writing import Writing
from sdrbot_skills.model.records import Condition, Link, Operation, Page, Record, Row, RowResult
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
    """One Pipedrive account."""

    crm = "pipedrive"

    def __init__(self, connection: Connection) -> None:
        self.capabilities = CAPABILITIES
        self.client = PipedriveClient(connection)
        self._schema = Schema(self.client)
        self.codec = codec = PipedriveCodec(self._schema.option_ids, connection.account.currency)
        self._links = Links(self.client)
        self._records = Records(self.client, self._schema, self._links, codec)
        self._writing = Writing(self.client, self._schema, self._records)
        self._admin = Admin(self.client, self._schema)
        self._check = Check(self.client)

    def account(self) -> Account:
        return self.client.connection.account

    def objects(self) -> list[ObjectSummary]:
        return self._schema.objects()

    def describe(self, object_name: str) -> ObjectSchema:
        schema = self._schema.describe(object_name)
        self._records.keep(schema)
        return schema

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
        return self._writing.write(object_name, operation, rows)

    def link(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        return self._links.link(link_type, links)

    def unlink(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        return self._links.unlink(link_type, links)

    def delete(self, object_name: str, ids: Sequence[str]) -> list[RowResult]:
        return self._writing.delete(object_name, ids)

    def deep_link(self, object_name: str, record_id: str) -> str:
        domain = self.client.connection.facts.get("company_domain") or "app"
        return f"https://{domain}.pipedrive.com/{STANDARD[object_name].page}/{record_id}"

    def create_field(self, object_name: str, field: Field) -> Field:
        return self._admin.create_field(object_name, field)

    def schema_writes(self, change: SchemaAction, object_name: str, field_name: str) -> list[SchemaWrite]:
        return self._admin.writes(change, object_name, field_name)

    def delete_field(self, object_name: str, field_name: str) -> None:
        self._admin.delete_field(object_name, field_name)

    def add_options(self, object_name: str, field_name: str, options: Sequence[Option]) -> Field:
        return self._admin.add_options(object_name, field_name, options)
