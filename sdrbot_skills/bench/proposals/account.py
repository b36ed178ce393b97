"""An account in memory as planning sees one: schemas that were read elsewhere, and made-up records in which every field has a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NoReturn

from sdrbot_skills.crm.base import Codec, Crm, Decode, Encode, Normalise, SchemaAction, SchemaWrite
from sdrbot_skills.crm.registry import capabilities
from sdrbot_skills.model.records import Comparison, Condition, Link, Operation, Page, Record, Row, RowResult
from sdrbot_skills.model.schema import (
    Account,
    Field,
    LinkType,
    ObjectSchema,
    ObjectSummary,
    Pipeline,
    Preflight,
    User,
)
from sdrbot_skills.model.values import LIST_KINDS, Kind

RECORDS = 12
"""Made-up records per object."""

_SAMPLES: Mapping[Kind, Any] = {
    Kind.INTEGER: 7,
    Kind.DECIMAL: Decimal("7.5"),
    Kind.DATE: "2026-03-01",
    Kind.INSTANT: "2026-03-01T10:00:00.000Z",
    Kind.MONEY: {"amount": Decimal(100), "currency": None},
    Kind.BOOLEAN: True,
    Kind.CONSENT: True,
}


@dataclass
class Snapshot:
    """One account as it was read. `empty`: fields without a value in any record, by object."""

    account: Account
    schemas: dict[str, ObjectSchema]
    links: dict[str, list[LinkType]] = field(default_factory=dict)
    pipelines: dict[str, list[Pipeline]] = field(default_factory=dict)
    users: list[User] = field(default_factory=list)
    empty: dict[str, frozenset[str]] = field(default_factory=dict)


def read_snapshot(crm: Crm) -> Snapshot:
    """Everything of the account's standard objects that a proposal rests on."""
    names = [entry.name for entry in crm.objects() if entry.standard]
    return Snapshot(
        account=crm.account(),
        schemas={name: crm.describe(name) for name in names},
        links={name: crm.link_types(name) for name in names},
        pipelines={name: crm.pipelines(name) for name in names},
        users=crm.users(),
    )


class _PlainCodec(Codec):
    """Records hold canonical values already."""

    def reads(self, field: Field) -> tuple[str, ...]:
        return (field.name,)

    def decoder(self, field: Field) -> Decode:
        return lambda values: values.get(field.name)

    def encoder(self, field: Field) -> Encode:
        return lambda value, payload: payload.__setitem__(field.name, value)

    def normaliser(self, field: Field) -> Normalise:
        return lambda value: value


class SnapshotCrm(Crm):
    """Answers what planning asks; it cannot write."""

    codec = _PlainCodec()

    def __init__(self, snapshot: Snapshot) -> None:
        self.crm = snapshot.account.crm  # type: ignore[misc]  # one class stands for any CRM here
        self.capabilities = capabilities(snapshot.account.crm)
        self._snapshot = snapshot

    def account(self) -> Account:
        return self._snapshot.account

    def objects(self) -> list[ObjectSummary]:
        schemas = self._snapshot.schemas.values()
        return [ObjectSummary(name=one.name, label=one.plural, standard=one.standard) for one in schemas]

    def describe(self, object_name: str) -> ObjectSchema:
        return self._snapshot.schemas[object_name]

    def link_types(self, object_name: str) -> list[LinkType]:
        return self._snapshot.links.get(object_name, [])

    def users(self) -> list[User]:
        return self._snapshot.users

    def pipelines(self, object_name: str) -> list[Pipeline]:
        return self._snapshot.pipelines.get(object_name, [])

    def count(self, object_name: str, where: Sequence[Condition] = ()) -> int:
        empty = self._snapshot.empty.get(object_name, frozenset())
        nothing = any(one.op is Comparison.UNKNOWN or one.field in empty for one in where)
        return 0 if nothing else RECORDS

    def preflight(self, object_names: Sequence[str]) -> Preflight:
        return Preflight(account=self._snapshot.account)

    def read(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition] = (),
        cursor: str | None = None,
        links: Sequence[LinkType] = (),
    ) -> Page:
        schema = self._snapshot.schemas[object_name]
        filled = set(fields) - self._snapshot.empty.get(object_name, frozenset())
        known = [entry for entry in schema.fields if entry.name in filled]
        rows = [
            Record(str(number), {entry.name: _value(entry, number) for entry in known}) for number in range(RECORDS)
        ]
        return Page(rows, [], None)

    def get(self, *_: Any, **__: Any) -> list[Record]:
        _never()

    def find(self, *_: Any, **__: Any) -> list[Record]:
        _never()

    def links(self, link_type: LinkType, ids: Sequence[str]) -> list[Link]:
        _never()

    def write(
        self, object_name: str, operation: Operation, rows: Sequence[Row], key: str | None = None
    ) -> list[RowResult]:
        _never()

    def link(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        _never()

    def unlink(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        _never()

    def delete(self, object_name: str, ids: Sequence[str]) -> list[RowResult]:
        _never()

    def deep_link(self, object_name: str, record_id: str) -> str:
        return f"{object_name}/{record_id}"

    def create_field(self, object_name: str, field: Field) -> Field:
        _never()

    def schema_writes(self, change: SchemaAction, object_name: str, field_name: str) -> list[SchemaWrite]:
        _never()

    def delete_field(self, object_name: str, field_name: str) -> None:
        _never()


def _never() -> NoReturn:
    raise AssertionError("a proposal asks for pages and counts only")


def _value(entry: Field, number: int) -> Any:
    if entry.options and entry.kind not in (Kind.BOOLEAN, Kind.CONSENT):
        option = entry.options[number % len(entry.options)].value
        return [option] if entry.kind is Kind.CHOICES else option
    if entry.kind in LIST_KINDS:
        return [f"{entry.name}-{number}"]
    return _SAMPLES.get(entry.kind, f"{entry.name} {number}")
