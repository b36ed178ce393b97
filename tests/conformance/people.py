"""What the kit writes: people, companies and deals in canonical values, spelled by the adapter's own codec."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.errors import BatchRejected
from sdrbot_skills.model.records import Operation, Page, Record, Row, RowResult
from sdrbot_skills.model.schema import Field, ObjectSchema
from sdrbot_skills.model.values import Kind
from tests.conformance.case import CASES, Case

LONG = "Line one\nLine two – with ünïcödé, 日本語, العربية and 🚀\n" * 20

SAMPLES: dict[Kind, list[Any]] = {
    Kind.TEXT: ["plain", "Ünïcödé 日本語 🚀", 'O\'Brien "quoted" <b>&amp;', "a;b,c\td"],
    Kind.LONG_TEXT: [LONG.strip(), "one line"],
    Kind.INTEGER: [0, 7, -3, 1_000_000],
    Kind.DECIMAL: [Decimal("0"), Decimal("17.5"), Decimal("-0.25")],
    Kind.BOOLEAN: [True, False],
    Kind.CONSENT: [True, False],
    Kind.DATE: ["2024-02-29", "1969-12-31", "2030-01-01"],
    Kind.INSTANT: ["2024-02-29T23:59:59.000Z", "1999-12-31T00:00:00.000Z"],
    Kind.EMAILS: [["ada@example.org"], ["o.brien+tag@example.co.uk"]],
    Kind.PHONES: [["+44 20 7946 0958"], ["030 1234-567 ext. 8"]],
    Kind.URLS: [["https://example.org/a?b=c&d=e"]],
    Kind.MONEY: [{"amount": Decimal(amount), "currency": None} for amount in ("1234.56", "0", "1250000")],
}


def samples(field: Field) -> list[Any]:
    """Canonical values that fit a field."""
    values = [option.value for option in field.options if option.active]
    if field.kind is Kind.CHOICE:
        return [values[0], values[-1]] if values else []
    if field.kind is Kind.CHOICES:
        return [[values[0]], values[:3]] if values else []
    fitting = SAMPLES.get(field.kind, [])
    if field.max_length and field.kind in (Kind.TEXT, Kind.LONG_TEXT):
        fitting = [text[: field.max_length].strip() for text in fitting]
    if field.scale == 0 and field.kind is Kind.DECIMAL:
        fitting = [value for value in fitting if value == value.to_integral_value()]
    if field.scale == 0 and field.kind is Kind.MONEY:
        fitting = [value for value in fitting if value["amount"] == value["amount"].to_integral_value()]
    return fitting


def comparable(field: Field, value: Any) -> Any:
    """Order carries no meaning in a set, and an amount without a currency is in the account's own."""
    if field.kind is Kind.CHOICES and value is not None:
        return sorted(value)
    if field.kind is Kind.MONEY and value is not None:
        return value["amount"]
    return value


def by_standard(schema: ObjectSchema, name: str) -> Field:
    """The field of that name in the vocabulary."""
    return next(field for field in schema.fields if field.standard == name)


def spelled(crm: Crm, schema: ObjectSchema, values: Mapping[str, Any]) -> dict[str, Any]:
    """A payload of canonical values by API name."""
    payload: dict[str, Any] = {}
    for name, value in values.items():
        field = schema.field(name)
        assert field is not None, f"{schema.name} has no {name}"
        crm.codec.encoder(field)(value, payload)
    return payload


def least(schema: ObjectSchema, number: int) -> dict[str, Any]:
    """The least a new record needs, in canonical values, the name telling which one it is."""
    wanted = {"person": [], "company": [], "deal": ["stage", "close_date"]}[schema.standard or ""]
    values: dict[str, Any] = {}
    for field in [named(schema), *(by_standard(schema, f"{schema.standard}.{name}") for name in wanted)]:
        if field.kind is Kind.CHOICE:
            values[field.name] = field.options[0].value
        else:
            values[field.name] = {Kind.DATE: "2030-01-31", Kind.INSTANT: "2030-01-31T00:00:00.000Z"}.get(
                field.kind, f"Nr {number:06d}"
            )
    always = next(case.always for case in CASES if case.crm == schema.crm)
    return {**values, **always.get(schema.name, {})}


def name_field(schema: ObjectSchema) -> str:
    """Where `least` writes the number."""
    return named(schema).name


def named(schema: ObjectSchema) -> Field:
    """The name of a record: of a person the last one, or the whole one where the CRM takes names to pieces by itself."""
    if schema.standard != "person":
        return by_standard(schema, f"{schema.standard}.name")
    last = by_standard(schema, "person.last_name")
    return last if last.creatable else by_standard(schema, "person.full_name")


def write_all(
    crm: Crm, object_name: str, operation: Operation, rows: Sequence[Row], key: str | None = None
) -> list[RowResult]:
    """Write any number of rows in batches, halving a batch that is refused as a whole until the culprit stands alone."""
    size = {
        Operation.CREATE: crm.capabilities.create_batch,
        Operation.UPDATE: crm.capabilities.update_batch,
        Operation.UPSERT: crm.capabilities.upsert_batch,
    }[operation]
    results: list[RowResult] = []
    for start in range(0, len(rows), size):
        results += _halved(crm, object_name, operation, rows[start : start + size], key)
    return results


def _halved(crm: Crm, object_name: str, operation: Operation, rows: Sequence[Row], key: str | None) -> list[RowResult]:
    try:
        return crm.write(object_name, operation, rows, key)
    except BatchRejected:
        if len(rows) == 1:
            raise
        middle = len(rows) // 2
        first = _halved(crm, object_name, operation, rows[:middle], key)
        return first + _halved(crm, object_name, operation, rows[middle:], key)


def make(crm: Crm, schema: ObjectSchema, count: int, start: int = 0, **more: Any) -> list[RowResult]:
    """Create numbered records; the result keys are their numbers."""
    rows = [
        Row(str(number), spelled(crm, schema, {**least(schema, number), **more}))
        for number in range(start, start + count)
    ]
    return write_all(crm, schema.name, Operation.CREATE, rows)


def read_all(crm: Crm, object_name: str, fields: Sequence[str], **options: Any) -> list[Page]:
    """Every page to the end."""
    pages: list[Page] = []
    cursor: str | None = None
    while True:
        pages.append(crm.read(object_name, fields, cursor=cursor, **options))
        cursor = pages[-1].cursor
        if cursor is None:
            return pages


def records_in(pages: Sequence[Page]) -> list[Record]:
    """The records of pages, in order."""
    return [record for page in pages for record in page.records]


def simple_fields(case: Case, schema: ObjectSchema) -> list[Field]:
    """One writable field of each kind, none that depends on another."""
    found: dict[Kind, Field] = {}
    for field in schema.fields:
        usable = field.creatable and field.updatable and not field.unique and field.name not in case.avoid
        if usable and field.kind not in (Kind.USER, Kind.REFERENCE, Kind.FILE) and samples(field):
            found.setdefault(field.kind, field)
    return list(found.values())
