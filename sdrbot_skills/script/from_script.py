"""Taking over into the plan what a person changed in the script's maps. The script is read, never run."""

from __future__ import annotations

from sdrbot_skills.errors import PlanInvalid
from sdrbot_skills.model.plan import FieldMapping, ObjectPlan, Plan
from sdrbot_skills.script.maps import moved
from sdrbot_skills.script.parts import take_apart

_REASON = "written in the script"


def plan_from_script(plan: Plan, script: str) -> Plan:
    """The plan with the field maps and value maps that the script spells out; everything else stays as the plan has it.

    Raises `PlanInvalid` where the script has an object or a value map that the plan knows nothing of, `ConfigurationError` where it
    cannot be read. The new plan has a new hash: render again, and check it as any plan.
    """
    parts = take_apart(script)
    unknown = [word for word in parts.maps.fields if word not in plan.objects]
    if unknown:
        raise PlanInvalid(
            [f"the script has {word!r}, which the plan does not; add it by planning again" for word in unknown]
        )
    objects = dict(plan.objects)
    for word, field_map in parts.maps.fields.items():
        fields = _with_field_map(plan.objects[word], field_map)
        fields = _with_value_maps(word, fields, parts.maps.values.get(word, {}))
        objects[word] = plan.objects[word].model_copy(update={"fields": fields})
    return plan.model_copy(update={"objects": objects})


def _with_field_map(entry: ObjectPlan, field_map: dict[str, str]) -> list[FieldMapping]:
    carried = {id(mapping) for mapping in moved(entry)}
    fields = []
    left = dict(field_map)
    for mapping in entry.fields:
        if id(mapping) not in carried:
            if mapping.target not in field_map.values():
                fields.append(mapping)
        elif left.get(mapping.source[0]) == mapping.target:
            del left[mapping.source[0]]
            fields.append(mapping)
    return fields + [FieldMapping.of(name, target, reason=_REASON) for name, target in left.items()]


def _with_value_maps(
    word: str, fields: list[FieldMapping], value_maps: dict[str, dict[str, str | None]]
) -> list[FieldMapping]:
    targets = {mapping.target for mapping in fields}
    unknown = [target for target in value_maps if target not in targets]
    if unknown:
        raise PlanInvalid(
            [f"{word}: the script maps values of {target}, which gets no value in the plan" for target in unknown]
        )
    return [
        mapping.model_copy(update={"value_map": value_maps[mapping.target]})
        if mapping.target in value_maps and mapping.value_map != value_maps[mapping.target]
        else mapping
        for mapping in fields
    ]
