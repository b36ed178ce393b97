"""The doctor names cause and cure."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sdrbot_skills.sandbox import Finding, bubblewrap, doctor, examine, trusted
from sdrbot_skills.sandbox.escapes import Report


def test_this_machine_is_trusted() -> None:
    findings = examine()
    assert trusted(findings), findings
    assert findings[0].name == "sandbox"


def test_root_is_warned_but_not_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    finding = doctor._root()
    assert not finding.ok and not finding.blocking
    assert "memory" in finding.detail


def test_an_escape_is_a_finding_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        doctor, "try_to_escape", lambda: [Report("fork", False, "got through"), Report("mount", True, "EPERM")]
    )
    findings = examine()
    assert not trusted(findings)
    assert [finding.name for finding in findings if not finding.ok and finding.blocking] == ["sandbox", "escape: fork"]


def test_no_sandbox_is_said_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "ISOLATION", ["--no-such-option"])
    (finding, *_) = examine()
    assert not finding.ok
    assert finding.cure


@pytest.mark.parametrize(
    ("path", "content", "word"),
    [
        ("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n", "AppArmor"),
        ("proc/sys/kernel/unprivileged_userns_clone", "0\n", "sysctl kernel"),
        ("proc/sys/user/max_user_namespaces", "0\n", "max_user_namespaces"),
        (".dockerenv", "", "seccomp"),
    ],
)
def test_known_causes(tmp_path: Path, path: str, content: str, word: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    assert word in " ".join(doctor._cause(tmp_path))


def test_an_unknown_cause_is_called_that(tmp_path: Path) -> None:
    assert "No known reason" in doctor._cause(tmp_path)[0]


def test_others_add_their_checks() -> None:
    warning = Finding("credentials", False, "one credential: our broker alone enforces the dry run", blocking=False)
    assert examine((lambda: [warning],))[-1] is warning
