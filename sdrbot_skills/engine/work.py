"""The work of one run, spelled out: per object its schemas, fields and links, in the order in which they must be carried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.errors import PlanInvalid, SchemaDrift
from sdrbot_skills.model.plan import LinkMapping, ObjectPlan, Plan, WhenFound
from sdrbot_skills.model.records import Comparison, Condition
from sdrbot_skills.model.schema import Field, LinkType, ObjectSchema
from sdrbot_skills.model.values import Kind

COMPARED = frozenset({Kind.TEXT, Kind.LONG_TEXT, Kind.INTEGER, Kind.EMAILS, Kind.PHONES, Kind.URLS})
"""Kinds of unique fields that a CRM can be asked by."""


@dataclass(frozen=True)
class LinkWork:
    """One planned kind of link. `in_record`: its other end is there before the record is made, so that it is a field of the payload."""

    source: LinkType
    target: LinkType
    to_object: str
    in_record: bool


@dataclass(frozen=True)
class ObjectWork:
    """One planned object. `name` is the plan's word; `consents`: target fields in which `true` means "leave me alone"."""

    name: str
    plan: ObjectPlan
    source: ObjectSchema
    target: ObjectSchema
    links: tuple[LinkWork, ...]
    opt_out_field: str | None
    consents: frozenset[str]
    reads: tuple[str, ...]
    image_fields: tuple[str, ...]
    where: tuple[Condition, ...]
    required: frozenset[str] = field(default=frozenset())

    @property
    def key_field(self) -> str | None:
        """The target field that holds our migration key."""
        return self.plan.migration_key

    @property
    def source_link_types(self) -> list[LinkType]:
        """Each link type to read with the source's records, once."""
        return list({link.source.name: link.source for link in self.links}.values())

    @property
    def unique_fields(self) -> list[Field]:
        """Planned fields of the target, the migration key apart, whose value no two of its records may share."""
        planned = {mapping.target for mapping in self.plan.fields} - {self.key_field}
        return [one for one in self.target.fields if one.name in planned and one.unique and one.kind in COMPARED]

    @property
    def looks_up(self) -> bool:
        """Whether any record could be on the target already in a way we would recognise."""
        return bool(self.key_field) or (bool(self.plan.match.on) and self.plan.match.when_found is not WhenFound.CREATE)


def spell_out(plan: Plan, source: Crm, target: Crm) -> dict[str, ObjectWork]:
    """Read both schemas once per object and order the objects so that what is pointed at comes first.

    Schemas are read before links: some adapters take the links from what was just read.
    Raises `SchemaDrift` where a schema no longer has what the plan names, `PlanInvalid` where the plan contradicts itself.
    """
    schemas = {name: (source.describe(one.source), target.describe(one.target)) for name, one in plan.objects.items()}
    links = {name: _links(name, entry, plan, source, target) for name, entry in plan.objects.items()}
    order = _order(links)
    place = {name: number for number, name in enumerate(order)}
    return {
        name: _work(
            plan,
            name,
            plan.objects[name],
            schemas[name],
            source,
            target,
            [
                LinkWork(from_type, to_type, other, bool(to_type.field) and place[other] < place[name])
                for from_type, to_type, other in links[name]
            ],
        )
        for name in order
    }


def target_order(plan: Plan, target: Crm) -> list[str]:
    """The plan's objects, parents first, as far as the target alone tells."""
    links: dict[str, list[_Triple]] = {}
    for name, entry in plan.objects.items():
        names = {link.target for link in entry.links}
        types = {one.name: one for one in target.named_link_types(entry.target, names)} if names else {}
        links[name] = [(types[one.target], types[one.target], one.object) for one in entry.links if one.target in types]
    return _order(links)


_Triple = tuple[LinkType, LinkType, str]


def _links(name: str, entry: ObjectPlan, plan: Plan, source: Crm, target: Crm) -> list[_Triple]:
    if not entry.links:
        return []
    from_types = {one.name: one for one in source.named_link_types(entry.source, {link.source for link in entry.links})}
    to_types = {one.name: one for one in target.named_link_types(entry.target, {link.target for link in entry.links})}
    triples = []
    for mapping in entry.links:
        _check_link(name, mapping, plan, from_types, to_types)
        triples.append((from_types[mapping.source], to_types[mapping.target], mapping.object))
    return triples


def _check_link(
    name: str, mapping: LinkMapping, plan: Plan, source: Mapping[str, LinkType], target: Mapping[str, LinkType]
) -> None:
    if mapping.object not in plan.objects:
        raise PlanInvalid([f"{name}: a link leads to {mapping.object!r}, which is not an object of the plan."])
    for side, link, known in (("source", mapping.source, source), ("target", mapping.target, target)):
        if link not in known:
            raise SchemaDrift(
                f"{name}: the {side} no longer has the link {link!r}. Make the plan again and approve it."
            )


