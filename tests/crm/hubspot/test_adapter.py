"""What only HubSpot has: labels, primary companies, opt-outs, unique e-mails, deleted properties, dated versions."""

from dataclasses import replace

import pytest

from sdrbot_skills.crm import registry
from sdrbot_skills.crm.base import Crm
from sdrbot_skills.crm.hubspot import Adapter
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.errors import BatchRejected, ConfigurationError
from sdrbot_skills.lab import Emulator
from sdrbot_skills.model.records import Comparison, Condition, Link, Operation, Outcome, Row
from sdrbot_skills.model.schema import LinkType
from sdrbot_skills.transport.connection import find_connection
from tests.conformance.conftest import Change, custom_field
from tests.crm.hubspot.conftest import Ask


def created(crm: Crm, object_name: str, *payloads: dict[str, str]) -> list[str]:
    rows = [Row(str(number), payload) for number, payload in enumerate(payloads)]
    results = crm.write(object_name, Operation.CREATE, rows)
    assert [result.message for result in results] == [None] * len(rows)
    return [result.id or "" for result in results]


def link_type(crm: Crm, object_name: str, name: str) -> LinkType:
    return next(one for one in crm.link_types(object_name) if one.name == name)


def types_between(ask: Ask, contact: str, company: str) -> set[int]:
    path = f"/crm/v4/objects/contacts/{contact}/associations/companies"
    (found,) = [row for row in ask("GET", path)["results"] if str(row["toObjectId"]) == company]
    return {kind["typeId"] for kind in found["associationTypes"]}


def test_a_primary_company_is_one_and_the_plain_association_stays(crm: Crm, ask: Ask) -> None:
    (contact,) = created(crm, "contacts", {"lastname": "Ada"})
    old, new = created(crm, "companies", {"name": "Old"}, {"name": "New"})
    primary, plain = link_type(crm, "contacts", "company:primary"), link_type(crm, "contacts", "company")
    crm.link(primary, [Link(primary.name, contact, old)])
    crm.link(primary, [Link(primary.name, contact, new)])
    assert types_between(ask, contact, old) == {279}
    assert types_between(ask, contact, new) == {1, 279}
    assert sorted(crm.links(plain, [contact])) == [Link("company", contact, one) for one in sorted([old, new])]
    page = crm.read("contacts", ["lastname"], links=[primary, plain])
    assert sorted(page.links) == sorted(
        [Link("company:primary", contact, new), Link("company", contact, old), Link("company", contact, new)]
    )


def test_labels_are_link_types(crm: Crm, ask: Ask) -> None:
    ask("POST", "/crm/v4/associations/contacts/companies/labels", {"label": "Billing contact", "name": "billing"})
    (contact,) = created(crm, "contacts", {"lastname": "Ada"})
    (company,) = created(crm, "companies", {"name": "Acme"})
    label = link_type(crm, "contacts", "company:Billing contact")
    link = Link(label.name, contact, company)
    assert [result.outcome for result in crm.link(label, [link])] == [Outcome.LINKED]
    assert crm.links(label, [contact]) == [link]
    assert crm.read("contacts", [], links=[label]).links == [link]
    assert [result.outcome for result in crm.unlink(label, [link])] == [Outcome.DELETED]
    assert crm.links(label, [contact]) == []
    assert len(crm.links(link_type(crm, "contacts", "company"), [contact])) == 1


def test_an_adapter_that_never_listed_the_types_can_still_link(crm: Crm) -> None:
    (contact,) = created(crm, "contacts", {"lastname": "Ada"})
    (company,) = created(crm, "companies", {"name": "Acme"})
    primary = link_type(crm, "contacts", "company:primary")
    fresh = registry.connect("hubspot")
    assert [r.outcome for r in fresh.link(primary, [Link(primary.name, contact, company)])] == [Outcome.LINKED]
    with pytest.raises(ConfigurationError, match="company:gone"):
        fresh.links(primary.model_copy(update={"name": "company:gone"}), [contact])


def test_opt_outs_hang_on_the_address(crm: Crm, ask: Ask) -> None:
    (contact,) = created(crm, "contacts", {"lastname": "Ada", "email": "ada+x@example.org"})
    rows = [Row("1", {"email": "ada+x@example.org"}, id=contact), Row("2", {"email": ""})]
    for _ in range(2):
        results = crm.opt_out("contacts", rows)
        assert [(result.key, result.outcome, result.rule) for result in results] == [
            ("1", Outcome.UPDATED, None),
            ("2", Outcome.REJECTED, Rule.REQUIRED_MISSING),
        ]
    schema = crm.describe("contacts").by_name["hs_email_optout"]
    (record,) = crm.get("contacts", [contact], ["hs_email_optout"])
    assert crm.codec.decoder(schema)(record.values) is True


def test_an_email_that_is_taken_refuses_its_own_row_only(crm: Crm) -> None:
    created(crm, "contacts", {"lastname": "Ada", "email": "ada@example.org"})
    rows = [
        Row("a", {"lastname": "B", "email": "b@example.org"}),
        Row("b", {"lastname": "Ada again", "email": "ADA@example.org"}),
        Row("c", {"lastname": "C"}),
    ]
    results = crm.write("contacts", Operation.CREATE, rows)
    assert [(result.key, result.outcome, result.rule) for result in results] == [
        ("a", Outcome.CREATED, None),
        ("b", Outcome.REJECTED, Rule.DUPLICATE),
        ("c", Outcome.CREATED, None),
    ]


