"""Looking at an account: its objects, and the fields of one, as data for people and agents. Short unless all is asked for."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.errors import ConfigurationError, Unsupported
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
from sdrbot_skills.model.values import Kind
from sdrbot_skills.planning.fieldfilter import FieldFilter
from sdrbot_skills.planning.objects import pair_objects
from sdrbot_skills.planning.survey import FillRates, fill_rates

OPTIONS_SHOWN = 12
PAGES_COUNTED = 10


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
    description: str = ""


class ObjectOverview(_Overview):
    """One object. Fill rates are of the first `sampled` records, not of all `count`; `hidden` fields are left out for brevity.

    `at_least`: counting stopped there, since this CRM counts by listing; `page`: the address of a record's page, with `{id}`.
    """

    name: str
    label: str
    standard: str | None = None
    count: int
    at_least: bool = False
    sampled: int
    fields: list[FieldOverview]
    hidden: int = 0
    links: list[LinkType] = []
    pipelines: list[Pipeline] = []
    record_types: list[RecordType] = []
    blind: list[Blindness] = []
    page: str = ""


class ObjectLine(_Overview):
    """One line of the list of objects. `count` is known of those that have a meaning to us, and of all where all is asked for."""

    name: str
    label: str
    standard: str | None = None
    custom: bool = False
    creatable: bool = True
    count: int | None = None
    at_least: bool = False


class ConnectionOverview(_Overview):
    """One account: who answers, its objects, what the credential cannot see, and what is left of the limits."""

    account: Account
    objects: list[ObjectLine]
    blind: list[Blindness] = []
    allowances: list[Allowance] = []


def discover_connection(crm: Crm, *, complete: bool = False) -> ConnectionOverview:
    """The account and its objects, the standard ones first, with how many records they hold (`complete`: of every object)."""
    objects = sorted(crm.objects(), key=lambda entry: (entry.standard is None, entry.custom, entry.name))
    preflight = crm.preflight([entry.name for entry in objects if entry.standard])
    return ConnectionOverview(
        account=crm.account(),
        objects=[_line(crm, entry, counted=complete or entry.standard is not None) for entry in objects],
        blind=list(preflight.blind),
        allowances=list(preflight.allowances),
    )


def discover_object(
    crm: Crm,
    object_name: str,
    *,
    complete: bool = False,
    only: FieldFilter = FieldFilter(),  # noqa: B008 (frozen)
    most: int | None = None,
) -> ObjectOverview:
    """One object by its API name or our word for it.

    Without `complete` or a filter, read-only and empty fields are left out; long option lists are cut unless fields are named. At most `most` fields.
    """
    schema = crm.describe(api_name(crm, object_name))
    count, at_least = _count(crm, schema.name)
    fill = fill_rates(crm, schema) if count else FillRates()
    wanted = only.of(schema, fill)
    shown = [field for field in wanted if complete or only.chosen or _telling(field, fill)][:most]
    return ObjectOverview(
        name=schema.name,
        label=schema.plural,
        standard=schema.standard,
        count=count,
        at_least=at_least,
        sampled=fill.sampled,
        fields=[_overview(field, fill, complete or bool(only.names)) for field in shown],
        hidden=len(wanted) - len(shown),
        links=crm.link_types(schema.name),
        pipelines=crm.pipelines(schema.name),
        record_types=list(schema.record_types),
        blind=list(crm.preflight([schema.name]).blind),
        page=crm.deep_link(schema.name, "{id}"),
    )


def _line(crm: Crm, entry: ObjectSummary, *, counted: bool) -> ObjectLine:
    line = ObjectLine(**entry.model_dump())
    if not counted:
        return line
    try:
        count, at_least = _count(crm, entry.name)
    except (
        ConfigurationError,
        Unsupported,
    ):  # not every object can be counted or read; the list is worth more than one number
        return line
    return line.model_copy(update={"count": count, "at_least": at_least})


def _count(crm: Crm, name: str) -> tuple[int, bool]:
    """How many records; where the CRM counts by listing, listing ends after `PAGES_COUNTED` pages."""
    if not crm.capabilities.counts_by_listing:
        return crm.count(name), False
    total, cursor = 0, None
    for _ in range(PAGES_COUNTED):
        page = crm.read(name, [], cursor=cursor)
        total, cursor = total + len(page.records), page.cursor
        if cursor is None:
            return total, False
    return total, True


def api_name(crm: Crm, object_name: str) -> str:
    """The API name of an object by itself or by our word for it."""
    objects = crm.objects()
    if any(entry.name == object_name for entry in objects):
        return object_name
    return pair_objects([object_name], objects, objects, source_crm=crm.crm, target_crm=crm.crm)[0].source


def _telling(field: Field, fill: FillRates) -> bool:
    """Worth a line: a field that must be filled, is filled, is one of the well-known ones, or an own one that nothing is known of; if it can be written.
    Opt-outs that somebody made are told in any case."""
    if field.required or (field.standard and field.creatable):
        return True
    rate = fill.rate(field.name)
    if field.kind is Kind.CONSENT and rate:
        return True
    return field.creatable and (bool(rate) or (rate is None and field.custom))


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
        description=field.description if complete else "",
    )
