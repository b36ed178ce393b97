"""One field to another: the mapping with what their kinds need, its confidence and its reason."""

from __future__ import annotations

from sdrbot_skills.model.plan import FieldMapping
from sdrbot_skills.model.schema import Field
from sdrbot_skills.planning.draft import Draft
from sdrbot_skills.planning.kinds import bridge
from sdrbot_skills.planning.valuemaps import add_value_map

SURE = 0.99
LIKELY = 0.85
POSSIBLE = 0.7


def map_field(draft: Draft, source: Field, target: Field, confidence: float, reason: str) -> None:
    """Put the mapping of one field to another into the draft, where the value can get there at all."""
    mapping = mapping_between(draft, source, target)
    if mapping is not None:
        loss = draft.loss(source, target)
        draft.fields.append(explained(mapping, confidence, f"{reason}; {loss}" if loss else reason))


def mapping_between(draft: Draft, source: Field, target: Field) -> FieldMapping | None:
    """The mapping of one field to another with what the kinds need, or `None` where the value cannot get there."""
    way = bridge(source, target)
    if way is None:
        return None
    mapping = FieldMapping.of(source.name, target.name, transform=way.transform, otherwise=way.otherwise)
    return add_value_map(draft, mapping, source, target) if way.values else mapping


def explained(mapping: FieldMapping, confidence: float, reason: str) -> FieldMapping:
    """The mapping with how sure it is and why."""
    return mapping.model_copy(update={"confidence": confidence, "reason": reason})
