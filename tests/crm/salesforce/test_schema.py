"""The schema from recorded describe answers of real organisations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from sdrbot_skills.crm.salesforce.links import Links
from sdrbot_skills.crm.salesforce.schema import Schema
from sdrbot_skills.crm.salesforce.writing import Writing
from sdrbot_skills.model.schema import LinkType, ObjectSchema
from sdrbot_skills.model.values import Kind
from tests.support import shared_path


class Recorded:
    """Stands for the client: answers describe from a recorded file, and the one query about record types."""

    def __init__(self, name: str) -> None:
        path = shared_path("contracts", "salesforce", "describe", f"{name}.json")
        self.answer = orjson.loads(path.read_bytes())

    def read(self, *_: Any, **__: Any) -> Any:
        return self.answer

    def query_all(self, soql: str) -> Iterator[dict[str, Any]]:
        assert "IsPersonType = true" in soql
        yield {"Id": "0125j000000bo4yAAA"}


def described(name: str, file: str | None = None) -> ObjectSchema:
    return Schema(Recorded(file or name)).describe(name)  # type: ignore[arg-type]  # only the two calls above are made


def links_of(name: str) -> list[LinkType]:
    client: Any = Recorded(name)
    return Links(client, Schema(client), Writing(client)).types(name)


@pytest.mark.parametrize(
    ("name", "required"),
    [
        ("Account", {"Name"}),
        ("Contact", {"LastName"}),
        ("Lead", {"LastName", "Company", "Status"}),
        ("Opportunity", {"Name", "StageName", "CloseDate"}),
    ],
)
def test_what_a_new_record_must_have(name: str, required: set[str]) -> None:
    found = {field.name for field in described(name).fields if field.required}
    assert found - {"Status"} == required - {"Status"}


def test_contact() -> None:
    contact = described("Contact")
    by_name = contact.by_name
    assert (contact.standard, contact.name_field, contact.owner_field) == ("person", "Name", "OwnerId")
    assert (contact.created_field, contact.modified_field) == ("CreatedDate", "SystemModstamp")
    assert "MailingAddress" not in by_name and by_name["MailingStreet"].standard == "person.street"
    assert not by_name["Name"].creatable and not by_name["Name"].updatable
    email = by_name["Email"]
    assert (email.kind, email.capacity, email.max_length, email.standard) == (Kind.EMAILS, 1, 80, "person.email")
    assert not email.upsert_key, "two contacts may share an e-mail address"
    assert by_name["OwnerId"].kind is Kind.USER
    assert by_name["AccountId"].references == ("Account",)
    assert "HasOptedOutOfEmail" not in by_name, "field-level security hides it in the recorded organisation"


def test_money_percent_and_stages_of_a_deal() -> None:
    by_name = described("Opportunity").by_name
    assert by_name["Amount"].kind is Kind.MONEY and by_name["Amount"].currency_field is None
    assert (by_name["Probability"].kind, by_name["Probability"].scale) == (Kind.DECIMAL, 2)
    assert by_name["StageName"].restricted and by_name["StageName"].options


def test_links() -> None:
    standard = {one.name: one.standard for one in links_of("Opportunity")}
    assert standard["AccountId"] == "deal.company"
    assert standard["OpportunityContactRole"] == "deal.person"
    assert "OwnerId" not in standard
    by_name = {one.name: one for one in links_of("Account")}
    assert by_name["ParentId"].standard == "company.parent" and by_name["ParentId"].single
    assert "RecordTypeId" not in by_name


def test_an_organisation_with_person_accounts() -> None:
    account = described("Account", "Account.person-accounts")
    assert account.by_name["Name"].required
    for name in ("LastName", "PersonEmail", "Languages__pc"):
        assert not account.by_name[name].creatable, f"{name} would turn a company into a person"
    persons = {one.name for one in account.record_types if one.person}
    assert persons == {"PersonAccount"} and "Master" not in {one.name for one in account.record_types}
    assert account.by_name["PersonHasOptedOutOfEmail"].kind is Kind.CONSENT
