"""A CRM in memory: schemas and canonical records, for everything that planning asks of an adapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.base import Codec, Crm, Decode, Encode, Normalise, SchemaAction, SchemaWrite
from sdrbot_skills.crm.capabilities import Capabilities
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.plan import Side
from sdrbot_skills.model.records import Comparison, Condition, Link, Operation, Page, Record, Row, RowResult
from sdrbot_skills.model.schema import (
    Account,
    Allowance,
    Blindness,
    Environment,
    Field,
    LinkType,
    ObjectSchema,
    ObjectSummary,
    Pipeline,
    Preflight,
    User,
)


class PlainCodec(Codec):
    """Records hold canonical values already."""

    def reads(self, field: Field) -> tuple[str, ...]:
        return (field.name,)

    def decoder(self, field: Field) -> Decode:
        return lambda values: values.get(field.name)

    def encoder(self, field: Field) -> Encode:
        return lambda value, payload: payload.__setitem__(field.name, value)

    def normaliser(self, field: Field) -> Normalise:
        return lambda value: value


class FakeCrm(Crm):
    """Reads only; what writes is never called by planning and says so if it is."""

    codec = PlainCodec()

    def __init__(
        self,
        crm: str,
        capabilities: Capabilities,
        schemas: Sequence[ObjectSchema],
        *,
        links: Sequence[LinkType] = (),
        users: Sequence[User] = (),
        pipelines: Mapping[str, Sequence[Pipeline]] | None = None,
        records: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
        blind: Sequence[Blindness] = (),
        allowances: Sequence[Allowance] = (),
        time_zone: str = "Europe/Berlin",
    ) -> None:
        self.crm = crm  # type: ignore[misc]  # one class stands for any CRM here
        self.capabilities = capabilities
        self._schemas = {schema.name: schema for schema in schemas}
        self._links = list(links)
        self._users = list(users)
        self._pipelines = pipelines or {}
        self._records = records or {}
        self._blind = tuple(blind)
        self._allowances = tuple(allowances)
        self._account = Account(
            crm=crm, id=f"{crm}-1", name=f"Acme {crm}", environment=Environment.LAB, time_zone=time_zone
        )
        self.reads = 0

    def account(self) -> Account:
        return self._account

    def objects(self) -> list[ObjectSummary]:
        return [ObjectSummary(name=one.name, label=one.plural, standard=one.standard) for one in self._schemas.values()]

    def describe(self, object_name: str) -> ObjectSchema:
        if object_name not in self._schemas:
            raise ConfigurationError(f"There is no object {object_name!r}.")
        return self._schemas[object_name]

    def link_types(self, object_name: str) -> list[LinkType]:
        return [link for link in self._links if link.object == object_name]

    def users(self) -> list[User]:
        return self._users

    def pipelines(self, object_name: str) -> list[Pipeline]:
        return list(self._pipelines.get(object_name, ()))

    def count(self, object_name: str, where: Sequence[Condition] = ()) -> int:
        return sum(
            all(_meets(record.get(condition.field), condition) for condition in where)
            for record in self._records.get(object_name, ())
        )

    def preflight(self, object_names: Sequence[str]) -> Preflight:
        return Preflight(account=self._account, blind=self._blind, allowances=self._allowances)

    def read(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition] = (),
        cursor: str | None = None,
        links: Sequence[LinkType] = (),
    ) -> Page:
        self.reads += 1
        records, start = self._records.get(object_name, ()), int(cursor or 0)
        page = [Record(str(number), {name: one.get(name) for name in fields}) for number, one in enumerate(records)]
        end = start + self.capabilities.page_size
        return Page(page[start:end], [], str(end) if end < len(page) else None)

    def get(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
        raise AssertionError("planning reads pages only")

    def find(self, object_name: str, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Record]:
        raise AssertionError("planning reads pages only")

    def links(self, link_type: LinkType, ids: Sequence[str]) -> list[Link]:
        raise AssertionError("planning reads no links")

    def write(
        self, object_name: str, operation: Operation, rows: Sequence[Row], key: str | None = None
    ) -> list[RowResult]:
        raise AssertionError("planning never writes")

    def link(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        raise AssertionError("planning never writes")

    def unlink(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        raise AssertionError("planning never writes")

    def delete(self, object_name: str, ids: Sequence[str]) -> list[RowResult]:
        raise AssertionError("planning never writes")

    def deep_link(self, object_name: str, record_id: str) -> str:
        return f"https://example.com/{object_name}/{record_id}"

    def create_field(self, object_name: str, field: Field) -> Field:
        raise AssertionError("planning never writes")

    def schema_writes(self, change: SchemaAction, object_name: str, field_name: str) -> list[SchemaWrite]:
        raise AssertionError("planning never writes")

    def delete_field(self, object_name: str, field_name: str) -> None:
        raise AssertionError("planning never writes")


def _meets(value: Any, condition: Condition) -> bool:
    if condition.op is Comparison.EQ:
        return bool(value == condition.value)
    return (value is None) == (condition.op is Comparison.UNKNOWN)


def side(crm: FakeCrm) -> Side:
    """The account as a plan names it."""
    account = crm.account()
    return Side(
        connection=crm.crm,
        crm=crm.crm,
        account_id=account.id,
        account_name=account.name,
        environment=account.environment,
    )
