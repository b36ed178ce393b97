"""Twenty as a CRM: the contract of `crm.base`, each call handed to the room that knows."""

from __future__ import annotations

from collections.abc import Sequence

from sdrbot_skills.crm.base import Crm, SchemaAction, SchemaWrite
from sdrbot_skills.crm.twenty.admin import Admin
from sdrbot_skills.crm.twenty.capabilities import CAPABILITIES
from sdrbot_skills.crm.twenty.client import TwentyClient
from sdrbot_skills.crm.twenty.codec import TwentyCodec
from sdrbot_skills.crm.twenty.links import Links
from sdrbot_skills.crm.twenty.preflight import Check
from sdrbot_skills.crm.twenty.records import Records
from sdrbot_skills.crm.twenty.schema import Schema
from sdrbot_skills.crm.twenty.writing import Writing
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
    """One Twenty workspace."""

    crm = "twenty"

    def __init__(self, connection: Connection) -> None:
        self.capabilities = CAPABILITIES
        self.codec = TwentyCodec()
        self.client = TwentyClient(connection)
        self._schema = Schema(self.client)
        self._records = Records(self.client, self._schema, self.codec)
        self._writing = Writing(self.client, self._schema, self._records)
        self._links = Links(self._schema, self._records, self._writing)
        self._admin = Admin(self.client, self._schema)
        self._check = Check(self.client, self._schema)

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
