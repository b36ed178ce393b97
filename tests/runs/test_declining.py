"""Somebody who wants no field on the target says so at the command line."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from sdrbot_skills import planning
from sdrbot_skills.cli import app
from tests.engine.world import plan_of


def test_the_migration_key_is_declined(tmp_path: Path) -> None:
    change = {
        "object": "Contact",
        "field": {"name": "migration_key", "label": "Key", "kind": "text", "vendor_type": "string"},
        "reason": "makes the run repeatable",
    }
    plan = plan_of(key=True).model_copy(deep=True)
    plan = type(plan).model_validate({**plan.model_dump(by_alias=True), "schema_changes": [change]})
    path = tmp_path / "plan.yaml"
    planning.save_plan(plan, path)
    told = CliRunner().invoke(app, ["schema", str(path), "--decline", "--json"])
    assert told.exit_code == 0, told.output
    assert json.loads(told.output) == {"left_out": ["Contact.migration_key"]}
    changed = planning.load_plan(path)
    assert changed.schema_changes == []
    assert (changed.objects["contacts"].migration_key, changed.objects["companies"].migration_key) == (
        None,
        "migration_key",
    )
