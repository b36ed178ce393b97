"""Why Pipedrive refused a row, in our terms.

Its answers have one code for every fault of a value and texts that are no contract. So the row is held against the fields as they are
described: a fault that shows there is the reason; else the field that the text names tells of what sort it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdrbot_skills.crm.batching import rejected
from sdrbot_skills.crm.failures import Missing
from sdrbot_skills.crm.pipedrive.codec import OptionIds
from sdrbot_skills.crm.pipedrive.failures import NoPermission, Rejected
from sdrbot_skills.crm.pipedrive.wire import Layout
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.model.records import Row, RowResult
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import Kind

CAPPING = "feature_capping"

_BY_KIND = {
    Kind.REFERENCE: Rule.BAD_REFERENCE,
    Kind.USER: Rule.INACTIVE_OWNER,
    Kind.CHOICE: Rule.UNKNOWN_OPTION,
    Kind.CHOICES: Rule.UNKNOWN_OPTION,
    Kind.EMAILS: Rule.INVALID_EMAIL,
}


def refused(row: Row, error: Rejected, layout: Layout, ids: Mapping[str, set[Any]], *, new: bool) -> RowResult:
    """The result of a row that was refused for what it holds. `ids`: of choice fields, what may be stored."""
    rule, field = _fault(row.payload, layout, ids, new=new) or _named(error, layout)
    return rejected(row.key, rule, error.words, id=row.id, field=field)


def missing(row_key: str, record_id: str | None, error: Missing) -> RowResult:
    return rejected(row_key, Rule.NOT_FOUND, str(error), id=record_id)


def forbidden(row: Row, error: NoPermission) -> RowResult:
    """A right that the user lacks, or a plan that is full; add-ons that are off refuse a whole person so, too."""
    rule = Rule.LIMIT_REACHED if error.code.startswith(CAPPING) else Rule.NO_ACCESS
    return rejected(row.key, rule, error.words or str(error), id=row.id)


def _fault(
    payload: Mapping[str, Any], layout: Layout, ids: Mapping[str, set[Any]], *, new: bool
) -> tuple[Rule, str] | None:
    for name, value in payload.items():
        field = layout.schema.field(name)
        if field is None:
            return Rule.UNKNOWN_FIELD, name
        if value is None:
            continue
        if not (field.creatable if new else field.updatable):
            return Rule.READ_ONLY, name
        if field.max_length and isinstance(value, str) and len(value) > field.max_length:
            return Rule.TOO_LONG, name
        if name in ids and not set(value if isinstance(value, list) else [value]) <= ids[name]:
            return Rule.UNKNOWN_OPTION, name
    if new:
        for field in layout.schema.fields:
            if field.required and payload.get(field.name) in (None, ""):
                return Rule.REQUIRED_MISSING, field.name
    return None


def _named(error: Rejected, layout: Layout) -> tuple[Rule, str | None]:
    field = _field(error.field, layout)
    if field is None:
        return Rule.VENDOR_REJECTED, None
    return _BY_KIND.get(field.kind, Rule.INVALID_VALUE), field.name


def _field(named: str | None, layout: Layout) -> Field | None:
    """The field of that vendor name: a 40-character key, an attribute, or a part of one."""
    if named is None:
        return None
    by_code = {code: name for name, code in layout.codes.items()}
    for part in (named, named.partition(".")[0]):
        found = layout.schema.field(by_code.get(part, part))
        if found is not None:
            return found
    return None


def choice_ids(layout: Layout, option_ids: OptionIds) -> dict[str, set[Any]]:
    """Of each choice field, what a record may store."""
    return {
        field.name: set(option_ids(field).values())
        for field in layout.schema.fields
        if field.restricted and field.kind in (Kind.CHOICE, Kind.CHOICES)
    }
