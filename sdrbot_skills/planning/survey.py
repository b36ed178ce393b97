"""One account as planning needs it: schemas, links, users, pipelines, counts, and a small sample for fill rates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.crm.capabilities import Capabilities
from sdrbot_skills.errors import MigrationError
from sdrbot_skills.model.convert import is_midnight
from sdrbot_skills.model.records import Comparison, Condition, Record
from sdrbot_skills.model.schema import Account, Field, LinkType, ObjectSchema, Pipeline, User
from sdrbot_skills.model.values import Kind

SAMPLE_SIZE = 200
"""Records looked at per object; the vendor's page size may make it fewer."""

FIELDS_PER_CALL = 100
"""Longer lists of fields make addresses that servers refuse."""

MOST_COUNTS = 30
"""Own fields, empty in the sample, that are counted one by one per object."""

_COUNTED_KINDS = frozenset({Kind.CHOICE, Kind.CHOICES, Kind.TEXT, Kind.BOOLEAN, Kind.USER})
_MOST_DISTINCT = 200


@dataclass
class FillRates:
    """Of the first `sampled` records: the share that has each field, the values seen in fields with few different ones, and the fields whose
    times are all midnight: days, kept in a field for times. `currencies`: those that amounts name; "" for the account's own. `whole`: there are
    no more records than these. `phones`: how many telephone numbers name their country (`international`), and how many do not (`local`)."""

    sampled: int = 0
    whole: bool = True
    rates: dict[str, float] = field(default_factory=dict)
    seen: dict[str, Counter[str]] = field(default_factory=dict)
    days: set[str] = field(default_factory=set)
    currencies: dict[str, Counter[str]] = field(default_factory=dict)
    phones: dict[str, Counter[str]] = field(default_factory=dict)

    def rate(self, name: str) -> float | None:
        """The share of sampled records with a value; `None` where nothing is known."""
        return self.rates.get(name)


@dataclass
class Survey:
    """What planning knows of one side. `counts` and `fill` are of the objects that were asked for."""

    account: Account
    capabilities: Capabilities
    schemas: dict[str, ObjectSchema] = field(default_factory=dict)
    links: dict[str, list[LinkType]] = field(default_factory=dict)
    pipelines: dict[str, list[Pipeline]] = field(default_factory=dict)
    users: list[User] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    fill: dict[str, FillRates] = field(default_factory=dict)

    @property
    def zone(self) -> str:
        """The time zone in which this account counts days."""
        return self.account.time_zone or "UTC"


def survey(crm: Crm, objects: Sequence[str], *, sample: bool) -> Survey:
    """Read one side. `sample`: also counts and fill rates, which is of use for a source."""
    found = Survey(account=crm.account(), capabilities=crm.capabilities, users=crm.users())
    for name in dict.fromkeys(objects):
        schema = crm.describe(name)
        found.schemas[name] = schema
        found.links[name] = crm.link_types(name)
        found.pipelines[name] = crm.pipelines(name)
        if sample:
            found.counts[name] = crm.count(name)
            found.fill[name] = fill_rates(crm, schema, zone=found.zone) if found.counts[name] else FillRates()
            if found.fill[name].sampled < found.counts[name]:
                found.fill[name].whole = False
                look_closer(crm, schema, found.fill[name])
    return found


def fill_rates(crm: Crm, schema: ObjectSchema, size: int = SAMPLE_SIZE, zone: str = "UTC") -> FillRates:
    """Fill rates over the first page of records: at most `ceil(fields / 100)` calls, whatever the object holds. `zone`: the account's."""
    rates = FillRates()
    fields = [entry for entry in schema.fields if entry.kind not in (Kind.REFERENCE, Kind.FILE)]
    for start in range(0, len(fields), FIELDS_PER_CALL):
        some = fields[start : start + FIELDS_PER_CALL]
        names = list(dict.fromkeys(name for entry in some for name in crm.codec.reads(entry)))
        records = crm.read(schema.name, names).records[:size]
        rates.sampled = len(records)
        for entry in some:
            _count(crm, entry, records, rates, ZoneInfo(zone))
    return rates


def look_closer(crm: Crm, schema: ObjectSchema, rates: FillRates) -> None:
    """An own field that is empty in the sample may be filled further on: the CRM is asked, for so many fields as stay within reason.

    What it does not answer counts as unknown, and unknown as possibly filled.
    """
    empty = [entry.name for entry in schema.fields if entry.custom and rates.rates.get(entry.name) == 0]
    for name in empty[:MOST_COUNTS]:
        try:
            if crm.count(schema.name, [Condition(name, Comparison.KNOWN)]):
                del rates.rates[name]
        except MigrationError:
            del rates.rates[name]
    for name in empty[MOST_COUNTS:]:
        del rates.rates[name]


def _count(crm: Crm, entry: Field, records: Sequence[Record], rates: FillRates, zone: ZoneInfo) -> None:
    decode = crm.codec.decoder(entry)
    values = [value for record in records if (value := decode(record.values)) is not None]
    rates.rates[entry.name] = len(values) / len(records) if records else 0.0
    if entry.kind is Kind.INSTANT and values and all(is_midnight(value, zone) for value in values):
        rates.days.add(entry.name)
    if entry.kind is Kind.MONEY:
        rates.currencies[entry.name] = Counter(value["currency"] or "" for value in values)
    if entry.kind is Kind.PHONES:
        numbers = [number for value in values for number in value]
        rates.phones[entry.name] = Counter(
            "international" if one.strip().startswith("+") else "local" for one in numbers
        )
    if entry.kind in _COUNTED_KINDS:
        seen = Counter(_spelled(one) for value in values for one in (value if isinstance(value, list) else [value]))
        if len(seen) <= _MOST_DISTINCT:
            rates.seen[entry.name] = seen


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
