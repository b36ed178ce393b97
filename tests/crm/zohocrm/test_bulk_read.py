"""A whole module by bulk read jobs: the same values as by queries, taken up where it broke off, and only where a plan asks for jobs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import jsonschema
import pytest

from sdrbot_skills.broker.launch import BrokerHandle, start
from sdrbot_skills.broker.spec import BrokerSpec
from sdrbot_skills.crm.zohocrm import Adapter, bulk, bulk_read
from sdrbot_skills.errors import Refused, Retriable, Unsupported
from sdrbot_skills.lab.processes import running
from sdrbot_skills.lab.zohocrm.bulkread import FEW
from sdrbot_skills.model.records import Comparison, Condition, Record
from sdrbot_skills.transport.connection import find_connection
from tests.crm.zohocrm.conftest import connection
from tests.lab.zoho_org import ZohoOrg, answer_schema

FIELDS = (
    "Last_Name",
    "Email",
    "Account_Name",
    "Owner",
    "Email_Opt_Out",
    "Lead_Source",
    "Created_Time",
    "Date_of_Birth",
)
NAMES = ['Doe, "Jane"', "Roe\nThe second", "Ünïcödé 日本語", "Poe", "Moe", "Low", "Zoe"]


@pytest.fixture(scope="module")
def org() -> Iterator[ZohoOrg]:
    with running("zohocrm", variants=[FEW]) as lab:
        made = ZohoOrg(lab)
        account = made.make("Accounts", Account_Name="Acme", Annual_Revenue=1234.5)
        rows: list[dict[str, Any]] = [{"Last_Name": name, "Account_Name": {"id": account}} for name in NAMES]
        rows[0] |= {
            "Email": "jane@acme.example",
            "Email_Opt_Out": True,
            "Lead_Source": "Chat",
            "Date_of_Birth": "1990-02-28",
        }
        made.write("/Contacts", *rows)
        yield made
        made.http.close()


@pytest.fixture(scope="module")
def broker(org: ZohoOrg) -> Iterator[BrokerHandle]:
    with start(BrokerSpec(purpose="discover", connections=(connection(org.lab),), jobs=True)) as handle:
        yield handle


@pytest.fixture
def zoho(broker: BrokerHandle, monkeypatch: pytest.MonkeyPatch) -> Adapter:
    monkeypatch.setattr(bulk_read, "FIRST_POLL", 0.01)
    monkeypatch.setattr(bulk_read, "RECORDS", 2)
    return Adapter(find_connection("zohocrm", str(broker.socket)))


def decoded(zoho: Adapter, module: str, records: Sequence[Record], *names: str) -> list[dict[str, Any]]:
    schema = zoho.describe(module)
    fields = [field for field in schema.fields if field.name in names]
    return [{field.name: zoho.codec.decoder(field)(one.values) for field in fields} for one in records]


def test_the_same_values_as_by_queries(zoho: Adapter) -> None:
    links = zoho.link_types("Contacts")
    by_job = list(zoho.read_by_job("Contacts", FIELDS, links=links))
    by_query = zoho.read("Contacts", FIELDS, links=links)
    records = [record for page in by_job for record in page.records]
    assert [one.id for one in records] == [one.id for one in by_query.records]
    assert [one.modified for one in records] == [one.modified for one in by_query.records]
    assert decoded(zoho, "Contacts", records, *FIELDS) == decoded(zoho, "Contacts", by_query.records, *FIELDS)
    assert sorted(link for page in by_job for link in page.links) == sorted(by_query.links)
    assert len(by_query.links) == len(NAMES)
    assert by_job[-1].cursor is None


def test_amounts_and_conditions(zoho: Adapter) -> None:
    (page,) = zoho.read_by_job("Accounts", ["Annual_Revenue"])
    (values,) = decoded(zoho, "Accounts", page.records, "Annual_Revenue")
    assert values["Annual_Revenue"] == {"amount": Decimal("1234.5"), "currency": None}
    where = [Condition("Email", Comparison.KNOWN)]
    found = [one for page in zoho.read_by_job("Contacts", ["Last_Name"], where) for one in page.records]
    assert [one.values["Last_Name"] for one in found] == [NAMES[0]]


def test_it_is_taken_up_where_it_broke_off(zoho: Adapter, org: ZohoOrg) -> None:
    before = org.lab.counters()["credits"]
    stream = zoho.read_by_job("Contacts", ["Last_Name"])
    pages = [next(stream), next(stream)]
    assert [len(page.records) for page in pages] == [2, 1], "a result holds three"
    rest = list(zoho.read_by_job("Contacts", ["Last_Name"], cursor=pages[0].cursor))
    assert [one.values["Last_Name"] for page in (pages[0], *rest) for one in page.records] == NAMES
    assert org.lab.counters()["credits"] - before < 4 * 50, "the first job is not made again"
    gone = bulk_read.Place(1, "999", 2).cursor()
    assert len([one for page in zoho.read_by_job("Contacts", [], cursor=gone) for one in page.records]) == len(NAMES)


def test_a_download_that_fails_can_be_tried_again(zoho: Adapter, org: ZohoOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "repeated", lambda send: send())
    org.lab.fault("form", form="internal_error", path="/result$")
    try:
        with pytest.raises(Retriable):
            list(zoho.read_by_job("Contacts", ["Last_Name"]))
    finally:
        org.lab.clear_faults()


def test_an_empty_module_is_one_empty_page(zoho: Adapter) -> None:
    assert [(page.records, page.cursor) for page in zoho.read_by_job("Leads", ["Last_Name"])] == [([], None)]


def test_rich_text_is_read_by_queries(zoho: Adapter, org: ZohoOrg) -> None:
    story = {"field_label": "Story", "data_type": "textarea", "textarea": {"type": "rich_text"}}
    org("POST", "/settings/fields", {"fields": [story]}, module="Deals")
    zoho.describe("Deals")
    with pytest.raises(Unsupported, match="Story"):
        list(zoho.read_by_job("Deals", ["Story"]))


def test_only_where_jobs_are_planned_and_never_with_a_callback(org: ZohoOrg, broker: BrokerHandle) -> None:
    with start(BrokerSpec(purpose="discover", connections=(connection(org.lab),))) as plain:
        adapter = Adapter(find_connection("zohocrm", str(plain.socket)))
        with pytest.raises(Refused) as refused:
            list(adapter.read_by_job("Contacts", ["Last_Name"]))
        assert refused.value.code == "job_not_planned"
    client = Adapter(find_connection("zohocrm", str(broker.socket))).client
    body = {"query": {"module": {"api_name": "Contacts"}}, "callback": {"url": "https://x.example", "method": "post"}}
    answer = client.http.post("/crm/bulk/v8/read", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_operation")


def test_the_practice_crm_answers_as_the_vendor_does(org: ZohoOrg) -> None:
    query = {"module": {"api_name": "Contacts"}, "fields": ["id", "Last_Name"], "page": 1}
    made = org.http.post("/crm/bulk/v8/read", json={"query": query, "file_type": "csv"})
    jsonschema.validate(made.json(), answer_schema("bulk-read.json", "/read", "post", "201"))
    path = f"/crm/bulk/v8/read/{made.json()['data'][0]['details']['id']}"
    states = [org.http.get(path).json()["data"][0]["state"] for _ in range(2)]
    assert states == ["IN PROGRESS", "COMPLETED"]
    told = org.http.get(path).json()["data"][0]
    assert {"page", "count", "download_url", "per_page", "more_records"} <= set(told["result"])
    missing = org.http.get("/crm/bulk/v8/read/7")
    assert missing.status_code == 404
    jsonschema.validate(missing.json(), answer_schema("bulk-read.json", "/read/{jobId}", "get", "404"))
