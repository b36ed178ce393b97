"""One object's proposal while it grows: what is mapped so far, what is in question, what has to be made on the target."""

from __future__ import annotations

from dataclasses import dataclass, field

from sdrbot_skills.crm.capabilities import Capabilities
from sdrbot_skills.crm.linkednames import VENDOR_TYPE
from sdrbot_skills.model.plan import FieldMapping, Filter, Question, SchemaChange
from sdrbot_skills.model.records import Condition
from sdrbot_skills.model.schema import Field, ObjectSchema
from sdrbot_skills.planning.kinds import loses
from sdrbot_skills.planning.survey import FillRates, Survey


@dataclass
class Draft:
    """The proposal for one object of the plan, with both sides as they were read."""

    word: str
    source: ObjectSchema
    target: ObjectSchema
    ours: Survey
    theirs: Survey
    fields: list[FieldMapping] = field(default_factory=list)
    filter: list[Filter] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    schema_changes: list[SchemaChange] = field(default_factory=list)

    @property
    def fill(self) -> FillRates:
        """Fill rates of the source object."""
        return self.ours.fill.get(self.source.name) or FillRates()

    @property
    def capabilities(self) -> Capabilities:
        """What the target can do."""
        return self.theirs.capabilities

    def has_data(self, name: str) -> bool:
        """Whether a source field may hold something: an empty field is not worth a question."""
        rate = self.fill.rate(name)
        return rate is None or rate > 0

    def may_have_data(self, name: str) -> bool:
        """Whether any record may hold something there, those beyond the sample included: what costs no question is carried along for one."""
        return self.has_data(name) or not self.fill.whole

    def loss(self, source: Field, target: Field) -> str | None:
        """What is certain to be cut in some records, in words, as far as the sample does not show otherwise."""
        return None if source.name in self.fill.days else loses(source, target)

    @property
    def where(self) -> list[Condition]:
        """The filter of this object, as a CRM is asked."""
        return [Condition(one.field, one.op, one.value) for one in self.filter]

    def mapped(self, target: str) -> FieldMapping | None:
        """The mapping of a target field."""
        return next((entry for entry in self.fields if entry.target == target), None)

    def used(self) -> set[str]:
        """The source fields that go somewhere."""
        return {name for entry in self.fields for name in entry.source}

    def source_standard(self, name: str) -> Field | None:
        """The source field of that standard name."""
        return _standard(self.source, name)

    @property
    def linked_company(self) -> Field | None:
        """The name of the company that a person of the source belongs to, where people point at it."""
        return next((one for one in self.source.fields if one.vendor_type == VENDOR_TYPE), None)

    def target_standard(self, name: str) -> Field | None:
        """The target field of that standard name, where it can be given a value."""
        found = _standard(self.target, name)
        return found if found and self.can_hold(found) else None

    def can_hold(self, found: Field) -> bool:
        """Whether a new record can be given this value, by an ordinary field or by an opt-out call."""
        return found.creatable or self.capabilities.opt_out_fields.get(self.target.name) == found.name


def _standard(schema: ObjectSchema, name: str) -> Field | None:
    return next((entry for entry in schema.fields if entry.standard == name), None)
