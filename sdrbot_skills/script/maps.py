"""What a script spells out of a plan: which fields are carried as they are, and the value maps."""

from __future__ import annotations

from dataclasses import dataclass, field

from sdrbot_skills.model.plan import FieldMapping, ObjectPlan, Plan

FieldMaps = dict[str, dict[str, str]]
"""Per object of the plan: source field -> target field."""

ValueMaps = dict[str, dict[str, dict[str, str | None]]]
"""Per object of the plan, per target field: source value -> target value."""


@dataclass
class Maps:
    """The maps of all objects."""

    fields: FieldMaps = field(default_factory=dict)
    values: ValueMaps = field(default_factory=dict)


def maps_of(plan: Plan) -> Maps:
    """The maps that a script of this plan holds."""
    maps = Maps()
    for word, entry in plan.objects.items():
        maps.fields[word] = {mapping.source[0]: mapping.target for mapping in moved(entry)}
        maps.values[word] = {
            mapping.target: dict(mapping.value_map) for mapping in entry.fields if mapping.value_map is not None
        }
    return maps


def moved(entry: ObjectPlan) -> list[FieldMapping]:
    """The mappings that carry a value as it is. A source field is listed once: a second target for it is made in the transform."""
    listed: dict[str, FieldMapping] = {}
    for mapping in entry.fields:
        if is_plain(mapping):
            listed.setdefault(mapping.source[0], mapping)
    return list(listed.values())


def is_plain(mapping: FieldMapping) -> bool:
    """Whether the value needs nothing done to it."""
    changes = (mapping.transform, mapping.value_map, mapping.fallback)
    return len(mapping.source) == 1 and all(change is None for change in changes)
