"""When a record came to the target: a creation date that the plan carries over tells nothing of it."""

from __future__ import annotations

import pytest

from sdrbot_skills.engine.arrival import arrival_field
from sdrbot_skills.model.plan import FieldMapping, ObjectPlan
from sdrbot_skills.model.schema import ObjectSchema


@pytest.mark.parametrize(
    ("created", "modified", "carried", "expected"),
    [
        ("createdAt", "updatedAt", [], "createdAt"),
        ("createdAt", "updatedAt", ["createdAt"], "updatedAt"),
        ("createdAt", None, ["createdAt"], None),
        (None, "updatedAt", [], None),
    ],
)
def test_the_field_by_which_what_came_is_found(
    created: str | None, modified: str | None, carried: list[str], expected: str | None
) -> None:
    target = ObjectSchema(
        crm="twenty", name="people", label="", plural="", fields=(), created_field=created, modified_field=modified
    )
    fields = [FieldMapping.of("createdate", name) for name in carried]
    assert arrival_field(ObjectPlan(source="contacts", target="people", fields=fields), target) == expected
