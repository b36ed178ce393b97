"""The plan: what moves where, and how. One YAML file that a person can read in two minutes; these models validate it.

The plan is the truth for what moves where; the rendered script is the truth for how a value is made. Plan transforms are data.
"""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from sdrbot_skills.model.records import Comparison
from sdrbot_skills.model.schema import Environment
from sdrbot_skills.model.schema import Field as SchemaField


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Otherwise(StrEnum):
    """What to do with a value the target field cannot hold."""

    REJECT = "reject"
    TRUNCATE = "truncate"
    BLANK = "blank"
    NOTE = "note"


class WhenFound(StrEnum):
    """What to do where the target already has the record."""

    SKIP = "skip"
    UPDATE = "update"
    FILL_BLANKS = "fill_blanks"
    CREATE = "create"


class SourceDuplicates(StrEnum):
    """What to do with several source records that carry the same match key."""

    MERGE = "merge"
    NEWEST = "newest"
    OLDEST = "oldest"
    KEEP_BOTH = "keep_both"
    QUARANTINE = "quarantine"


class Side(_Entry):
    """One account the plan speaks of."""

    connection: str
    crm: str
    account_id: str
    account_name: str
    environment: Environment


class Filter(_Entry):
    """A condition on a source field; `value` is canonical, a list for `in`, absent for `known` and `unknown`."""

    field: str
    op: Comparison
    value: Any = None


class Transform(_Entry):
    """A named way to make a value, with its settings. `sdrbot_skills.model.transforms` lists the names."""

    name: str
    settings: dict[str, Any] = {}


def _transform(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


class Fallback(_Entry):
    """What a field gets where the source has no value: a constant, another source field (perhaps transformed), or a date counted
    from one. Chosen by a person."""

    constant: Any = None
    from_field: str | None = None
    transform: Annotated[Transform, BeforeValidator(_transform)] | None = None
    days_after: int | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Fallback:
        if (self.constant is None) == (self.from_field is None):
            raise ValueError("a fallback is either `constant` or `from_field` (with `days_after` for dates)")
        return self


class FieldMapping(_Entry):
    """One target field and where its value comes from.

    `value_map` goes from source option (or user id) to the target's; a value it does not name is treated by `otherwise`.
    """

    source: Annotated[list[str], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)] = Field(
        default=[], alias="from"
    )
    target: str = Field(alias="to")
    transform: Annotated[Transform, BeforeValidator(_transform)] | None = None
    value_map: dict[str, str | None] | None = None
    otherwise: Otherwise = Otherwise.REJECT
    fallback: Fallback | None = None
    confidence: float | None = None
    reason: str | None = None

    @classmethod
    def of(cls, source: str | list[str], target: str, **settings: Any) -> FieldMapping:
        """A mapping written in Python, where `from` cannot be a keyword."""
        return cls.model_validate({"from": source, "to": target, **settings})


class MatchKey(_Entry):
    """A target field by which a record may already be there; `compare` says how values are made comparable first."""

    field: str
    compare: Literal["exact", "email", "phone", "domain", "name"] = "exact"

    @property
    def by_equality(self) -> bool:
        """Whether the target can look values up so by itself; of any other comparison it has to be read whole."""
        return self.compare in ("exact", "email")


class Match(_Entry):
    """How to recognise records that the target already has; keys are tried in their order."""

    on: list[MatchKey] = []
    when_found: WhenFound = WhenFound.UPDATE
    ambiguous: Literal["quarantine", "first"] = "quarantine"


class LinkMapping(_Entry):
    """Links of one type on the source become links of one type on the target; `object` is the plan's name of what they point at."""

    source: str = Field(alias="from")
    target: str = Field(alias="to")
    object: str

    @classmethod
    def of(cls, source: str, target: str, object: str) -> LinkMapping:
        """A mapping written in Python, where `from` cannot be a keyword."""
        return cls.model_validate({"from": source, "to": target, "object": object})


