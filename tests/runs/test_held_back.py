"""A dry run that would carry nothing of an object says so before it tells the reasons."""

from __future__ import annotations

from sdrbot_skills.model.results import DryRunResult, ObjectCounts
from sdrbot_skills.runs.rehearsing import held_back_whole


def test_an_object_of_which_nothing_would_be_carried_is_named() -> None:
    counts = {
        "deals": ObjectCounts(read=500, quarantine=500),
        "contacts": ObjectCounts(read=500, quarantine=499, create=1),
        "companies": ObjectCounts(),
    }
    (found,) = held_back_whole(DryRunResult(counts=counts))
    assert (found.object, found.severity, found.count) == ("deals", "problem", 500)
    assert "Not one of the 500 deals" in found.told
