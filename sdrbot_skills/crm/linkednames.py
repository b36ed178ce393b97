"""The name of the company that a person belongs to, as a field of the person.

Where people point at their company, a target that keeps the company's name with the person (leads) could not be given it: the person only holds an id.
The field is there beside the others, can only be read, and costs a call for each batch of companies that a page's people belong to, and only
where it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sdrbot_skills.crm.base import Codec, Crm, Decode, Encode, Normalise
from sdrbot_skills.crm.batching import chunks
from sdrbot_skills.crm.standard import standard_fields, standard_objects
from sdrbot_skills.errors import Unsupported
from sdrbot_skills.model.records import Comparison, Condition, Page, Record
from sdrbot_skills.model.schema import Field, LinkType, ObjectSchema
from sdrbot_skills.model.values import Kind

VENDOR_TYPE = "name of the linked record"
_REMEMBERED = 50_000
"""Names kept in memory; when there are more, it starts anew."""


@dataclass(frozen=True)
class Linked:
    """The made field, the reference that it follows, and where the name stands."""

    field: Field
    reference: Field
    object_name: str
    name_field: str


class LinkedNames(Crm):
    """To be put before an adapter's class: adds the field to what the adapter describes, and fills it in what it reads."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._linked: dict[str, Linked | None] = {}
        self._names: dict[str, str | None] = {}
        self.codec = _WithNames(self.codec)

    def describe(self, object_name: str) -> ObjectSchema:
        schema = super().describe(object_name)  # type: ignore[safe-super]  # an adapter comes next
        linked = self._linked[object_name] = find_linked(schema)
        return schema.with_fields([linked.field]) if linked else schema

    def count(self, object_name: str, where: Sequence[Condition] = ()) -> int:
        return super().count(object_name, [self._as_asked(object_name, one) for one in where])  # type: ignore[safe-super]

    def read(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition] = (),
        cursor: str | None = None,
        links: Sequence[LinkType] = (),
    ) -> Page:
        linked, asked = self._asked(object_name, fields)
        where = [self._as_asked(object_name, one) for one in where]
        page = super().read(object_name, asked, where, cursor, links)  # type: ignore[safe-super]
        return page._replace(records=self._filled(linked, page.records)) if linked else page

    def read_by_job(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition] = (),
        cursor: str | None = None,
        links: Sequence[LinkType] = (),
    ) -> Iterator[Page]:
        linked, asked = self._asked(object_name, fields)
        where = [self._as_asked(object_name, one) for one in where]
        for page in super().read_by_job(object_name, asked, where, cursor, links):
            yield page._replace(records=self._filled(linked, page.records)) if linked else page

    def find(self, object_name: str, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Record]:
        linked, asked = self._asked(object_name, fields)
        records = super().find(object_name, field, values, asked)  # type: ignore[safe-super]
        return self._filled(linked, records) if linked else records

    def get(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
        linked, asked = self._asked(object_name, fields)
        records = super().get(object_name, ids, asked)  # type: ignore[safe-super]
        return self._filled(linked, records) if linked else records

    def _asked(self, object_name: str, fields: Sequence[str]) -> tuple[Linked | None, Sequence[str]]:
        """Whether the name is asked for, and what is asked of the CRM instead."""
        if object_name not in self._linked and any(name.endswith(".name") for name in fields):
            self.describe(object_name)
        linked = self._linked.get(object_name)
        if linked is None or linked.field.name not in fields:
            return None, fields
        others = [name for name in fields if name != linked.field.name]
        return linked, list(dict.fromkeys([*others, *self.codec.reads(linked.reference)]))

    def _filled(self, linked: Linked, records: list[Record]) -> list[Record]:
        decode = self.codec.decoder(linked.reference)
        pointed = [decode(record.values) for record in records]
        names = self._names_of(linked, [one for one in dict.fromkeys(pointed) if one is not None])
        return [
            record._replace(values={**record.values, linked.field.name: names.get(one)})
            for record, one in zip(records, pointed, strict=True)
        ]

    def _names_of(self, linked: Linked, ids: Sequence[str]) -> dict[str, str | None]:
        """What is remembered, and the rest asked for. Several threads ask, and making room must take nothing from an answer under way."""
        remembered = self._names
        known = {one: remembered[one] for one in ids if one in remembered}
        for part in chunks([one for one in ids if one not in known], self.capabilities.get_batch):
            found = super().get(linked.object_name, part, [linked.name_field])  # type: ignore[safe-super]
            known |= dict.fromkeys(part)
            known |= {record.id: record.values.get(linked.name_field) or None for record in found}
        if len(self._names) > _REMEMBERED:
            self._names = {}
        self._names |= known
        return known

    def _as_asked(self, object_name: str, condition: Condition) -> Condition:
        """Whether there is a name is whether there is a company; a name itself cannot be asked for."""
        linked = self._linked.get(object_name)
        if linked is None or condition.field != linked.field.name:
            return condition
        if condition.op not in (Comparison.KNOWN, Comparison.UNKNOWN):
            raise Unsupported(f"filtering by {condition.field}", "it is the name of another record")
        return Condition(linked.reference.name, condition.op)


def find_linked(schema: ObjectSchema) -> Linked | None:
    """The linked company's name of people that point at companies by a field."""
    if schema.standard != "person":
        return None
    company = next((name for name, standard in standard_objects(schema.crm).items() if standard == "company"), None)
    names = {standard: name for name, standard in standard_fields(schema.crm).get(company or "", {}).items()}
    reference = next(_references(schema, company), None)
    if company is None or reference is None or "company.name" not in names:
        return None
    field = Field(
        name=f"{reference.name}.name",
        label=f"Name of {reference.label}",
        kind=Kind.TEXT,
        vendor_type=VENDOR_TYPE,
        creatable=False,
        updatable=False,
        description="The name of the company that this person belongs to",
    )
    return Linked(field, reference, company, names["company.name"])


def _references(schema: ObjectSchema, company: str | None) -> Iterator[Field]:
    for field in schema.fields:
        if field.kind is Kind.REFERENCE and company in field.references and field.creatable and not field.custom:
            yield field


class _WithNames(Codec):
    """The adapter's codec, and the made field as it stands."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec

    def reads(self, field: Field) -> tuple[str, ...]:
        return (field.name,) if field.vendor_type == VENDOR_TYPE else self._codec.reads(field)

    def decoder(self, field: Field) -> Decode:
        if field.vendor_type == VENDOR_TYPE:
            return lambda values: _text(values, field.name)
        return self._codec.decoder(field)

    def encoder(self, field: Field) -> Encode:
        return self._codec.encoder(field)

    def normaliser(self, field: Field) -> Normalise:
        return self._codec.normaliser(field)


def _text(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    return str(value) if value else None
