"""Making and removing fields, adding options: each harmless when done again."""

import pytest

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.crm.optionvalues import stored
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.records import Operation, Outcome, Row
from sdrbot_skills.model.schema import Option
from tests.conformance.case import Case
from tests.conformance.conftest import Change, custom_field, object_of
from tests.conformance.people import least, spelled


def test_a_field_is_made_once_and_removed_once(crm: Crm, case: Case, changing: Change) -> None:
    person = object_of(case, "person")
    wanted = custom_field(case.field_name("kit_text"), "text")
    with changing(crm, "create", person, wanted.name) as admin:
        made = admin.create_field(person, wanted)
        assert (made.name, made.kind, made.custom) == (wanted.name, "text", True)
        assert admin.create_field(person, wanted).name == wanted.name
        with pytest.raises(ConfigurationError, match=wanted.name):
            admin.create_field(person, custom_field(wanted.name, "boolean"))
    assert crm.describe(person).field(wanted.name) == made
    with changing(crm, "delete", person, wanted.name) as admin:
        admin.delete_field(person, wanted.name)
        admin.delete_field(person, wanted.name)
    assert crm.describe(person).field(wanted.name) is None


def test_options_are_added_to_those_there(crm: Crm, case: Case, changing: Change) -> None:
    person = object_of(case, "person")
    first = [{"value": value, "label": value} for value in ("One", "Two")]
    wanted = custom_field(case.field_name("kit_choice"), "choice", options=first)
    with changing(crm, "create", person, wanted.name) as admin:
        admin.create_field(person, wanted)
    with changing(crm, "add_options", person, wanted.name) as admin:
        for _ in range(2):
            field = admin.add_options(
                person, wanted.name, [Option(value="Three", label="Three"), Option(value="Two", label="Two")]
            )
            assert {option.value for option in field.options} == {"One", "Two", "Three"}


def test_options_of_a_new_field_are_stored_as_a_plan_says_beforehand(crm: Crm, case: Case, changing: Change) -> None:
    person = object_of(case, "person")
    wanted = [Option(value="newbusiness", label="New Business"), Option(value="1st", label="Ost & Übersee")]
    kept = stored(wanted, crm.capabilities)
    field = custom_field(case.field_name("kit_stored"), "choice", options=[one.model_dump() for one in kept])
    with changing(crm, "create", person, field.name) as admin:
        made = admin.create_field(person, field)
    assert {one.value: one.label for one in made.options} == {one.value: one.label for one in kept}


def test_an_option_that_is_not_there_is_refused_where_the_field_says_so(crm: Crm, case: Case, changing: Change) -> None:
    person = object_of(case, "person")
    wanted = custom_field(case.field_name("kit_choice"), "choice", options=[{"value": "One", "label": "One"}])
    with changing(crm, "create", person, wanted.name) as admin:
        admin.create_field(person, wanted)
    schema = crm.describe(person)
    field = schema.field(wanted.name)
    assert field is not None
    row = Row("1", spelled(crm, schema, least(schema, 1)) | {wanted.name: "Two"})
    (result,) = crm.write(person, Operation.CREATE, [row])
    if field.restricted:
        assert (result.outcome, result.rule, result.field) == (Outcome.REJECTED, Rule.UNKNOWN_OPTION, wanted.name)
    else:
        assert result.outcome is Outcome.CREATED
