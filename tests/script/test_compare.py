"""Script and plan are compared at the start; what a person changed in the maps can be taken over."""

import pytest

from sdrbot_skills.errors import ConfigurationError, PlanInvalid
from sdrbot_skills.model.plan import Filter, Plan
from sdrbot_skills.model.records import Comparison
from sdrbot_skills.script.compare import differences, ensure_same
from sdrbot_skills.script.from_script import plan_from_script
from sdrbot_skills.script.parts import take_apart
from sdrbot_skills.script.render import render
from tests.script.plans import plan


def found(made: Plan, script: str) -> list[str]:
    parts = take_apart(script)
    return differences(made, parts.plan_sha256 or "", parts.maps)


def swap(script: str, old: str, new: str) -> str:
    assert script.count(old) == 1, old
    return script.replace(old, new)


def test_a_rendered_script_says_what_its_plan_says() -> None:
    assert found(plan(), render(plan())) == []


def test_both_spellings_are_shown() -> None:
    script = swap(render(plan()), '"name": "Name"', '"name": "Site"')
    assert found(plan(), script) == ["companies: field map: 'name': the plan says 'Name', the script says 'Site'"]
    script = swap(render(plan()), '    "name": "Name",\n', "")
    assert found(plan(), script) == ["companies: field map: 'name': the plan says 'Name', the script says nothing"]
    script = swap(render(plan()), '"NEW": "Open - Not Contacted"', '"NEW": "Working"')
    (line,) = found(plan(), script)
    assert line == "contacts: values of Status: 'NEW': the plan says 'Open - Not Contacted', the script says 'Working'"


def test_a_change_outside_the_maps_shows_by_the_hash() -> None:
    changed = plan()
    changed.objects["contacts"].filter.append(Filter(field="email", op=Comparison.KNOWN))
    (line,) = found(changed, render(plan()))
    assert "another version of the plan" in line


def test_a_difference_stops_the_run_and_says_how_to_go_on() -> None:
    script = swap(render(plan()), '"name": "Name"', '"name": "Site"')
    parts = take_apart(script)
    with pytest.raises(PlanInvalid, match="--from-script"):
        ensure_same(plan(), parts.plan_sha256 or "", parts.maps)


def test_an_object_only_one_side_has_is_named() -> None:
    less = plan()
    del less.objects["companies"]
    assert "companies: the script has it, the plan does not" in found(less, render(plan()))
    assert "companies: the plan has it, the script does not" in found(plan(), render(less))


def test_changed_maps_are_taken_over() -> None:
    script = swap(render(plan()), '    "name": "Name",\n', '    "name": "Site",\n    "fax": "Fax",\n')
    script = swap(script, '"NEW": "Open - Not Contacted"', '"NEW": "Working"')
    made = plan_from_script(plan(), script)
    companies = {mapping.source[0]: mapping.target for mapping in made.objects["companies"].fields}
    status = made.objects["contacts"].mapping("Status")
    assert companies == {"name": "Site", "fax": "Fax"}
    assert status is not None and status.value_map == {"NEW": "Working", "IN_PROGRESS": None}
    assert found(made, render(made, keep=script)) == []


def test_taking_over_an_unchanged_script_changes_nothing() -> None:
    made = plan_from_script(plan(), render(plan()))
    assert made == plan() and made.digest() == plan().digest()


def test_a_map_that_is_computed_is_refused_without_running_it() -> None:
    script = swap(render(plan()), '    "name": "Name",\n', '    "name": open("/tmp/never-made", "w").name,\n')
    with pytest.raises(ConfigurationError, match=r"COMPANIES_FIELD_MAP .* is not spelled out"):
        plan_from_script(plan(), script)


def test_what_the_plan_knows_nothing_of_is_refused() -> None:
    less = plan()
    del less.objects["companies"]
    with pytest.raises(PlanInvalid, match="the script has 'companies'"):
        plan_from_script(less, render(plan()))
