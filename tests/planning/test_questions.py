"""Where there is too much to ask, questions of one sort become one; none is left out."""

from __future__ import annotations

import pytest

from sdrbot_skills import planning
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.plan import FieldMapping, ObjectPlan, Plan, Question, Side
from sdrbot_skills.model.schema import Environment
from sdrbot_skills.planning.questions import few


def place(name: str, target: str | None = None, word: str = "contacts") -> Question:
    choices = {f"{name}__c": "", "leave": ""}
    mappings = {f"{name}__c": FieldMapping.of(name, f"{name}__c")}
    return Question(
        id=f"{word}.place.{name}", object=word, text=name, choices=choices, suggestion=target, mappings=mappings
    )


def side(crm: str) -> Side:
    return Side(connection=crm, crm=crm, account_id="1", account_name="A", environment=Environment.LAB)


@pytest.fixture
def plan() -> Plan:
    asked = [place(f"f{number}", f"f{number}__c" if number % 2 else None) for number in range(20)]
    blocking = Question(id="contacts.field.Need", object="contacts", text="?", choices={"x": ""}, blocks=True)
    entry = ObjectPlan(source="contacts", target="Contact", fields=[])
    return Plan(
        source=side("hubspot"),
        target=side("salesforce"),
        objects={"contacts": entry},
        questions=few([*asked, blocking]),
    )


def test_many_of_one_sort_become_one_and_what_blocks_comes_first(plan: Plan) -> None:
    assert [one.id for one in plan.questions] == ["contacts.field.Need", "all.place.many"]
    whole = plan.questions[1]
    assert len(whole.parts) == 20 and "and 8 more" in whole.text
    assert list(whole.choices) == ["as proposed", "leave"], "what can be answered for each of them"


def test_few_questions_stay_as_they_are() -> None:
    asked = [place(f"f{number}") for number in range(9)]
    assert few(asked) == asked


def test_the_whole_is_answered_by_each_ones_own_proposal(plan: Plan) -> None:
    done = planning.answer(plan, "all.place.many", "as proposed")
    assert {one.target for one in done.objects["contacts"].fields} == {f"f{number}__c" for number in range(1, 20, 2)}
    assert all(part.answer for part in done.questions[1].parts)


def test_a_part_is_answered_by_its_own_id_and_the_whole_does_not_undo_it(plan: Plan) -> None:
    done = planning.answer(planning.answer(plan, "contacts.place.f4", "f4__c"), "all.place.many", "leave")
    assert [one.target for one in done.objects["contacts"].fields] == ["f4__c"]
    with pytest.raises(ConfigurationError, match=r"all\.place\.many"):
        planning.answer(plan, "all.place.man", "leave")


def test_what_was_put_together_survives_the_plan_file(plan: Plan, tmp_path: object) -> None:
    path = f"{tmp_path}/plan.yaml"
    planning.save_plan(plan, path)
    assert planning.load_plan(path) == plan
