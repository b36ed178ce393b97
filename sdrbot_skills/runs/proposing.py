"""A proposed plan for two connections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sdrbot_skills import planning
from sdrbot_skills.crm.base import Crm
from sdrbot_skills.model.plan import Plan, Side
from sdrbot_skills.model.schema import Blindness
from sdrbot_skills.planning import ObjectGaps
from sdrbot_skills.runs.binding import plan_links, plan_schemas
from sdrbot_skills.runs.brokers import find_source, reading


class Proposal(NamedTuple):
    """A plan; what fits and what does not, both ways; and per connection what its credential cannot see or write of the plan's objects."""

    plan: Plan
    gaps: list[ObjectGaps]
    blind: dict[str, tuple[Blindness, ...]]


def propose(source: str, target: str, objects: Sequence[str], where: Sequence[str] = ()) -> Proposal:
    """Look at what both credentials may see, read both schemas, and propose.

    `objects`: `contacts`, or `contacts:leads` to make leads of contacts; `where`: filters in words.
    """
    ours, theirs = find_source(source).name, find_source(target).name
    with reading(ours, theirs) as (reader, writer):
        wanted = [word.strip() for word in objects if word.strip()]
        plan = planning.propose(reader, writer, wanted, list(where), side(reader, ours), side(writer, theirs))
        links = plan_links(plan, reader, writer)[0]
        return Proposal(
            plan,
            planning.gaps(plan, *plan_schemas(plan, reader, writer), source_links=links),
            {
                ours: tuple(
                    one for one in _blind(reader, {entry.source for entry in plan.objects.values()}) if not one.writing
                ),
                theirs: _blind(writer, {entry.target for entry in plan.objects.values()}),
            },
        )


def side(crm: Crm, connection: str) -> Side:
    """One account as a plan names it."""
    account = crm.account()
    return Side(
        connection=connection,
        crm=account.crm,
        account_id=account.id,
        account_name=account.name,
        environment=account.environment,
    )


def _blind(crm: Crm, objects: set[str]) -> tuple[Blindness, ...]:
    return crm.preflight(sorted(objects)).blind
