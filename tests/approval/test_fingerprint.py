"""Each part that changes is named; nothing else is a difference."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import Any

import pytest

import sdrbot_skills
from sdrbot_skills.approval.fingerprint import Fingerprint, compare, environment_digest

TAMPERED: list[tuple[str, Any, str]] = [
    ("script_sha256", "1" * 64, "script"),
    ("plan_sha256", "1" * 64, "plan"),
    ("policy_sha256", "1" * 64, "policy"),
    ("environment_sha256", "1" * 64, "environment"),
    ("dry_run_sha256", "1" * 64, "dry_run"),
    ("touched_schema_sha256", "1" * 64, "touched_schema"),
    ("scope_sha256", "1" * 64, "scope"),
    ("budgets", {"Contact": {"create": 101, "update": 20}}, "budget"),
    ("accounts", {"target": {"crm": "salesforce", "id": "00D2", "environment": "production"}}, "account"),
    ("accounts", {"target": {"crm": "salesforce", "id": "00D1", "environment": "lab"}}, "account"),
]


@pytest.mark.parametrize(("part", "value", "name"), TAMPERED)
def test_a_changed_part_is_named(fingerprint: Fingerprint, part: str, value: object, name: str) -> None:
    changed = fingerprint.model_copy(update={part: value})
    (difference,) = compare(fingerprint, changed)
    assert difference.part == name
    assert changed.digest() != fingerprint.digest()


def test_every_part_is_in_the_matrix() -> None:
    assert {part for part, _, _ in TAMPERED} == set(Fingerprint.model_fields) - {"created_at"}


def test_the_time_it_was_made_is_no_difference(fingerprint: Fingerprint) -> None:
    later = fingerprint.model_copy(update={"created_at": 1.0})
    assert compare(fingerprint, later) == []
    assert later.digest() == fingerprint.digest()


def test_the_order_of_names_is_no_difference(fingerprint: Fingerprint) -> None:
    other = fingerprint.model_copy(update={"budgets": {"Contact": {"update": 20, "create": 100}}})
    assert other.digest() == fingerprint.digest()


def test_it_survives_being_written(fingerprint: Fingerprint) -> None:
    again = Fingerprint.model_validate_json(fingerprint.model_dump_json())
    assert again.digest() == fingerprint.digest()


def test_the_environment_is_our_code_and_the_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = environment_digest()
    assert before == environment_digest()
    package = tmp_path / "sdrbot_skills"
    (package / "engine").mkdir(parents=True)
    (package / "__init__.py").touch()
    monkeypatch.setattr(sdrbot_skills, "__file__", str(package / "__init__.py"))
    (package / "engine" / "load.py").write_text("1")
    one = environment_digest()
    (package / "engine" / "load.py").write_text("2")
    two = environment_digest()
    (package / "web.py").write_text("the sandbox cannot use this")
    assert len({before, one, two}) == 3
    assert environment_digest() == two


def test_a_package_of_another_version_changes_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    before = environment_digest()
    found = list(importlib.metadata.distributions())
    monkeypatch.setattr(importlib.metadata, "distributions", lambda: found[1:])
    assert environment_digest() != before
