"""Looking at an account: its objects, and the fields of one, as data for people and agents. Short unless all is asked for."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.model.schema import (
    Account,
    Allowance,
    Blindness,
    Field,
    LinkType,
    ObjectSummary,
    Option,
    Pipeline,
    RecordType,
)
from sdrbot_skills.planning.objects import pair_objects
from sdrbot_skills.planning.survey import FillRates, fill_rates

OPTIONS_SHOWN = 12


class _Overview(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FieldOverview(_Overview):
    """One field. `options` are cut to twelve unless all is asked for, `option_count` is how many there are; `fill_rate`: share of the sample."""

    name: str
    label: str
    kind: str
    required: bool = False
    unique: bool = False
    read_only: bool = False
    custom: bool = False
    max_length: int | None = None
    references: list[str] = []
    options: list[Option] = []
    option_count: int = 0
    fill_rate: float | None = None
    standard: str | None = None


class ObjectOverview(_Overview):
    """One object. Fill rates are of the first `sampled` records, not of all `count`; `hidden` fields are left out for brevity."""

    name: str
    label: str
    standard: str | None = None
    count: int
    sampled: int
    fields: list[FieldOverview]
    hidden: int = 0
    links: list[LinkType] = []
    pipelines: list[Pipeline] = []
    record_types: list[RecordType] = []
    blind: list[Blindness] = []


class ConnectionOverview(_Overview):
    """One account: who answers, its objects, what the credential cannot see, and what is left of the limits."""

    account: Account
    objects: list[ObjectSummary]
    blind: list[Blindness] = []
    allowances: list[Allowance] = []


def discover_connection(crm: Crm) -> ConnectionOverview:
    """The account and its objects, the standard ones first."""
    objects = sorted(crm.objects(), key=lambda entry: (entry.standard is None, entry.custom, entry.name))
    preflight = crm.preflight([entry.name for entry in objects if entry.standard])
    return ConnectionOverview(
        account=crm.account(), objects=objects, blind=list(preflight.blind), allowances=list(preflight.allowances)
    )


def discover_object(crm: Crm, object_name: str, *, complete: bool = False) -> ObjectOverview:
    """One object by its API name or our word for it. Without `complete`, read-only and empty fields are left out and long option lists cut."""
    schema = crm.describe(_api_name(crm, object_name))
    count = crm.count(schema.name)
    fill = fill_rates(crm, schema) if count else FillRates()
    shown = [field for field in schema.fields if complete or _telling(field, fill)]
    return ObjectOverview(
        name=schema.name,
        label=schema.plural,
        standard=schema.standard,
        count=count,
        sampled=fill.sampled,
        fields=[_overview(field, fill, complete) for field in shown],
        hidden=len(schema.fields) - len(shown),
        links=crm.link_types(schema.name),
        pipelines=crm.pipelines(schema.name),
        record_types=list(schema.record_types),
        blind=list(crm.preflight([schema.name]).blind),
    )


def _api_name(crm: Crm, object_name: str) -> str:
    objects = crm.objects()
    if any(entry.name == object_name for entry in objects):
        return object_name
    return pair_objects([object_name], objects, objects, source_crm=crm.crm, target_crm=crm.crm)[0].source


def _telling(field: Field, fill: FillRates) -> bool:
    """Worth a line: a field that must be filled, is filled, or is one of the well-known ones that can be written."""
    if field.required or (field.standard and field.creatable):
        return True
    return bool(fill.rate(field.name)) and field.creatable


def _overview(field: Field, fill: FillRates, complete: bool) -> FieldOverview:
    options = list(field.options if complete else field.options[:OPTIONS_SHOWN])
    return FieldOverview(
        name=field.name,
        label=field.label,
        kind=field.kind.value,
        required=field.required,
        unique=field.unique,
        read_only=not field.creatable,
        custom=field.custom,
        max_length=field.max_length,
        references=list(field.references),
        options=options,
        option_count=len(field.options),
        fill_rate=fill.rate(field.name),
        standard=field.standard,
    )
