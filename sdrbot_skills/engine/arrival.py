"""When a record came to the target, by which a record is looked for whose answer was lost."""

from __future__ import annotations

from sdrbot_skills.model.plan import ObjectPlan
from sdrbot_skills.model.schema import ObjectSchema


def arrival_field(entry: ObjectPlan, target: ObjectSchema) -> str | None:
    """The target's field that is no older than a record's arrival there: when it was made, or, where the plan carries the source's
    date into that field, when it was last changed. `None` where the target tells neither."""
    if target.created_field and entry.mapping(target.created_field) is None:
        return target.created_field
    return target.modified_field if target.created_field else None
