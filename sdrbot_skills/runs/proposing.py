"""A proposed plan for two connections."""

from __future__ import annotations

from collections.abc import Sequence

from sdrbot_skills import planning
from sdrbot_skills.crm.base import Crm
from sdrbot_skills.model.plan import Plan, Side
from sdrbot_skills.runs.brokers import find_source, reading


def propose(source: str, target: str, objects: Sequence[str], where: Sequence[str] = ()) -> Plan:
    """Read both schemas and propose. `objects`: `contacts`, or `contacts:leads` to make leads of contacts; `where`: filters in words."""
    ours, theirs = find_source(source).name, find_source(target).name
    with reading(ours, theirs) as (reader, writer):
        wanted = [word.strip() for word in objects if word.strip()]
        return planning.propose(reader, writer, wanted, list(where), side(reader, ours), side(writer, theirs))


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
