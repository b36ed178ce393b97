"""Proposals judged against the tables made by hand, over the schemas of the practice CRMs."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from sdrbot_skills.bench.proposals import measuring
from sdrbot_skills.bench.proposals.account import Snapshot
from sdrbot_skills.bench.proposals.measuring import Measured, measure, read_all
from sdrbot_skills.bench.proposals.score import judge, propose, score_standard, score_wide, total
from sdrbot_skills.bench.proposals.truth import Expected, directions, within
from sdrbot_skills.bench.proposals.wide import WIDTH, widened
from sdrbot_skills.cli import app
from sdrbot_skills.crm.registry import crm_names
from sdrbot_skills.model.schema import User
from sdrbot_skills.planning import accept_proposals, problems, read_workbook, write_workbook


@pytest.fixture(scope="module")
def snapshots() -> dict[str, Snapshot]:
    return read_all()


def test_the_truth_names_only_fields_that_are_there(snapshots: dict[str, Snapshot]) -> None:
    for expected in directions():
        source = snapshots[expected.source_crm].schemas[expected.source].by_name
        target = snapshots[expected.target_crm].schemas[expected.target].by_name
        unknown = {pair for pair in expected.must | expected.may if pair[0] not in source or pair[1] not in target}
        assert not unknown, (expected.source_crm, expected.target_crm)


def test_all_thirty_directions_are_right_and_whole(snapshots: dict[str, Snapshot]) -> None:
    scores = score_standard(snapshots)
    assert len({(one.expected.source_crm, one.expected.target_crm) for one in scores}) == 30
    found = total(scores)
    assert (found.wrong, found.unasked) == (0, 0), [
        (one.expected, one.wrong, one.unasked) for one in scores if one.wrong
    ]
    assert found.recall >= 0.99, [one.missed for one in scores if one.missed]
    assert found.right > 1_000 and max(one.questions for one in scores) <= 9


def test_a_proposal_that_is_wrong_is_called_wrong(snapshots: dict[str, Snapshot]) -> None:
    hub, org = snapshots["hubspot"], snapshots["salesforce"]
    nothing = judge(Expected("hubspot", "deals", "salesforce", "Opportunity"), hub, org)
    assert not nothing.right and ("dealname", "Name") in nothing.wrong and total([nothing]).precision == 0
    more = judge(Expected("hubspot", "deals", "salesforce", "Opportunity", must={("hs_mrr", "Amount")}), hub, org)
    assert more.missed == {("hs_mrr", "Amount")} and total([more]).recall == 0


def test_an_opt_out_without_a_place_has_to_be_asked_about() -> None:
    expected = Expected("a", "x", "b", "y", must={("out", "Out")}, ask={"out", "other"})
    assert within(expected, {"out"}, {"Out"}).ask == set()
    assert within(expected, {"out", "other"}, set()).ask == {"out", "other"}


def test_every_stage_and_pipeline_of_the_six_has_a_place_or_a_proposal(snapshots: dict[str, Snapshot]) -> None:
    for ours, theirs in itertools.permutations(snapshots.values(), 2):
        plan = propose(ours, theirs, ["deals"])
        (entry,) = plan.objects.values()
        source, target = ours.schemas[entry.source], theirs.schemas[entry.target]
        stage = next(one for one in entry.fields if (target.by_name[one.target].standard or "") == "deal.stage")
        asked = next((one for one in plan.questions if one.id == f"deals.values.{stage.target}"), None)
        all_stages = {one.id: one for pipeline in ours.pipelines[entry.source] for one in pipeline.stages}
        kept = {value for value in (stage.value_map or {}).values() if value}
        assert set(stage.value_map or {}) | set(asked.source_names.values() if asked else ()) == all_stages.keys()
        assert kept <= {one.value for one in target.by_name[stage.target].options}
        outcomes = {
            one.id: (one.closed, one.won) for pipeline in theirs.pipelines[entry.target] for one in pipeline.stages
        }
        for mine, yours in (stage.value_map or {}).items():
            assert (all_stages[mine].closed, all_stages[mine].won) == outcomes[str(yours)], (
                "won stays won, open stays open"
            )
        open_ones = {
            one.label for one in all_stages.values() if not one.closed and one.id not in (stage.value_map or {})
        }
        proposed = asked.suggestion or "" if asked else ""
        assert all(f"{label} = " in proposed for label in open_ones), (
            ours.account.crm,
            theirs.account.crm,
            source.name,
        )


def test_people_become_leads_with_their_companys_name(snapshots: dict[str, Snapshot]) -> None:
    plan = propose(snapshots["pipedrive"], snapshots["zohocrm"], ["contacts:leads"])
    entry = plan.objects["contacts"]
    company, email, second = (entry.mapping(name) for name in ("Company", "Email", "Secondary_Email"))
    assert company is not None and company.source == ["org_id.name"]
    assert email is not None and email.transform is not None and email.transform.name == "primary"
    assert second is not None and second.transform is not None and second.transform.name == "rest"
    assert "name" not in str([one.creates.keys() for one in plan.questions]), (
        "a full name says nothing more than its parts"
    )
    back = propose(snapshots["salesforce"], snapshots["hubspot"], ["contacts"]).objects["contacts"]
    assert "AccountId.name" not in back.source_fields(), "contacts point at their companies; the name is for leads"


def test_owners_of_all_six_meet_by_email_and_never_a_disabled_one(snapshots: dict[str, Snapshot]) -> None:
    emails = ("Ann@Example.com", "ben@example.com", "gone@example.com")
    ours = [User(id=f"s{number}", email=email, name=email) for number, email in enumerate(emails)]
    theirs = [
        User(id=f"t{number}", email=email.lower(), name=email, active=number != 2)
        for number, email in enumerate(emails)
    ]
    for left, right in itertools.permutations(snapshots.values(), 2):
        plan = propose(replace(left, users=ours), replace(right, users=theirs), ["deals"])
        (entry,) = plan.objects.values()
        target = right.schemas[entry.target]
        owner = next(one for one in entry.fields if target.by_name[one.target].standard == "deal.owner")
        assert owner.value_map == {"s0": "t0", "s1": "t1"}
        asked = next(one for one in plan.questions if one.id == "all.owners.users")
        assert asked.source_names == {"gone@example.com": "s2"}
        assert "t2" not in asked.target_names.values()


@pytest.mark.parametrize(
    ("source", "target"), [("hubspot", "salesforce"), ("pipedrive", "twenty"), ("zohocrm", "attio")]
)
def test_oddly_named_wide_objects(snapshots: dict[str, Snapshot], source: str, target: str) -> None:
    (ours,) = (name for name, one in snapshots[source].schemas.items() if one.standard == "company")
    (theirs,) = (name for name, one in snapshots[target].schemas.items() if one.standard == "company")
    wide = widened(snapshots[source], snapshots[target], [(ours, theirs)])
    found = score_wide(wide, ours, theirs)
    assert len([one for one in wide.source.schemas[ours].fields if one.custom]) == WIDTH
    assert not found.wrong
    assert total([found]).recall >= 0.95


def test_three_wide_objects_end_to_end(snapshots: dict[str, Snapshot], tmp_path: Path) -> None:
    objects = [("companies", "Account"), ("contacts", "Contact"), ("deals", "Opportunity")]
    wide = widened(snapshots["hubspot"], snapshots["salesforce"], objects)
    plan = propose(wide.source, wide.target, [ours for ours, _ in objects])
    assert len(plan.questions) <= 9
    assert all(len(one.text) < 2_000 and len(one.choices) <= 15 for one in plan.questions)
    assert sum(len(one.parts) for one in plan.questions) > 50, "put together, none left out"
    made = accept_proposals(plan)
    schemas = (
        {ours: wide.source.schemas[ours] for ours, _ in objects},
        {to: wide.target.schemas[to] for _, to in objects},
    )
    assert problems(made, *schemas) == []
    empty = wide.source.empty["contacts"]
    assert empty and not empty & set(made.objects["contacts"].source_fields()), "an empty field is not worth a mapping"
    for name in ("mapping.csv", "mapping.xlsx"):
        assert write_workbook(made, tmp_path / name, *schemas) > 900
        assert read_workbook(made, tmp_path / name) == made


def test_the_page_and_the_command(
    snapshots: dict[str, Snapshot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "read_all", lambda: snapshots)
    page = tmp_path / "proposals.md"
    ended = CliRunner().invoke(app, ["bench", "proposals", "--wide", "0", "--json", "--write", str(page)])
    assert ended.exit_code == 0, ended.output
    assert orjson.loads(ended.stdout)["standard"]["wrong"] == 0
    text = page.read_text()
    assert text.startswith("# How good proposals are") and "Wide objects" not in text
    assert all(f"| {label} |" in text for label in ("HubSpot", "Zoho CRM", "Twenty"))
    assert isinstance(measure(0), Measured) and len(crm_names()) == 6
