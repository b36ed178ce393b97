"""Somebody answers a plan at the command line: what is open, what is proposed, what comes next."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sdrbot_skills import planning
from sdrbot_skills.agent import plan_steps
from sdrbot_skills.cli import app
from sdrbot_skills.cli.mapping import _next
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.runs import answering
from tests.engine.world import plan_of
from tests.planning.fakes import FakeCrm

QUESTION = {
    "id": "deals.blank.CloseDate",
    "object": "contacts",
    "text": "No close date [1 of 500]. Choose.",
    "choices": {"quarantine": "keep them back", "days_after createdate 30": "30 days [calendar] later"},
    "suggestion": "days_after createdate 30",
}


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    plan = plan_of(key=True)
    path = tmp_path / "plan.yaml"
    asked = {**plan.model_dump(by_alias=True), "questions": [QUESTION]}
    planning.save_plan(type(plan).model_validate(asked), path)
    return path


def said(*arguments: str) -> str:
    told = CliRunner().invoke(app, [*arguments])
    assert told.exit_code == 0, told.output
    return " ".join(told.output.split())


def test_without_answers_what_is_open_is_shown_with_the_proposal_and_a_command_that_can_be_pasted(
    plan_file: Path,
) -> None:
    before = plan_file.read_bytes()
    told = said("answer", str(plan_file))
    assert "1 question is open" in told and "proposed: days_after createdate 30" in told
    assert "'deals.blank.CloseDate=days_after createdate 30'" in told
    assert plan_file.read_bytes() == before


def test_square_brackets_of_a_question_are_text(plan_file: Path) -> None:
    told = said("answer", str(plan_file))
    assert "[1 of 500]" in told and "[calendar]" in told


def test_fields_that_the_plan_makes_are_named_with_the_way_to_make_or_decline_them(tmp_path: Path) -> None:
    field = {"name": "migration_key", "label": "Key", "kind": "text", "vendor_type": "string"}
    change = {"object": "Contact", "field": field, "reason": "makes the run repeatable"}
    document = {**plan_of(key=True).model_dump(by_alias=True), "schema_changes": [change]}
    plan = type(plan_of(key=True)).model_validate(document)
    path = tmp_path / "plan.yaml"
    planning.save_plan(plan, path)
    told = said("answer", str(path))
    assert "Contact.migration_key" in told and f"`crm-migrate setup --privileged {plan.target.connection}`" in told
    assert f"`crm-migrate schema {path} --decline`" in told
    assert "schema" not in _next(plan, path, fields_missing=False), (
        "where they are there, nothing is said of making them"
    )


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch, hub: FakeCrm) -> FakeCrm:
    monkeypatch.setattr(answering, "reading", lambda *_: nullcontext((hub,)))
    return hub


def test_an_answer_that_names_no_field_of_the_source_is_turned_away(plan: Plan, looked_at: FakeCrm) -> None:
    with pytest.raises(ConfigurationError, match=r"has no field 'quarantne'.*Did you mean quarantine"):
        answering.answer(plan, "contacts.blank.LastName", "quarantne")
    fallback = answering.answer(plan, "contacts.blank.LastName", "email").objects["contacts"].mapping("LastName")
    assert fallback is not None and fallback.fallback is not None and fallback.fallback.from_field == "email"


def test_what_a_change_by_sentence_made_is_told_field_by_field(plan: Plan, looked_at: FakeCrm, org: FakeCrm) -> None:
    moved = planning.edit(plan, "contacts: move Job Title to MailingCity", looked_at, org)
    assert plan_steps._differences(plan, moved) == ["contacts: jobtitle → MailingCity, and still → Title too"]
    left = planning.edit(moved, "contacts: leave out Title", looked_at, org)
    assert "contacts: jobtitle → Title is left out" in plan_steps._differences(moved, left)
    narrow = planning.edit(plan, "contacts: only those in Germany", looked_at, org)
    assert plan_steps._differences(plan, narrow) == ["contacts: country = Germany"]