class ObjectPlan(_Entry):
    """What happens with the records of one source object."""

    source: str
    source_record_types: list[str] = []
    target: str
    target_record_type: str | None = None
    filter: list[Filter] = []
    match: Match = Match()
    source_duplicates: SourceDuplicates = SourceDuplicates.KEEP_BOTH
    migration_key: str | None = None
    fields: list[FieldMapping]
    links: list[LinkMapping] = []

    def mapping(self, target_field: str) -> FieldMapping | None:
        """The mapping of one target field."""
        return next((mapping for mapping in self.fields if mapping.target == target_field), None)

    def source_fields(self) -> list[str]:
        """Every source field the mappings read, in order, once."""
        names = [name for mapping in self.fields for name in mapping.source]
        names += [
            mapping.fallback.from_field for mapping in self.fields if mapping.fallback and mapping.fallback.from_field
        ]
        return list(dict.fromkeys(names))


class SchemaChange(_Entry):
    """A custom field to make on the target before the run, in a run of its own."""

    object: str
    field: SchemaField
    reason: str


class Question(_Entry):
    """Something only a person can decide. `choices` are what may be answered; `blocks`: approval waits for the answer.

    `id` is `<object>.<topic>.<name>`; the topic says how an answer changes the plan (`sdrbot_skills.planning.answers`). `creates`: per source
    field the custom field that the answer `create` makes for it. `source_names` and `target_names`: what a person may write (a
    label, an e-mail) and what the plan stores for it (an option's value, a user's id). `targets`: the target fields the answer is
    about, as `<object>.<field>`. `mappings`: the mapping that a choice stands for. `personal`: text and `source_names` hold what
    was seen in records (values, people's names), not only what the schema says. `parts`: the questions that this one stands for.
    """

    id: str
    object: str | None = None
    text: str
    choices: dict[str, str] = Field(default={}, description="answer -> what it means")
    free: bool = False
    suggestion: str | None = None
    blocks: bool = False
    answer: str | None = None
    creates: dict[str, SchemaChange] = {}
    source_names: dict[str, str] = {}
    target_names: dict[str, str] = {}
    targets: list[str] = []
    mappings: dict[str, FieldMapping] = {}
    personal: bool = False
    parts: list[Question] = []


Lane = Literal["auto", "collections", "bulk"]
"""How many records are written: as their number asks, always by calls of a few hundred, or always by jobs."""


Order = Literal["auto", "objects", "cohorts"]
"""All companies, then all people, then all deals; or some companies with their people and deals, then the next. `auto`: by cohorts where the run is
forecast to take more than a day."""


class Limits(_Entry):
    """How hard the run may work: `share` of the account's rate budget; `lane`: by which way many records are written and read; `order`: which
    records go first."""

    share: float = Field(default=0.8, gt=0, le=1)
    lane: Lane = "auto"
    order: Order = "auto"


class Plan(_Entry):
    """The whole plan. Objects are named by the person's word (`companies`, `contacts`, `leads`, `deals`) in the order they were asked for."""

    version: Literal[1] = 1
    source: Side
    target: Side
    objects: dict[str, ObjectPlan]
    schema_changes: list[SchemaChange] = []
    limits: Limits = Limits()
    questions: list[Question] = []

    @property
    def key_prefix(self) -> str:
        """What comes before a source id in the migration key, so that several sources can feed one target."""
        return f"{self.source.crm}:{self.source.account_id}:"

    def canonical(self) -> str:
        """Canonical JSON of everything that decides what moves; reasons, confidences and answered questions do not."""
        body = self.model_dump(mode="json", by_alias=True, exclude={"questions": True})
        for entry in body["objects"].values():
            for mapping in entry["fields"]:
                mapping.pop("confidence", None)
                mapping.pop("reason", None)
        if body["limits"]["order"] == "auto":
            del body["limits"]["order"]  # a plan from before there was a choice keeps its hash
        return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    def digest(self) -> str:
        """The plan's hash: sha256 of its canonical JSON."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    def open_questions(self) -> list[Question]:
        """The questions without an answer."""
        return [question for question in self.questions if question.answer is None]
