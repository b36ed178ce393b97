"""Plans proposed between the two accounts in memory."""

from collections.abc import Callable, Sequence

import pytest

from sdrbot_skills import planning
from sdrbot_skills.model.plan import Plan, Question
from sdrbot_skills.model.schema import ObjectSchema
from tests.planning import hubspot, salesforce
from tests.planning.fakes import FakeCrm, side

Schemas = tuple[dict[str, ObjectSchema], dict[str, ObjectSchema]]
Propose = Callable[..., Plan]


def propose(source: FakeCrm, target: FakeCrm, objects: Sequence[str], *filters: str) -> Plan:
    """A proposal between two accounts in memory."""
    return planning.propose(source, target, objects, filters, side(source), side(target))


def schemas(plan: Plan, source: FakeCrm, target: FakeCrm) -> Schemas:
    """Both sides of a plan."""
    return (
        {entry.source: source.describe(entry.source) for entry in plan.objects.values()},
        {entry.target: target.describe(entry.target) for entry in plan.objects.values()},
    )


def question(plan: Plan, question_id: str) -> Question:
    """The question of that id."""
    return next(entry for entry in plan.questions if entry.id == question_id)


@pytest.fixture
def hub() -> FakeCrm:
    return hubspot.account()


@pytest.fixture
def org() -> FakeCrm:
    return salesforce.organisation()


@pytest.fixture
def plan(hub: FakeCrm, org: FakeCrm) -> Plan:
    """HubSpot to Salesforce, the usual three objects."""
    return propose(hub, org, ["companies", "contacts", "deals"])
