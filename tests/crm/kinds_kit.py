"""A custom field of every canonical kind that a CRM allows: made by its admin tools, filled and read by its adapter, removed by the way back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.errors import Unsupported
from sdrbot_skills.model.records import Operation, Outcome, Row
from sdrbot_skills.model.values import Kind
from tests.conformance.conftest import custom_field
from tests.conformance.people import comparable, least, spelled
from tests.crm.admin_kit import Bench


class Made(NamedTuple):
    """How a field of a kind is asked for, and a canonical value that it holds."""

    arguments: Mapping[str, Any]
    value: Any


def check_kinds(bench: Bench, crm: Crm, object_name: str, name_key: str, wanted: Mapping[Kind, Made]) -> None:
    """`name_key`: which key of the tool's result is the field's name for the adapter."""
    done = bench.carry_out(*(("create_field", dict(made.arguments)) for made in wanted.values()))
    schema = crm.describe(object_name)
    fields = {kind: schema.field(one.result[name_key]) for kind, one in zip(wanted, done, strict=True)}
    assert {kind: field and field.kind for kind, field in fields.items()} == {kind: kind for kind in wanted}
    values = {field.name: wanted[kind].value for kind, field in fields.items() if field}
    (result,) = crm.write(object_name, Operation.CREATE, [Row("1", spelled(crm, schema, least(schema, 1) | values))])
    assert result.outcome is Outcome.CREATED, result
    names = [name for field in fields.values() if field for name in crm.codec.reads(field)]
    (record,) = crm.get(object_name, [result.id or ""], names)
    for kind, field in fields.items():
        assert field is not None
        back = crm.codec.decoder(field)(record.values)
        assert (kind, comparable(field, back)) == (kind, comparable(field, wanted[kind].value))
    bench.back(*done)
    left = {field.name for field in crm.describe(object_name).fields}
    assert left & set(values) == set()


def check_impossible(crm: Crm, object_name: str, kinds: set[Kind]) -> None:
    """What the CRM has no custom field for is said before anything is sent."""
    for kind in kinds:
        with pytest.raises(Unsupported):
            crm.create_field(object_name, custom_field("kit_field", kind))
