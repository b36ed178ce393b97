"""What a run recorded, gathered without reading more than is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdrbot_skills.agent.run_steps import held_back
from sdrbot_skills.engine.journal import Journal
from tests.runs.test_directory import new_run


def test_why_records_are_held_back_is_told_from_the_journal_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole audit was read and its hashes computed, to tell of one record."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CRM_MIGRATE_HOME", raising=False)
    run = new_run()
    assert held_back(run.id)["held_back"] == []
    with Journal(run.journal_path, plan_digest="d", mode="live") as journal:
        sql = "INSERT INTO records(object, source_id, decision, state, rule, message) VALUES('contacts', ?, 'quarantine', 'quarantined', 'too_long', 'Long.')"
        journal.write([(sql, [("17",), ("18",)])])
    (run.trusted / "live" / "audit.jsonl").mkdir(parents=True)  # who opens it fails
    told = held_back(run.id)["held_back"]
    assert [(one["rule"], one["count"], one["records"]) for one in told] == [("too_long", 2, ["17", "18"])]
