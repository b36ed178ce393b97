"""What is not zero is said, and a matrix walked in parts is one page."""

from __future__ import annotations

from pathlib import Path

from sdrbot_skills.matrix.keeping import keep_in, kept
from sdrbot_skills.matrix.outcome import Calls, Outcome
from sdrbot_skills.matrix.tables import document

FINE = {"lost": 0, "duplicated": 0, "mismatched": 0, "links_missing": 0}


def outcome(source: str, target: str, **more: object) -> Outcome:
    made = Outcome(source, target, 20, judged=dict(FINE), proved=dict(FINE), calls=Calls(42, 40), carried=60)
    for name, value in more.items():
        setattr(made, name, value)
    return made


def test_every_figure_that_is_not_zero_is_a_problem() -> None:
    assert outcome("hubspot", "attio").problems() == []
    for more in (
        {"judged": {**FINE, "lost": 1}},
        {"proved": {**FINE, "mismatched": 1}},
        {"back_judged": {**FINE, "links_missing": 2}},
        {"changed_judged": {**FINE, "duplicated": 1}},
        {"again_writes": {"contacts/updated": 1}},
        {"changed_writes": {"contacts/updated": 9}},
        {"error": "it stopped"},
    ):
        assert outcome("hubspot", "attio", **more).problems(), more
    assert outcome("hubspot", "attio", again_writes={}, changed_writes={"deals/updated": 10}).problems() == []


def test_parts_make_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    first = outcome("hubspot", "attio", quarantined={"too_long": 2}, not_taken=["deals: year 0001"])
    keep_in(file, {("hubspot", "attio"): first})
    found = kept(file)
    assert found == {("hubspot", "attio"): first}
    found["twenty", "attio"] = outcome("twenty", "attio", error="it stopped")
    keep_in(file, found)
    page = document(list(kept(file).values()), "crm-migrate matrix")
    assert "| HubSpot | 0 / 0 / 0 / 0 (60 of 60) |" in page
    assert "| HubSpot | 42 / 40 (+5.0 %) |" in page
    assert "| Twenty | failed |" in page
    assert "**Twenty to Attio**: it stopped" in page
    assert "too_long 2" in page and "deals: year 0001" in page
