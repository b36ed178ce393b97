"""A custom field of every canonical kind that a CRM allows: made by its admin tools, filled and read by its adapter, removed by the way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    """How a field of a kind is asked for, and a canonical value that it holds.

    `then`: calls that it needs before it can hold a value; `suffix`: what the adapter adds to its name; `parts`: whether the adapter tells it
    part by part, `value` being the values of the parts by their names.
    """

    arguments: Mapping[str, Any]
    value: Any
    tool: str = "create_field"
    then: Sequence[tuple[str, dict[str, Any]]] = ()
    suffix: str = ""
    parts: bool = False

    def values(self, name: str) -> dict[str, Any]:
        """Values by the names that the adapter gives."""
        if self.parts:
            return {f"{name}.{part}": value for part, value in self.value.items()}
        return {f"{name}{self.suffix}": self.value}


def check_kinds(bench: Bench, crm: Crm, object_name: str, name_key: str, wanted: Mapping[Kind, Made]) -> None:
    """`name_key`: which key of the tool's result is the field's name for the adapter."""
    done = bench.carry_out(*((made.tool, dict(made.arguments)) for made in wanted.values()))
    for made in wanted.values():
        bench.carry_out(*made.then)
    schema = crm.describe(object_name)
    held = {
        kind: made.values(str(one.result[name_key])) for (kind, made), one in zip(wanted.items(), done, strict=True)
    }
    fields = {name: schema.field(name) for values in held.values() for name in values}
    assert {name: field is not None for name, field in fields.items()} == dict.fromkeys(fields, True)
    whole = {name: kind for kind, made in wanted.items() if not made.parts for name in held[kind]}
    assert {name: field.kind for name, field in fields.items() if field and name in whole} == whole
    values = {name: value for part in held.values() for name, value in part.items()}
    (result,) = crm.write(object_name, Operation.CREATE, [Row("1", spelled(crm, schema, least(schema, 1) | values))])
    assert result.outcome is Outcome.CREATED, result
    names = [name for field in fields.values() if field for name in crm.codec.reads(field)]
    (record,) = crm.get(object_name, [result.id or ""], names)
    for name, field in fields.items():
        assert field is not None
        back = crm.codec.decoder(field)(record.values)
        assert (name, comparable(field, back)) == (name, comparable(field, values[name]))
    bench.back(*done)
    left = {field.name for field in crm.describe(object_name).fields}
    assert left & set(values) == set()


def check_impossible(crm: Crm, object_name: str, kinds: set[Kind]) -> None:
    """What the CRM has no custom field for is said before anything is sent."""
    for kind in kinds:
        with pytest.raises(Unsupported):
            crm.create_field(object_name, custom_field("kit_field", kind))
