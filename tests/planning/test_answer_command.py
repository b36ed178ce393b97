"""Somebody answers a plan at the command line: what is open, what is proposed, what comes next."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sdrbot_skills import planning
from sdrbot_skills.cli import app
from sdrbot_skills.cli.mapping import _next
from tests.engine.world import plan_of

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
