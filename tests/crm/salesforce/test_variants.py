"""Organisations that are set up otherwise: person accounts, several currencies, record types, hidden fields, partial views."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

from sdrbot_skills.crm.salesforce import Adapter
from sdrbot_skills.lab.processes import Emulator
from sdrbot_skills.model.records import Link, Operation, Row
from sdrbot_skills.model.schema import Environment
from sdrbot_skills.model.values import Kind

Switch = Callable[..., None]


@pytest.fixture
def variants(lab: Emulator) -> Iterator[Switch]:
    """`variants("person_accounts")`: switch on for this test."""
    switched: list[str] = []

    def switch(*names: str) -> None:
        switched.extend(names)
        lab.control("variants", add=list(names))

    yield switch
    lab.control("variants", remove=switched)


def made(sf: Adapter, object_name: str, *payloads: Mapping[str, object]) -> list[str]:
    rows = [Row(str(number), dict(payload)) for number, payload in enumerate(payloads)]
    results = sf.write(object_name, Operation.CREATE, rows)
    assert all(result.id for result in results), results
    return [result.id or "" for result in results]


def test_a_person_account_is_one_person_and_no_company(sf: Adapter, variants: Switch) -> None:
    variants("person_accounts")
    person_type = next(one.id for one in sf.describe("Account").record_types if one.person)
    company, person = made(sf, "Account", {"Name": "Acme"}, {"LastName": "Ada", "RecordTypeId": person_type})
    (ben,) = made(sf, "Contact", {"LastName": "Ben", "AccountId": company})
    assert [record.id for record in sf.read("Account", ["Name"]).records] == [company]
    assert sf.count("Account") == 1 and sf.find("Account", "Name", ["Ada"], []) == []
    works_at = next(one for one in sf.link_types("Contact") if one.standard == "person.company")
    page = sf.read("Contact", ["LastName", "AccountId"], links=[works_at])
    people = {record.values["LastName"]: record for record in page.records}
    assert set(people) == {"Ada", "Ben"} and sf.count("Contact") == 2
    assert people["Ada"].values["AccountId"] == person, "the person's other id"
    assert page.links == [Link("AccountId", ben, company)]
    assert sf.links(works_at, [record.id for record in page.records]) == page.links


def test_a_person_accounts_deal_is_a_deal_of_the_person(sf: Adapter, variants: Switch) -> None:
    variants("person_accounts")
    person_type = next(one.id for one in sf.describe("Account").record_types if one.person)
    company, person = made(sf, "Account", {"Name": "Acme"}, {"LastName": "Ada", "RecordTypeId": person_type})
    stage = {"StageName": "Prospecting", "CloseDate": "2027-01-31"}
    theirs, hers = made(
        sf, "Opportunity", {"Name": "A", "AccountId": company, **stage}, {"Name": "B", "AccountId": person, **stage}
    )
    types = {one.standard: one for one in sf.link_types("Opportunity")}
    page = sf.read("Opportunity", ["Name"], links=[types["deal.company"], types["deal.person"]])
    contact = next(record.id for record in sf.read("Contact", ["LastName"]).records)
    assert set(page.links) == {Link("AccountId", theirs, company), Link("OpportunityContactRole", hers, contact)}
    assert sf.links(types["deal.person"], [theirs, hers]) == [Link("OpportunityContactRole", hers, contact)]
    assert sf.links(types["deal.company"], [theirs, hers]) == [Link("AccountId", theirs, company)]


def test_money_has_a_currency_only_where_there_are_several(sf: Adapter, variants: Switch) -> None:
    amount = sf.describe("Opportunity").by_name["Amount"]
    assert (amount.kind, amount.currency_field) == (Kind.MONEY, None)
    variants("multi_currency")
    amount = sf.describe("Opportunity").by_name["Amount"]
    assert amount.currency_field == "CurrencyIsoCode"
    assert sf.codec.reads(amount) == ("Amount", "CurrencyIsoCode")


def test_record_types(sf: Adapter, variants: Switch) -> None:
    assert sf.describe("Opportunity").record_types == ()
    variants("record_types")
    found = sf.describe("Opportunity").record_types
    assert len(found) == 2 and not any(one.person for one in found) and sum(one.default for one in found) <= 1


def test_who_answers(sf: Adapter) -> None:
    account = sf.account()
    assert (account.crm, account.environment) == ("salesforce", Environment.LAB)
    assert sf.deep_link("Contact", "003000000000001AAA").endswith("/003000000000001AAA")


def test_objects_users_and_stages(sf: Adapter) -> None:
    objects = {one.name: one for one in sf.objects()}
    assert {name: objects[name].standard for name in ("Account", "Contact", "Lead", "Opportunity")} == {
        "Account": "company",
        "Contact": "person",
        "Lead": "lead",
        "Opportunity": "deal",
    }
    users = sf.users()
    assert {user.active for user in users} == {True, False} and all(user.email and user.name for user in users)
    (pipeline,) = sf.pipelines("Opportunity")
    won = [stage for stage in pipeline.stages if stage.won]
    lost = [stage for stage in pipeline.stages if stage.closed and not stage.won]
    assert (won[0].id, won[0].probability, lost[0].probability) == ("Closed Won", 1.0, 0.0)
    assert all(stage.won is None for stage in pipeline.stages if not stage.closed)
    assert {stage.id for stage in pipeline.stages} == {
        option.value for option in sf.describe("Opportunity").by_name["StageName"].options
    }
    assert sf.pipelines("Contact") == []


def test_nothing_is_hidden_from_an_administrator(sf: Adapter) -> None:
    found = sf.preflight(["Account", "Contact"])
    assert not [finding for finding in found.blind if "hidden" in finding.message or "sees" in finding.message]
    allowances = {one.name: one for one in found.allowances}
    assert allowances["DailyApiRequests"].limit and allowances["DataStorageMB"].remaining is not None


def test_hidden_opt_outs_are_told(sf: Adapter, variants: Switch) -> None:
    variants("hidden_opt_out")
    assert sf.describe("Contact").field("HasOptedOutOfEmail") is None
    (finding,) = [one for one in sf.preflight(["Contact"]).blind if "Opt-outs are hidden" in one.message]
    assert "HasOptedOutOfEmail" in finding.message and finding.cure


def test_records_hidden_by_sharing_are_told(sf: Adapter, variants: Switch) -> None:
    made(sf, "Contact", *[{"LastName": f"P{number}"} for number in range(50)])
    variants("partial_view")
    (finding,) = [one for one in sf.preflight(["Contact"]).blind if one.subject == "Contact"]
    assert finding.message == "This user sees 40 of about 50 Contacts."


def test_a_user_who_may_not_write_is_told_before_the_run(sf: Adapter, variants: Switch) -> None:
    variants("read_only_user")
    findings = [one for one in sf.preflight(["Contact"]).blind if one.blocks]
    assert [one.message for one in findings] == [
        "This user may not create Contacts.",
        "This user may not change Contacts.",
    ]
    assert not sf.describe("Contact").by_name["LastName"].creatable


def test_an_opt_out_stays(sf: Adapter) -> None:
    """An update that carries "has not opted out" must not re-subscribe somebody who has."""
    (person,) = made(sf, "Contact", {"LastName": "Ada", "HasOptedOutOfEmail": True})
    encode = sf.codec.encoder(sf.describe("Contact").by_name["HasOptedOutOfEmail"])
    payload: dict[str, object] = {"LastName": "Byron"}
    encode(False, payload)
    sf.write("Contact", Operation.UPDATE, [Row("1", payload, person)])
    values = sf.get("Contact", [person], ["LastName", "HasOptedOutOfEmail"])[0].values
    assert (values["LastName"], values["HasOptedOutOfEmail"]) == ("Byron", True)
