"""From a source record to the payload it becomes: decode, the script's transform, convert and fit, encode.

`compile_carry` does everything that can be done once per object; what it answers is one plain function per record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sdrbot_skills.crm.base import Crm, Decode, Encode
from sdrbot_skills.engine.findings import Findings
from sdrbot_skills.engine.work import ObjectWork, record_type_id
from sdrbot_skills.errors import RowRejected
from sdrbot_skills.model.convert import Frame, Misfit
from sdrbot_skills.model.fit import Fit, fitter
from sdrbot_skills.model.plan import FieldMapping, Otherwise
from sdrbot_skills.model.records import Record
from sdrbot_skills.model.schema import Account, Field

Transform = Callable[[dict[str, Any]], dict[str, Any]]


class Carried(NamedTuple):
    """A record ready to be matched. `keys`: canonical values of the match fields. `opted_out`: said by a field that is written by `Crm.opt_out`."""

    payload: dict[str, Any]
    keys: dict[str, Any]
    opted_out: bool


Carry = Callable[[Record], Carried]


class _Step(NamedTuple):
    target: str
    fit: Fit
    encode: Encode
    mapping: FieldMapping
    is_key: bool


def compile_carry(
    work: ObjectWork, source: Crm, target: Crm, transform: Transform, frame: Frame, findings: Findings
) -> Carry:
    """The function that carries one record of this object; it raises `RowRejected` for a record that cannot be carried."""
    decoders = _decoders(work, source)
    steps = _steps(work, target, frame)
    known = frozenset(mapping.target for mapping in work.plan.fields)
    opt_out_field = work.opt_out_field
    constant = _constant(work)
    translated = [mapping for mapping in work.plan.fields if mapping.value_map is not None]

    def carry(record: Record) -> Carried:
        canonical = _decoded(record, decoders)
        made = _transformed(canonical, transform)
        for mapping in translated:
            if _may_lack(made.get(mapping.target)) and (missing := _unmapped(canonical, mapping)):
                _note_unmapped(missing, mapping, work, findings, record.id)
        if made.keys() - known:
            _note_strays(made, known, work, findings, record.id)
        payload: dict[str, Any] = dict(constant)
        keys: dict[str, Any] = {}
        opted_out = False
        for name, fit, encode, mapping, is_key in steps:
            value = made.get(name)
            if value is None:
                continue
            try:
                value = fit(value)
            except Misfit as misfit:
                value = _settled(misfit, mapping, work, findings, record.id)
            if value is None:
                continue
            if is_key:
                keys[name] = value
            if name == opt_out_field:
                opted_out = value is True
            else:
                encode(value, payload)
        return Carried(payload, keys, opted_out)

    return carry


def frame_of(source: Account, target: Account) -> Frame:
    """What dates and money mean in either account."""
    return Frame(_zone(source), _zone(target), source.currency, target.currency)


def _zone(account: Account) -> ZoneInfo:
    try:
        return ZoneInfo(account.time_zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):  # a vendor's own name for a zone
        return ZoneInfo("UTC")


def _decoders(work: ObjectWork, source: Crm) -> list[tuple[str, Decode]]:
    return [(name, source.codec.decoder(work.source.by_name[name])) for name in work.plan.source_fields()]


def _steps(work: ObjectWork, target: Crm, frame: Frame) -> list[_Step]:
    alternates = target.capabilities.alternate_keys.get(work.plan.target, {})
    key_fields = {key.field for key in work.plan.match.on}
    key_fields |= {other for name in key_fields for other in alternates.get(name, ())}
    key_fields |= {one.name for one in work.unique_fields}
    if work.opt_out_field:
        key_fields |= {one.name for one in work.target.fields if one.standard == "person.email"}
    steps = []
    for mapping in work.plan.fields:
        field = work.target.by_name[mapping.target]
        encode = target.codec.encoder(field)
        fit = fitter(field, replace(frame, currencies=_currencies(field, work)))
        steps.append(_Step(field.name, fit, encode, mapping, field.name in key_fields))
    return steps


def _currencies(field: Field, work: ObjectWork) -> frozenset[str] | None:
    """What the currency field beside a money field lists."""
    beside = work.target.by_name.get(field.currency_field or "")
    return frozenset(one.value for one in beside.options if one.active) if beside and beside.options else None


def _constant(work: ObjectWork) -> dict[str, Any]:
    kind, name = record_type_id(work), work.target.record_type_field
    return {name: kind} if kind and name else {}


def _decoded(record: Record, decoders: Sequence[tuple[str, Decode]]) -> dict[str, Any]:
    values = record.values
    name = ""
    try:
        canonical = {}
        for name, decode in decoders:
            canonical[name] = decode(values)
    except (ValueError, ArithmeticError, TypeError, KeyError) as error:
        message = f"The source field {name} holds something it should not be able to hold ({type(error).__name__})."
        raise RowRejected(message, rule="unreadable_value", field=name) from error
    return canonical


def _transformed(canonical: dict[str, Any], transform: Transform) -> dict[str, Any]:
    try:
        return transform(canonical)
    except RowRejected:
        raise
    except Exception as error:  # a person edits this function: whatever it raises is about this one record
        message = f"The script's transform failed with {type(error).__name__}."
        raise RowRejected(message, rule="transform_failed") from error


def _unmapped(canonical: Mapping[str, Any], mapping: FieldMapping) -> list[str]:
    """What the source says that the value map has no entry for; an entry that says "no value" is one."""
    value = next((one for name in mapping.source if (one := canonical.get(name)) not in (None, [])), None)
    if value is None or mapping.value_map is None:
        return []
    entries = value if isinstance(value, list) else [value]
    spelled = dict.fromkeys(str(one).lower() if isinstance(one, bool) else str(one) for one in entries)
    return [one for one in spelled if one not in mapping.value_map]


def _may_lack(made: Any) -> bool:
    """Whether something of the source may be missing in what was made: of several choices some may have no counterpart."""
    return made is None or isinstance(made, list)


def _note_unmapped(
    values: list[str], mapping: FieldMapping, work: ObjectWork, findings: Findings, source_id: str
) -> None:
    message = "Left out, because the plan has no counterpart for"
    findings.add(
        "unmapped_value", "warning", work.name, message, field=mapping.target, example=source_id, values=values
    )


def _settled(misfit: Misfit, mapping: FieldMapping, work: ObjectWork, findings: Findings, source_id: str) -> Any:
    """What the plan does with a value that does not fit: the value to carry, or `None` for none."""
    otherwise = mapping.otherwise
    if misfit.harmless:
        findings.add(misfit.rule, "warning", work.name, str(misfit), field=mapping.target, example=source_id)
        return misfit.shortened
    if otherwise is Otherwise.REJECT or (otherwise is Otherwise.TRUNCATE and misfit.shortened is None):
        raise RowRejected(str(misfit), rule=misfit.rule, field=mapping.target)
    if otherwise is Otherwise.TRUNCATE:
        findings.add(misfit.rule, "warning", work.name, f"Shortened: {misfit}", field=mapping.target, example=source_id)
        return misfit.shortened
    word = "Left blank" if otherwise is Otherwise.BLANK else "Left out"
    findings.add(misfit.rule, "warning", work.name, f"{word}: {misfit}", field=mapping.target, example=source_id)
    return None


def _note_strays(
    made: Mapping[str, Any], known: frozenset[str], work: ObjectWork, findings: Findings, source_id: str
) -> None:
    for name in made.keys() - known:
        message = f"The script made a value for {name}, which the plan does not name; it is not sent."
        findings.add("not_in_plan", "problem", work.name, message, field=str(name), example=source_id)
