"""simple-salesforce against the emulator: the SDK writes https into every URL, an adapter leads it to the lab."""

import csv
import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce, format_soql
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)
from simple_salesforce.format import format_external_id

from tests.lab.salesforce_org import Org


class ToLab(HTTPAdapter):
    """Sends what is meant for https://anything to the emulator."""

    def __init__(self, origin: str) -> None:
        super().__init__()
        self.origin = origin

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        request.url = f"{self.origin}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        return super().send(request, *args, **kwargs)


@pytest.fixture
def session(org: Org) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", ToLab(org.lab.base_url))
        yield session


@pytest.fixture
def sf(org: Org, session: requests.Session) -> Salesforce:
    env = org.lab.env
    return Salesforce(
        consumer_key=env["SF_CLIENT_ID"],
        consumer_secret=env["SF_CLIENT_SECRET"],
        domain="practice.my",
        version="66.0",
        session=session,
    )


def test_records(org: Org, sf: Salesforce) -> None:
    org.field("Contact", "Ext__c")
    made = sf.Contact.create({"LastName": "A", "Email": "a@x.example"})
    assert made["success"] and sf.Contact.update(made["id"], {"Title": "T"}) == 204
    assert sf.Contact.get(made["id"])["Title"] == "T"
    path = format_external_id("Ext__c", "a b?c#d/e")
    assert sf.Contact.upsert(path, {"LastName": "B"}) == 201 and sf.Contact.upsert(path, {"LastName": "C"}) == 200
    assert sf.query(format_soql("SELECT LastName FROM Contact WHERE Ext__c = {}", "a b?c#d/e"))["totalSize"] == 1
    assert sf.Contact.delete(made["id"]) == 204
    assert len(sf.Contact.describe()["fields"]) > 50 and sf.describe()["maxBatchSize"] == 200


def test_paging_and_usage(org: Org, sf: Salesforce) -> None:
    for start in range(0, 2200, 200):
        org.collection("POST", "", "Lead", *[{"LastName": f"L{start + n}", "Company": "X"} for n in range(200)])
    assert sum(1 for _ in sf.query_all_iter("SELECT Id FROM Lead")) == 2200
    assert sf.api_usage["api-usage"].total == 15000


def test_errors_become_the_sdks_own(org: Org, sf: Salesforce) -> None:
    with pytest.raises(SalesforceMalformedRequest) as refused:
        sf.Contact.create({"FirstName": "A"})
    assert refused.value.content[0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    with pytest.raises(SalesforceResourceNotFound):
        sf.Contact.get("003000000000000AAA")
    org.variants("no_duplicate_rules")
    for name in "AB":
        sf.Contact.create({"LastName": name, "Email": "a@x.example"})
    with pytest.raises(SalesforceMoreThanOneRecord):
        sf.Contact.get_by_custom_id("Email", "a@x.example")
    org.lab.fault("form", form="daily_limit")
    with pytest.raises(SalesforceRefusedRequest):
        sf.limits()


def test_collections_through_restful(org: Org, sf: Salesforce) -> None:
    records = [{"attributes": {"type": "Contact"}, "LastName": name} for name in ("A", "")]
    results = sf.restful("composite/sobjects", method="POST", json={"allOrNone": False, "records": records})
    assert [one["success"] for one in results] == [True, False]


def test_logins(org: Org, sf: Salesforce, session: requests.Session) -> None:
    direct = Salesforce(session_id="wrong", instance_url="https://practice.my.salesforce.com", session=session)
    with pytest.raises(SalesforceExpiredSession):
        direct.query("SELECT Id FROM Contact")
    with pytest.raises(SalesforceAuthenticationFailed):
        Salesforce(consumer_key="k", consumer_secret="s", domain="practice.my", session=session)
    org.lab.fault("expire_token", path="/query")
    assert sf.query("SELECT Id FROM Contact")["totalSize"] == 0, "the SDK logs in anew by itself"


def test_bulk_2(org: Org, sf: Salesforce) -> None:
    org.field("Contact", "Ext__c")
    rows = [{"Ext__c": str(n), "LastName": f"L{n}" if n else "", "Description": "one\ntwo"} for n in range(5)]
    job = sf.bulk2.Contact.upsert(records=rows, external_id_field="Ext__c", wait=0.01)[0]
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (5, 1)
    raw = sf.bulk2.Contact.get_successful_records(job["job_id"])
    good = list(csv.DictReader(io.StringIO(raw, newline="")))
    assert {row["Ext__c"] for row in good} == {"1", "2", "3", "4"} and good[0]["Description"] == "one\ntwo"
    assert "REQUIRED_FIELD_MISSING" in sf.bulk2.Contact.get_failed_records(job["job_id"])
    assert sf.bulk2.Contact.get_unprocessed_records(job["job_id"])
    pages = list(sf.bulk2.Contact.query("SELECT Id, LastName FROM Contact", max_records=3))
    assert len(pages) == 2


def test_custom_fields_through_tooling(org: Org, sf: Salesforce) -> None:
    metadata = {"label": "Key", "type": "Text", "length": 20}
    body = {"FullName": "Lead.Key__c", "Metadata": metadata}
    made = sf.toolingexecute("sobjects/CustomField", method="POST", data=body)
    assert made["success"] and "Key__c" not in {f["name"] for f in sf.Lead.describe()["fields"]}
