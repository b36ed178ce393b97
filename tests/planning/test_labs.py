"""Proposals between the practice CRMs, read through a broker by the real adapters."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sdrbot_skills import lab, planning
from sdrbot_skills.agent import look_steps
from sdrbot_skills.agent.workflow import LONGEST
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.lab.seed import seed_hubspot
from sdrbot_skills.runs import brokers, proposing, snapshots
from sdrbot_skills.runs.binding import plan_schemas
from sdrbot_skills.script.render import render


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
    assert render(again) == render(plan)


def test_an_object_is_shown_with_its_fill_rates(accounts: None) -> None:
    with brokers.reading("hubspot") as (crm,):
        found = planning.discover_object(crm, "contacts")
    assert found.count > found.sampled > 0
    assert any(field.name == "email" and (field.fill_rate or 0) > 0.5 for field in found.fields)


def test_what_changed_since_a_schema_was_kept(accounts: None) -> None:
    with pytest.raises(ConfigurationError, match="No snapshot of salesforce"):
        snapshots.compare("salesforce")
    kept = snapshots.save("hubspot")
    assert kept.stat().st_mode & 0o777 == 0o600 and "@" not in kept.read_text()
    assert snapshots.compare("hubspot").changes == []
    headers = {"Authorization": f"Bearer {os.environ['HUBSPOT_ACCESS_TOKEN']}"}
    made = {"name": "kept_out", "label": "Kept out", "type": "string", "fieldType": "text"}
    address = f"{os.environ['HUBSPOT_BASE_URL']}/crm/v3/properties/contacts"
    httpx.post(address, json={**made, "groupName": "contactinformation"}, headers=headers, trust_env=False)
    told = look_steps.schema_changes("hubspot", "contacts")
    assert told["changes"] == [
        {"object": "contacts", "field": "kept_out", "weight": "new", "text": "is new: Kept out (text)"}
    ]
    assert look_steps.schema_changes("hubspot", "deals")["changes"] == []


def test_what_a_model_is_told_of_a_wide_object_is_bounded(accounts: None) -> None:
    everything = look_steps.discover_schema("salesforce", "Contact", complete=True)
    assert len(json.dumps(everything)) < 3 * LONGEST and len(everything["fields"]) <= 80
    (mail,) = look_steps.discover_schema("salesforce", "Contact", fields=["Email"])["fields"]
    assert mail["max_length"] == 80 and "required" not in mail
    assert {one["name"] for one in look_steps.discover_schema("hubspot", "contacts", like="phone")["fields"]} >= {
        "phone"
    }
    assert {one["count"] for one in look_steps.discover_schema("hubspot")["objects"] if "standard" in one} == {
        300,
        2000,
        500,
    }
