"""Proposals between the practice CRMs, read through a broker by the real adapters."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sdrbot_skills import lab, planning
from sdrbot_skills.lab.seed import seed_hubspot
from sdrbot_skills.runs import brokers, proposing
from sdrbot_skills.runs.binding import plan_schemas
from sdrbot_skills.script.render import is_rendered, render


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with (
        pytest.MonkeyPatch.context() as patch,
        lab.running("hubspot", search_lag=0.0) as hub,
        lab.running("salesforce") as org,
    ):
        patch.chdir(tmp_path_factory.mktemp("work"))
        for name, value in {**hub.env, **org.env}.items():
            patch.setenv(name, value)
        seed_hubspot(hub.env["HUBSPOT_BASE_URL"], hub.env)
        yield


@pytest.mark.parametrize(
    ("source", "target", "objects"),
    [
        ("hubspot", "salesforce", ["companies", "contacts", "deals"]),
        ("hubspot", "salesforce", ["contacts:leads"]),
        ("salesforce", "hubspot", ["companies", "contacts", "leads", "deals"]),
    ],
)
def test_a_proposal_can_be_run_once_its_proposals_are_accepted(
    accounts: None, tmp_path: Path, source: str, target: str, objects: list[str]
) -> None:
    proposed = proposing.propose(source, target, objects).plan
    assert len(proposed.questions) <= 9
    plan = planning.accept_proposals(proposed)
    with brokers.reading(source, target) as (reader, writer):
        names = [entry.source for entry in plan.objects.values()], [entry.target for entry in plan.objects.values()]
        links = (
            {name: reader.link_types(name) for name in names[0]},
            {name: writer.link_types(name) for name in names[1]},
        )
        planning.check(plan, *plan_schemas(plan, reader, writer), *links)
    assert all(len(entry.fields) >= 8 for entry in plan.objects.values())
    planning.save_plan(plan, tmp_path / "plan.yaml")
    again = planning.load_plan(tmp_path / "plan.yaml")
    assert again == plan
    assert is_rendered(render(plan).encode(), again)


def test_an_object_is_shown_with_its_fill_rates(accounts: None) -> None:
    with brokers.reading("hubspot") as (crm,):
        found = planning.discover_object(crm, "contacts")
    assert found.count > found.sampled > 0
    assert any(field.name == "email" and (field.fill_rate or 0) > 0.5 for field in found.fields)
