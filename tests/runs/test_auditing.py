"""A run whose audit was changed is never called proven."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdrbot_skills.broker.audit import Audit
from sdrbot_skills.runs.auditing import audit_findings
from sdrbot_skills.web.report import report
from tests.runs.test_directory import COUNTS, PROVEN, new_run


@pytest.mark.parametrize("change", ["none", "a line changed", "a line taken out", "torn"])
def test_the_report_says_whether_the_audit_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """The chain was written and nobody ever looked at it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CRM_MIGRATE_HOME", raising=False)
    run = new_run()
    run.write_json("trusted", "dry.json", {"counts": {"contacts": COUNTS}, "samples": [], "findings": []})
    run.write_json("trusted", "live.json", {"counts": {"contacts": COUNTS}, "findings": []})
    run.write_json("trusted", "verify.json", {"total": PROVEN, "objects": {}})
    path = run.trusted / "live" / "audit.jsonl"
    path.parent.mkdir()
    audit = Audit(path)
    for number in range(4):
        audit.write("sent", rows=number)
    audit.close()
    lines = path.read_bytes().splitlines(keepends=True)
    if change == "a line changed":
        lines[1] = lines[1].replace(b'"rows":1', b'"rows":7')
    elif change == "a line taken out":
        del lines[1]
    elif change == "torn":
        lines[2] = lines[2][:20]
    path.write_bytes(b"".join(lines))
    wrong = {"a line changed": "line 3 does not", "a line taken out": "line 2 does not", "torn": "line 3 is no entry"}
    told = report(run).lines[3]
    if change == "none":
        assert audit_findings(run) == [] and told.startswith("Verified")
    else:
        assert told.startswith("NOT proven: The audit of the live run") and f"{wrong[change]}" in told
        assert [one.severity for one in audit_findings(run)] == ["problem"]
