"""The journal: what was promised to be on disk is there, and nothing of what belongs together is there alone."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sdrbot_skills.engine.journal import Journal, set_checkpoint
from sdrbot_skills.errors import ConfigurationError


def test_what_is_written_survives_a_power_cut(tmp_path: Path) -> None:
    """SQLite, "PRAGMA synchronous": FULL is 2, and waits for the disk at every commit."""
    with Journal(tmp_path / "journal.sqlite", plan_digest="p", mode="live") as journal:
        assert journal._connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_statements_go_together_or_not_at_all_and_nothing_after_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal(path, plan_digest="p", mode="live")
    journal.write([set_checkpoint("contacts", "cursor", "1")])
    with pytest.raises(sqlite3.Error):
        journal.write([set_checkpoint("contacts", "cursor", "2"), ("INSERT INTO nothing VALUES(?)", [(1,)])])
    with pytest.raises(sqlite3.Error):
        journal.write([set_checkpoint("contacts", "cursor", "3")])
    journal.close()
    with Journal(path, plan_digest="p", mode="live") as again:
        assert again.checkpoint("contacts", "cursor") == "1"
    with pytest.raises(ConfigurationError, match="another plan"):
        Journal(path, plan_digest="other", mode="live")
