"""Opt-outs arrive, and are never taken back."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sdrbot_skills.model.records import Outcome, Row, RowResult
from tests.engine.dummy import DummyCrm
from tests.engine.world import World


def test_an_opt_out_is_written(world: World) -> None:
    person = world.contact("Stone", "stone@example.com", no_mail="true")
    world.live()
    assert world.by_key("Contact", person)[0].values["OptOut"] == "true"


@pytest.mark.parametrize("when_found", ["update", "fill_blanks"])
def test_no_opt_out_on_the_source_never_takes_one_back_on_the_target(world: World, when_found: str) -> None:
    world.changes = {"contacts": {"match": {"on": [{"field": "Email", "compare": "email"}], "when_found": when_found}}}
    world.contact("Stone", "stone@example.com", no_mail="false")
    there = world.target.put("Contact", {"LastName": "Stone", "Email": "stone@example.com", "OptOut": "true"})
    world.live()
    assert world.target.objects["Contact"][there].values["OptOut"] == "true"


def test_an_opt_out_is_carried_even_where_only_blanks_are_filled(world: World) -> None:
    world.changes = {
        "contacts": {"match": {"on": [{"field": "Email", "compare": "email"}], "when_found": "fill_blanks"}}
    }
    world.contact("Stone", "stone@example.com", no_mail="true")
    there = world.target.put("Contact", {"LastName": "Stone", "Email": "stone@example.com", "OptOut": "false"})
    world.live()
    assert world.target.objects["Contact"][there].values["OptOut"] == "true"


def test_a_target_with_a_call_for_opt_outs_is_told_by_it(world: World) -> None:
    world.settings = {"opt_out_fields": {"Contact": "OptOut"}}
    person = world.contact("Stone", "Stone@example.com", no_mail="true")
    world.contact("Other", "other@example.com", no_mail="false")
    assert world.dry().opt_outs == {"contacts": 1}
    world.live()
    assert world.target.opted_out == ["stone@example.com"]
    assert "OptOut" not in world.by_key("Contact", person)[0].values


def test_an_opt_out_of_a_person_who_is_there_already_is_told_too(world: World) -> None:
    world.settings = {"opt_out_fields": {"Contact": "OptOut"}}
    world.contact("Stone", "stone@example.com", no_mail="true")
    world.target.put("Contact", {"LastName": "Stone", "Email": "stone@example.com"})
    world.live()
    assert world.target.opted_out == ["stone@example.com"]


def test_an_opt_out_that_the_target_does_not_take_is_a_problem(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: DummyCrm, object_name: str, rows: Sequence[Row]) -> list[RowResult]:
        return [RowResult(row.key, Outcome.REJECTED, None, "no_access", None, "No.") for row in rows]

    monkeypatch.setattr(DummyCrm, "opt_out", refuse)
    world.settings = {"opt_out_fields": {"Contact": "OptOut"}}
    person = world.contact("Stone", "stone@example.com", no_mail="true")
    finding = next(one for one in world.live().findings if one.rule == "opt_out_failed")
    assert (finding.severity, finding.examples) == ("problem", [person])