def test_a_batch_refused_as_a_whole_is_told_and_nothing_is_written(crm: Crm, emulator: Emulator) -> None:
    body = {"status": "error", "category": "VALIDATION_ERROR", "message": "Invalid input JSON on line 1"}
    emulator.fault("status", status=400, body=body, path="/batch/create$", times=1)
    with pytest.raises(BatchRejected):
        crm.write("contacts", Operation.CREATE, [Row("a", {"lastname": "A"}), Row("b", {"lastname": "B"})])
    assert crm.count("contacts") == 0


def test_a_row_that_the_answer_leaves_out_is_not_a_success(crm: Crm, emulator: Emulator) -> None:
    body = {"status": "COMPLETE", "results": []}
    emulator.fault("status", status=201, body=body, path="/batch/create$", times=1)
    (result,) = crm.write("contacts", Operation.CREATE, [Row("a", {"lastname": "A"})])
    assert (result.outcome, result.rule, result.retriable) == (Outcome.REJECTED, Rule.UNANSWERED, False)


def test_before_images_with_nulls_clear_again(crm: Crm) -> None:
    (contact,) = created(crm, "contacts", {"lastname": "Ada", "city": "Oslo"})
    (result,) = crm.write("contacts", Operation.UPDATE, [Row("1", {"city": None}, id=contact)])
    assert result.outcome is Outcome.UPDATED
    assert not crm.get("contacts", [contact], ["city"])[0].values["city"]


def test_a_deleted_property_of_another_type_is_not_brought_back(crm: Crm, changing: Change) -> None:
    text, number = custom_field("kit_revived", "text"), custom_field("kit_revived", "decimal")
    with changing(crm, "create", "contacts", "kit_revived") as admin:
        admin.create_field("contacts", text)
    with changing(crm, "delete", "contacts", "kit_revived") as admin:
        admin.delete_field("contacts", "kit_revived")
    with changing(crm, "create", "contacts", "kit_revived") as admin:
        with pytest.raises(ConfigurationError, match="deleted a short while ago"):
            admin.create_field("contacts", number)
        assert admin.create_field("contacts", text).name == "kit_revived"


def test_stages_say_which_pipeline_they_belong_to(crm: Crm) -> None:
    stage = crm.describe("deals").by_name["dealstage"]
    pipelines = crm.pipelines("deals")
    assert [option.label for option in stage.options] == [
        f"{pipeline.label} / {one.label}" for pipeline in pipelines for one in pipeline.stages
    ]
    ends = [one for one in pipelines[0].stages if one.closed]
    assert {one.won for one in ends} == {True, False}
    assert crm.pipelines("contacts") == []


def test_conditions_that_search_cannot_answer_exactly_are_answered_by_listing(crm: Crm, emulator: Emulator) -> None:
    created(crm, "companies", {"name": "A", "city": "New York"}, {"name": "B", "city": "York"}, {"name": "C"})
    before = searches(emulator)
    page = crm.read("companies", ["name"], [Condition("city", Comparison.EQ, "York")])
    assert [record.values["name"] for record in page.records] == ["B"]
    assert searches(emulator) == before
    page = crm.read("companies", ["name"], [Condition("city", Comparison.KNOWN)])
    assert [record.values["name"] for record in page.records] == ["A", "B"]
    assert searches(emulator) == before + 1


def searches(emulator: Emulator) -> int:
    return sum(count for name, count in emulator.counters().items() if name.endswith("/search"))


def test_an_unknown_property_in_a_condition_is_named(crm: Crm) -> None:
    with pytest.raises(ConfigurationError, match="no_such_thing"):
        crm.read("contacts", [], [Condition("no_such_thing", Comparison.KNOWN)])
    with pytest.raises(ConfigurationError, match="widgets"):
        crm.describe("widgets")


@pytest.mark.parametrize("version", ["2026-03", "2026-09"])
def test_dated_versions_of_the_api(crm: Crm, version: str) -> None:
    dated = Adapter(replace(find_connection("hubspot"), api_version=version))
    (contact,) = created(dated, "contacts", {"lastname": "Ada", "email": "ada@example.org"})
    (company,) = created(dated, "companies", {"name": "Acme", "domain": "acme.example"})
    primary = link_type(dated, "contacts", "company:primary")
    link = Link(primary.name, contact, company)
    assert [result.outcome for result in dated.link(primary, [link])] == [Outcome.LINKED]
    page = dated.read("contacts", ["email"], links=[primary])
    assert ([record.id for record in page.records], page.links) == ([contact], [link])
    assert dated.describe("deals").field("dealstage") is not None
    assert [record.id for record in dated.find("contacts", "email", ["ada@example.org"], [])] == [contact]
    assert [result.outcome for result in dated.unlink(primary, [link])] == [Outcome.DELETED]
    assert len(dated.users()) > 1
    assert dated.preflight(["contacts"]).account.id == dated.account().id


def test_only_labels_of_the_account_are_asked_for(crm: Crm, emulator: Emulator) -> None:
    def labels_read() -> int:
        return sum(count for name, count in emulator.counters().items() if name.endswith("/{to}/labels"))

    before = labels_read()
    own = crm.named_link_types("deals", ["company:primary", "contact"])
    assert [(one.name, one.standard) for one in own] == [
        ("company:primary", "deal.company"),
        ("contact", "deal.person"),
    ]
    assert own == [one for one in crm.link_types("deals") if one.name in ("company:primary", "contact")]
    asked = labels_read()
    assert asked - before == 3, "all types of deals: of three pairs, and nothing for the two that are HubSpot's own"
    assert crm.named_link_types("deals", ["contact:Nobody's label"]) == []
    assert labels_read() - asked == 1
