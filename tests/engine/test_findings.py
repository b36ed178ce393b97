"""Findings name what they are about: the options without a counterpart, with counts, and several alike reasons as one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdrbot_skills.engine import summary
from sdrbot_skills.engine.findings import Findings
from sdrbot_skills.engine.journal import Journal
from sdrbot_skills.errors import RowRejected
from sdrbot_skills.script.transforms import map_value


def reason(value: str) -> str:
    with pytest.raises(RowRejected) as caught:
        map_value(value, {"a": "b"}, field="Status", otherwise="reject")
    return str(caught.value)


def test_the_values_without_a_counterpart_are_named_with_counts_over_several_writes(tmp_path: Path) -> None:
    findings, journal = Findings(), Journal(tmp_path / "j.db", plan_digest="d", mode="dry")
    for values in (["Gold"], ["Gold", "Lead"], ["Tin"]):
        findings.add(
            "unmapped_value", "warning", "contacts", "Left out: no counterpart for", field="Tier", values=values
        )
        journal.write(findings.statements())
    findings.add("came", "info", "contacts", "Something else.")
    journal.write(findings.statements())
    told = {one.rule: one for one in summary.findings(journal)}
    journal.close()
    assert told["unmapped_value"].message == "Left out: no counterpart for 'Gold' (2), 'Lead' (1), 'Tin' (1)"
    assert (told["unmapped_value"].count, told["came"].message) == (3, "Something else.")


def test_no_more_values_are_kept_than_a_field_has_options(tmp_path: Path) -> None:
    """A field of free text held as many in the journal as there were records."""
    findings, journal = Findings(), Journal(tmp_path / "j.db", plan_digest="d", mode="dry")
    for number in range(300):
        findings.add("unmapped_value", "warning", "contacts", "Left out:", field="Notes", values=[f"Text {number}"])
        if number % 50 == 49:
            journal.write(findings.statements())
    kept = journal.rows("SELECT count(*) FROM finding_values")[0][0]
    journal.close()
    assert kept == 100


def test_alike_reasons_become_one_sentence_and_no_more_than_a_handful_is_named() -> None:
    told = summary.together([(reason(f"Value {number}"), 9 - number) for number in range(8)])
    assert told.count("Status") == 1 and "'Value 0' (9), 'Value 1' (8)" in told and "and 2 more" in told
    assert told.endswith(reason("x").split("'x'")[1])


def test_a_single_reason_and_different_ones_stay_as_they_are() -> None:
    assert summary.together([(reason("Gold"), 3)]) == reason("Gold")
    assert summary.together([("No name at all.", 3), ("A bad e-mail.", 1)]).startswith("No name at all. (3")