def _order(links: Mapping[str, Sequence[_Triple]]) -> list[str]:
    """Parents first. A circle is broken at a link that is no field, else at its last object in the plan's order: it is made in the second pass."""
    before = {name: [other for _, _, other in triples if other != name] for name, triples in links.items()}
    fields = {name: {other for _, to, other in triples if to.field} for name, triples in links.items()}
    while True:
        try:
            return list(TopologicalSorter(before).static_order())
        except CycleError as error:
            circle: list[str] = error.args[1]
            loose = [name for name in circle if set(before[name]) & set(circle) - fields[name]]
            weakest = max(loose or circle, key=list(links).index)
            keep = fields[weakest] if loose else frozenset()
            before[weakest] = [other for other in before[weakest] if other not in circle or other in keep]


def _work(
    plan: Plan,
    name: str,
    entry: ObjectPlan,
    schemas: tuple[ObjectSchema, ObjectSchema],
    source: Crm,
    target: Crm,
    links: list[LinkWork],
) -> ObjectWork:
    from_schema, to_schema = schemas
    if key_not_made(plan, entry, to_schema):
        entry = entry.model_copy(update={"migration_key": None})
    missing = _missing(name, entry, from_schema, to_schema)
    if missing:
        raise SchemaDrift(" ".join([*missing, "Make the plan again and approve it."]))
    fields = [to_schema.by_name[mapping.target] for mapping in entry.fields]
    opt_out_field = target.capabilities.opt_out_fields.get(entry.target)
    image = [part for one in fields for part in target.codec.reads(one)]
    image += [link.target.field for link in links if link.target.field]
    image += [entry.migration_key] if entry.migration_key else []
    reads = [part for one in entry.source_fields() for part in source.codec.reads(from_schema.by_name[one])]
    return ObjectWork(
        name=name,
        plan=entry,
        source=from_schema,
        target=to_schema,
        links=tuple(links),
        opt_out_field=opt_out_field,
        consents=_consents(entry, from_schema, to_schema),
        reads=tuple(dict.fromkeys(reads)),
        image_fields=tuple(dict.fromkeys(image)),
        where=_where(entry, from_schema),
        required=frozenset(one.name for one in to_schema.fields if one.required and one.creatable),
    )


def key_not_made(plan: Plan, entry: ObjectPlan, target: ObjectSchema) -> bool:
    """Whether the plan means to make the object's migration key and nobody has yet: the records then go without."""
    if entry.migration_key is None or target.field(entry.migration_key) is not None:
        return False
    planned = {(change.object, change.field.name) for change in plan.schema_changes}
    return (entry.target, entry.migration_key) in planned


def _missing(name: str, entry: ObjectPlan, source: ObjectSchema, target: ObjectSchema) -> list[str]:
    wanted = [mapping.target for mapping in entry.fields] + [key.field for key in entry.match.on]
    wanted += [entry.migration_key] if entry.migration_key else []
    gone = [
        f"{name}: the source no longer has the field {one!r}." for one in entry.source_fields() if not source.field(one)
    ]
    return gone + [
        f"{name}: the target no longer has the field {one!r}." for one in dict.fromkeys(wanted) if not target.field(one)
    ]


def _consents(entry: ObjectPlan, source: ObjectSchema, target: ObjectSchema) -> frozenset[str]:
    """A consent stays one in an ordinary checkbox: what either side calls consent is treated as such."""
    found = set()
    for mapping in entry.fields:
        kinds = {target.by_name[mapping.target].kind} | {source.by_name[one].kind for one in mapping.source}
        if Kind.CONSENT in kinds and target.by_name[mapping.target].kind in (Kind.CONSENT, Kind.BOOLEAN):
            found.add(mapping.target)
    return frozenset(found)


def _where(entry: ObjectPlan, schema: ObjectSchema) -> tuple[Condition, ...]:
    conditions = [Condition(one.field, one.op, one.value) for one in entry.filter]
    if entry.source_record_types and schema.record_type_field:
        ids = {name: kind.id for kind in schema.record_types for name in (kind.id, kind.name, kind.label)}
        wanted = [ids.get(name, name) for name in entry.source_record_types]
        conditions.append(Condition(schema.record_type_field, Comparison.IN, wanted))
    return tuple(conditions)


def record_type_id(work: ObjectWork) -> str | None:
    """The id of the record type that new records get, where the plan names one and records say it in a field."""
    wanted = work.plan.target_record_type
    if wanted is None or work.target.record_type_field is None:
        return None
    for kind in work.target.record_types:
        if wanted in (kind.id, kind.name, kind.label):
            return kind.id
    raise SchemaDrift(
        f"{work.name}: the target no longer has the record type {wanted!r}. Make the plan again and approve it."
    )
