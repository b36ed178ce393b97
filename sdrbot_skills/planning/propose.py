"""A proposed plan: both sides are read, every proposal has a reason, everything unsure is a question."""

from __future__ import annotations

from collections.abc import Sequence

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.model.plan import ObjectPlan, Plan, Question, SchemaChange, Side
from sdrbot_skills.planning import recordtypes
from sdrbot_skills.planning.consent import propose_consent
from sdrbot_skills.planning.currencies import ask_about_currencies
from sdrbot_skills.planning.draft import Draft
from sdrbot_skills.planning.fieldmatch import match_by_name
from sdrbot_skills.planning.filters import add_filters
from sdrbot_skills.planning.leftovers import ask_about_leftovers
from sdrbot_skills.planning.links import propose_links
from sdrbot_skills.planning.matchrule import propose_match
from sdrbot_skills.planning.newfields import migration_key
from sdrbot_skills.planning.objects import ObjectPair, pair_objects
from sdrbot_skills.planning.owners import owner_question, propose_owner
from sdrbot_skills.planning.phones import ask_about_phones
from sdrbot_skills.planning.questions import few
from sdrbot_skills.planning.required import ask_about_required
from sdrbot_skills.planning.stages import propose_stages
from sdrbot_skills.planning.standardmatch import match_standard
from sdrbot_skills.planning.survey import Survey, survey


def propose(
    source: Crm, target: Crm, objects: Sequence[str], filters: Sequence[str], source_side: Side, target_side: Side
) -> Plan:
    """A plan for these objects, both sides read through the two adapters; nothing is written anywhere.

    `objects`: the plan's words (`contacts`, `contacts:leads`) or API names. `filters`: phrases (`created this year`) for every object,
    or for one (`contacts: created this year`). Raises `ConfigurationError` for a word or phrase that is not understood.
    """
    pairs = pair_objects(objects, source.objects(), target.objects(), source_crm=source.crm, target_crm=target.crm)
    ours = survey(source, [pair.source for pair in pairs], sample=True)
    theirs = survey(target, [pair.target for pair in pairs], sample=False)
    drafts = {pair.word: _draft(pair, ours, theirs) for pair in pairs}
    add_filters(drafts, filters, ours)
    for draft in drafts.values():
        fill_draft(draft, source)
    return Plan(
        source=source_side,
        target=target_side,
        objects={word: _object_plan(draft, drafts) for word, draft in drafts.items()},
        schema_changes=_schema_changes(drafts),
        questions=few(_questions(drafts, ours, theirs)),
    )


def fill_draft(draft: Draft, source: Crm) -> None:
    """Every proposal for the fields of one object."""
    match_standard(draft)
    propose_consent(draft, source)
    propose_owner(draft)
    propose_stages(draft)
    unclear = match_by_name(draft)
    ask_about_required(draft, source)
    ask_about_currencies(draft)
    ask_about_phones(draft)
    ask_about_leftovers(draft, unclear)


def _draft(pair: ObjectPair, ours: Survey, theirs: Survey) -> Draft:
    return Draft(pair.word, ours.schemas[pair.source], theirs.schemas[pair.target], ours, theirs)


def _object_plan(draft: Draft, drafts: dict[str, Draft]) -> ObjectPlan:
    return ObjectPlan(
        source=draft.source.name,
        source_record_types=recordtypes.source_types(draft),
        target=draft.target.name,
        target_record_type=recordtypes.target_type(draft),
        filter=draft.filter,
        match=propose_match(draft),
        migration_key=draft.capabilities.migration_key_field if draft.capabilities.keeps_migration_key else None,
        fields=draft.fields,
        links=propose_links(draft, drafts),
    )


def _schema_changes(drafts: dict[str, Draft]) -> list[SchemaChange]:
    changes: dict[str, SchemaChange] = {}
    for draft in drafts.values():
        key = migration_key(draft.target, draft.capabilities) if draft.capabilities.keeps_migration_key else None
        if key is not None:
            changes.setdefault(draft.target.name, key)
    return [*changes.values(), *(change for draft in drafts.values() for change in draft.schema_changes)]


def _questions(drafts: dict[str, Draft], ours: Survey, theirs: Survey) -> list[Question]:
    found = [question for draft in drafts.values() for question in draft.questions]
    return found + owner_question(list(drafts.values()), ours, theirs)
