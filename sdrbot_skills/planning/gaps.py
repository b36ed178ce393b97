"""The gap analysis, both ways and grouped for reading: mapped, needs you, left in the source, cut or set by the target itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from sdrbot_skills.model.plan import FieldMapping, ObjectPlan, Plan
from sdrbot_skills.model.schema import Field, LinkType, ObjectSchema
from sdrbot_skills.model.values import Kind
from sdrbot_skills.planning.kinds import loses
from sdrbot_skills.planning.standardmatch import NOT_CARRIED
from sdrbot_skills.planning.survey import FillRates

STAYS = "left in the source, because nothing there fits; say in the plan where it goes if you want it"
SET_THERE = "not needed: it follows from other fields, or the target sets it itself"


class GapLine(BaseModel):
    """One field, link or question, with the reason it is where it is."""

    model_config = ConfigDict(extra="forbid")
    name: str
    label: str
    text: str
    fill_rate: float | None = None


class ObjectGaps(BaseModel):
    """One object of the plan. `mapped`: what goes where; `needs_you`: open questions; `unused`: source fields with data that stay
    behind; `cannot_hold`: what the target loses or sets itself; `left_empty`: target fields that nothing fills."""

    model_config = ConfigDict(extra="forbid")
    object: str
    source: str
    target: str
    mapped: list[GapLine] = []
    needs_you: list[GapLine] = []
    unused: list[GapLine] = []
    cannot_hold: list[GapLine] = []
    left_empty: list[GapLine] = []


def gaps(
    plan: Plan,
    source_schemas: Mapping[str, ObjectSchema],
    target_schemas: Mapping[str, ObjectSchema],
    fill: Mapping[str, FillRates] | None = None,
    source_links: Mapping[str, Sequence[LinkType]] | None = None,
) -> list[ObjectGaps]:
    """The gaps of every object. `fill`: fill rates by source object, where they were read; then empty fields are not listed as unused.
    `source_links`: the source's links by object, where they were read; then those that are not carried are listed.
    """
    found = [
        _object_gaps(
            plan,
            word,
            entry,
            source_schemas[entry.source],
            target_schemas[entry.target],
            (fill or {}).get(entry.source),
        )
        for word, entry in plan.objects.items()
    ]
    for one in found:
        carried = {link.source for link in plan.objects[one.object].links}
        for link in (source_links or {}).get(one.source, ()):
            if link.standard and link.name not in carried:
                text = "links not carried, because their objects are not in the plan or the target has no such link"
                one.cannot_hold.append(GapLine(name=link.name, label=f"{link.label} ({link.to_object})", text=text))
    return found


def _object_gaps(
    plan: Plan, word: str, entry: ObjectPlan, source: ObjectSchema, target: ObjectSchema, fill: FillRates | None
) -> ObjectGaps:
    made = {change.field.name: change.field for change in plan.schema_changes if change.object == target.name}
    places = {**made, **target.by_name}
    found = ObjectGaps(object=word, source=source.name, target=target.name)
    found.mapped = [_mapped(mapping, source, places) for mapping in entry.fields]
    found.mapped += [
        GapLine(name=link.source, label=link.source, text=f"link to {link.object}: {link.target}")
        for link in entry.links
    ]
    found.needs_you = [
        GapLine(name=question.id, label=question.id, text=question.text)
        for question in plan.open_questions()
        if question.object == word
        or any(place.startswith(f"{word}.") for place in question.targets)
        or any(part.object == word for part in question.parts)
    ]
    used = set(entry.source_fields())
    for field in source.fields:
        if field.name not in used and (fill is None or fill.rate(field.name)):
            _left(field, found, fill)
    found.cannot_hold += [_loss(mapping, source, places) for mapping in entry.fields if _lossy(mapping, source, places)]
    filled = {mapping.target for mapping in entry.fields} | {link.target for link in entry.links}
    found.left_empty = [
        GapLine(name=field.name, label=field.label, text="nothing of the source fills it")
        for field in target.fields
        if field.creatable
        and field.name not in filled
        and (field.standard or field.custom)
        and field.name != entry.migration_key
    ]
    return found


def _mapped(mapping: FieldMapping, source: ObjectSchema, places: Mapping[str, Field]) -> GapLine:
    labels = [field.label for name in mapping.source if (field := source.field(name))]
    place = places.get(mapping.target)
    how = (
        f" by {mapping.transform.name}"
        if mapping.transform
        else f" by {len(mapping.value_map)} values"
        if mapping.value_map
        else ""
    )
    text = f"{', '.join(mapping.source) or 'the same for all'} -> {mapping.target}{how}"
    label = f"{' + '.join(labels) or '-'} -> {place.label if place else mapping.target}"
    return GapLine(name=mapping.target, label=label, text=f"{text} ({mapping.reason})" if mapping.reason else text)


def _left(field: Field, found: ObjectGaps, fill: FillRates | None) -> None:
    rate = fill.rate(field.name) if fill else None
    standard = (field.standard or "").partition(".")[2]
    if standard in NOT_CARRIED:
        line = GapLine(
            name=field.name,
            label=field.label,
            text=SET_THERE,
            fill_rate=rate,
        )
        found.cannot_hold.append(line)
    elif field.kind not in (Kind.REFERENCE, Kind.FILE) and (field.custom or field.standard or field.creatable):
        found.unused.append(GapLine(name=field.name, label=field.label, text=STAYS, fill_rate=rate))


def _lossy(mapping: FieldMapping, source: ObjectSchema, places: Mapping[str, Field]) -> bool:
    return bool(_losses(mapping, source, places))


def _losses(mapping: FieldMapping, source: ObjectSchema, places: Mapping[str, Field]) -> list[str]:
    """What is cut on the way; a loss that the proposal saw no sign of in the sample is not in its reason."""
    place = places.get(mapping.target)
    fields = [field for name in mapping.source if (field := source.field(name))] if place else []
    found = [loss for field in fields if place and (loss := loses(field, place))]
    return [loss for loss in found if loss in (mapping.reason or loss)]


def _loss(mapping: FieldMapping, source: ObjectSchema, places: Mapping[str, Field]) -> GapLine:
    place = places[mapping.target]
    return GapLine(name=mapping.target, label=place.label, text="; ".join(_losses(mapping, source, places)))
