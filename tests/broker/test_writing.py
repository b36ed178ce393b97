"""Live, undo and schema: only what was planned, only as much as was approved, and all of it in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest
from aiohttp import web

from sdrbot_skills.broker.audit import verify_chain
from sdrbot_skills.broker.ledger import Ledger
from tests.broker.conftest import HUBSPOT_TOKEN, SF_SECRET, Brokers
from tests.broker.recorder import Recorder, RecorderThread, Seen

SF = "/services/data/v66.0"
LIVE: dict[str, Any] = {
    "objects": {"target": ["Contact"], "links": ["OpportunityContactRole"]},
    "budget": {"Contact": {"create": 3, "update": 2}, "OpportunityContactRole": {"link": 1}},
    "keys": {"Contact": "HubSpot_Id__c"},
}
TO_HUBSPOT: dict[str, Any] = {
    "roles": {"hubspot": "target", "salesforce": "source"},
    "objects": {"target": ["contacts"], "links": ["contacts->companies"]},
    "budget": {
        "contacts": {"create": 4, "update": 2, "delete": 1, "unsubscribe": 1},
        "contacts->companies": {"link": 2},
    },
    "keys": {"contacts": "migration_source_id"},
}


def contact(key: str, name: str = "Planted-Surname", **more: Any) -> dict[str, Any]:
    return {"attributes": {"type": "Contact"}, "LastName": name, "HubSpot_Id__c": key, **more}


def upsert(client: httpx.Client, *records: dict[str, Any]) -> httpx.Response:
    body = {"allOrNone": False, "records": list(records)}
    return client.patch(f"{SF}/composite/sobjects/Contact/HubSpot_Id__c", json=body)


def answer_upserts(upstream: Recorder, path: str = f"{SF}/composite/sobjects/Contact/HubSpot_Id__c") -> None:
    """Salesforce's answer: in the order of the rows; the row with key "bad" fails."""

    def make(one: Seen) -> web.Response:
        entries: list[dict[str, Any]] = []
        for number, record in enumerate(orjson.loads(one.body)["records"]):
            if record.get("HubSpot_Id__c") == "bad":
                entries.append(
                    {"success": False, "errors": [{"statusCode": "STRING_TOO_LONG", "message": "", "fields": []}]}
                )
            else:
                key = record.get("HubSpot_Id__c", str(number))
                entries.append(
                    {"id": f"003000000000{key:0>3}AAA", "success": True, "errors": [], "created": key != "2"}
                )
        return web.Response(body=orjson.dumps(entries), headers={"Content-Type": "application/json"})

    upstream.answers["PATCH", path] = make


def ledger(brokers: Brokers) -> Ledger:
    return Ledger(brokers.trusted / "ledger.sqlite", read_only=True)


def test_rows_and_results_are_in_the_ledger_and_values_are_not(brokers: Brokers, upstream: Recorder) -> None:
    handle = brokers.start("live", **LIVE)
    answer_upserts(upstream)
    with brokers.client(handle, "salesforce") as client:
        assert upsert(client, contact("1"), contact("2"), contact("bad")).status_code == 200
    handle.stop()
    book = ledger(brokers)
    assert book.created_ids("Contact") == ["003000000000001AAA"]
    assert book.updated_ids("Contact") == ["003000000000002AAA"]
    assert book.ids_by_key("Contact") == {"1": "003000000000001AAA", "2": "003000000000002AAA"}
    assert book.counts() == {"Contact": {"upsert": 3}}
    assert book.in_doubt() == []
    book.close()
    everything = b"".join(path.read_bytes() for path in brokers.trusted.iterdir() if path.is_file())
    for planted in ("Planted-Surname", HUBSPOT_TOKEN, SF_SECRET, "session-token"):
        assert planted.encode() not in everything
    assert verify_chain(brokers.trusted / "audit.jsonl") == []


def test_the_budget_counts_distinct_rows(brokers: Brokers, upstream: Recorder) -> None:
    handle = brokers.start("live", **LIVE)
    answer_upserts(upstream)
    with brokers.client(handle, "salesforce") as client:
        assert upsert(client, *(contact(str(number)) for number in range(4))).status_code == 200
        assert upsert(client, contact("0", "changed")).status_code == 200  # a row sent again is free
        over = upsert(client, contact("4"), contact("5"))
        assert (over.status_code, over.json()["code"]) == (403, "budget_exceeded")
        assert upsert(client, contact("4")).status_code == 200  # the refused call has used nothing up
        assert upsert(client, contact("5")).json()["code"] == "budget_exceeded"
    assert len(upstream.mutations()) == 3


def test_the_budget_outlives_the_broker(brokers: Brokers, upstream: Recorder) -> None:
    answer_upserts(upstream)
    first = brokers.start("live", **LIVE)
    with brokers.client(first, "salesforce") as client:
        assert upsert(client, *(contact(str(number)) for number in range(5))).status_code == 200
    first.stop()
    second = brokers.start("live", **LIVE)
    with brokers.client(second, "salesforce") as client:
        assert upsert(client, contact("0")).status_code == 200
        assert upsert(client, contact("9")).json()["code"] == "budget_exceeded"
    second.stop()
    assert verify_chain(brokers.trusted / "audit.jsonl") == []


def test_endless_repeats_are_stopped(brokers: Brokers, upstream: Recorder) -> None:
    answer_upserts(upstream)
    handle = brokers.start("live", **LIVE)
    with brokers.client(handle, "salesforce") as client:
        rows = [contact(str(number)) for number in range(5)]
        codes = [upsert(client, *rows).status_code for _ in range(4)]
        assert codes == [200] * 4
        assert upsert(client, rows[0]).json()["code"] == "send_limit_exceeded"


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", f"{SF}/sobjects/Account", {"Name": "x"}, "object_not_planned"),
        ("POST", f"{SF}/composite/sobjects", {"records": [{"attributes": {"type": "Lead"}}]}, "object_not_planned"),
        (
            "POST",
            f"{SF}/composite/sobjects",
            {"records": [contact("1"), {"attributes": {"type": "Lead"}}]},
            "body_unreadable",
        ),
        ("POST", f"{SF}/composite/sobjects", {"records": []}, "body_unreadable"),
        ("POST", f"{SF}/composite/sobjects", {"records": [{"LastName": "x"}]}, "body_unreadable"),
        (
            "PATCH",
            f"{SF}/composite/sobjects",
            {"records": [contact("1", id="003000000000001AAA", Id="x")]},
            "body_unreadable",
        ),
        (
            "POST",
            f"{SF}/composite/sobjects",
            {"records": [{"attributes": {"type": "CampaignMember"}}]},
            "link_not_planned",
        ),
        ("DELETE", f"{SF}/sobjects/Contact/003000000000001AAA", None, "budget_exceeded"),
        ("DELETE", f"{SF}/composite/sobjects?ids=003000000000001AAA,003000000000002AAA", None, "budget_exceeded"),
        ("POST", f"{SF}/tooling/sobjects/CustomField", {"FullName": "Contact.X__c"}, "purpose_forbids"),
        ("GET", f"{SF}/tooling/executeAnonymous/?anonymousBody=x", None, "forbidden_operation"),
        ("POST", f"{SF}/jobs/query", {"operation": "query", "query": "SELECT Id FROM Contact"}, "job_not_planned"),
    ],
)
def test_what_is_not_planned_is_refused(
    refusing: tuple[httpx.Client, Recorder], method: str, path: str, body: Any, code: str
) -> None:
    client, recorder = refusing
    answer = client.request(method, path, json=body) if body is not None else client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert recorder.mutations() == []


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Recorder]]:
    with RecorderThread() as recorder:
        brokers = Brokers(recorder, tmp_path_factory.mktemp("refusing"))
        yield brokers.client(brokers.start("live", **LIVE), "salesforce"), recorder
        brokers.close()


def test_the_source_is_never_written(brokers: Brokers, upstream: Recorder) -> None:
    more = {**LIVE, "objects": {"target": ["Contact", "contacts"]}, "budget": {"contacts": {"create": 9}}}
    handle = brokers.start("live", **more)
    with brokers.client(handle, "hubspot") as client:
        answer = client.post("/crm/v3/objects/contacts", json={"properties": {}})
    assert answer.json()["code"] == "write_to_source"
    assert upstream.mutations() == []


def test_a_link_record_counts_as_a_link(brokers: Brokers, upstream: Recorder) -> None:
    handle = brokers.start("live", **LIVE)
    path = f"{SF}/composite/sobjects"
    upstream.json("POST", path, 200, [{"id": "00K000000000001AAA", "success": True, "errors": []}])
    role = {"attributes": {"type": "OpportunityContactRole"}, "OpportunityId": "006", "ContactId": "003"}
    with brokers.client(handle, "salesforce") as client:
        assert client.post(path, json={"records": [role]}).status_code == 200
        assert client.post(path, json={"records": [{**role, "ContactId": "0031"}]}).json()["code"] == "budget_exceeded"
    handle.stop()
    book = ledger(brokers)
    assert book.created_ids("OpportunityContactRole") == ["00K000000000001AAA"]
    book.close()


def test_hubspot_rows_are_told_apart_by_content_not_by_trace_id(brokers: Brokers, upstream: Recorder) -> None:
    """A trace id is the sender's choice for one call: were it the key, every batch of row-0 to row-99 after the first would be free."""
    handle = brokers.start("live", **TO_HUBSPOT)
    path = "/crm/v3/objects/contacts/batch/create"
    results = [{"id": "501", "objectWriteTraceId": "row-1"}, {"id": "500", "objectWriteTraceId": "row-0"}]
    upstream.json("POST", path, 201, {"status": "COMPLETE", "results": results})

    def create(client: httpx.Client, *keys: str) -> httpx.Response:
        rows = [
            {"objectWriteTraceId": f"row-{n}", "properties": {"migration_source_id": key}} for n, key in enumerate(keys)
        ]
        return client.post(path, json={"inputs": rows})

    with brokers.client(handle) as client:
        assert create(client, "a1", "a2").status_code == 201
        assert create(client, "a3", "a4").status_code == 201
        assert create(client, "a5", "a6").json()["code"] == "budget_exceeded"
        inline = {"inputs": [{"properties": {}, "associations": [{"to": {"id": "1"}, "types": []}]}]}
        assert client.post(path, json=inline).json()["code"] == "link_not_planned"
    handle.stop()
    book = ledger(brokers)
    assert book.ids_by_key("contacts")["a1"] == "500"
    assert book.ids_by_key("contacts")["a2"] == "501"
    book.close()


def test_hubspot_links_deletions_and_opt_outs_have_budgets_of_their_own(brokers: Brokers, upstream: Recorder) -> None:
    handle = brokers.start("live", **TO_HUBSPOT)
    path = "/crm/v4/associations/contacts/companies/batch/create"
    upstream.json("POST", path, 201, {"results": []})
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]

    def link(client: httpx.Client, *pairs: tuple[str, str], to: str = "companies") -> httpx.Response:
        inputs = [{"from": {"id": a}, "to": {"id": b}, "types": types} for a, b in pairs]
        return client.post(path.replace("companies", to), json={"inputs": inputs})

    with brokers.client(handle) as client:
        assert link(client, ("1", "2"), ("1", "3")).status_code == 201
        assert link(client, ("4", "2")).json()["code"] == "budget_exceeded"
        assert link(client, ("1", "2"), to="deals").json()["code"] == "link_not_planned"
        archive = "/crm/v3/objects/contacts/batch/archive"
        assert client.post(archive, json={"inputs": [{"id": "1"}]}).status_code == 200
        assert client.post(archive, json={"inputs": [{"id": "2"}]}).json()["code"] == "budget_exceeded"
        out = "/communication-preferences/v4/statuses/{}/unsubscribe-all?channel=EMAIL"
        assert client.post(out.format("planted%40person.co")).status_code == 200
        assert client.post(out.format("other%40person.co")).json()["code"] == "budget_exceeded"
    handle.stop()
    book = ledger(brokers)
    assert book.links() == [("contacts->companies", "1:2"), ("contacts->companies", "1:3")]
    book.close()
    for name in ("ledger.sqlite", "audit.jsonl"):
        assert b"planted" not in (brokers.trusted / name).read_bytes()


def test_a_write_without_an_answer_is_in_doubt_and_never_sent_again(brokers: Brokers, upstream: Recorder) -> None:
    handle = brokers.start("live", **LIVE)
    path = f"{SF}/sobjects/Contact/003000000000001AAA"
    upstream.hang_up.add(("PATCH", path))
    upstream.json("POST", f"{SF}/sobjects/Contact", 503, [{"errorCode": "SERVER_UNAVAILABLE"}], {"Retry-After": "1"})
    with brokers.client(handle, "salesforce") as client:
        reset = client.patch(path, json={"LastName": "x"})
        assert (reset.status_code, reset.headers["X-Broker-Upstream"]) == (502, "unknown")
        busy = client.post(f"{SF}/sobjects/Contact", json={"HubSpot_Id__c": "7"})
        assert (busy.status_code, busy.headers.get("X-Broker-Retry-After")) == (503, None), "it could be there"
    assert len(upstream.mutations()) == 2
    handle.stop()
    book = ledger(brokers)
    assert [(send.operation, send.keys, send.outcome) for send in book.in_doubt()] == [
        ("update", ("003000000000001AAA",), "unknown"),
        ("create", ("7",), "unknown"),
    ]
    assert list(book.creates_in_doubt("Contact")) == ["7"]
    book.close()


def test_an_undo_touches_listed_ids_only(brokers: Brokers, upstream: Recorder) -> None:
    undo = {"Contact": {"delete": ["003000000000001AAA"], "update": ["003000000000002AAA"]}}
    handle = brokers.start("undo", undo=undo)
    with brokers.client(handle, "salesforce") as client:
        assert client.delete(f"{SF}/composite/sobjects?ids=003000000000001AAA&allOrNone=false").status_code == 200
        assert client.patch(f"{SF}/sobjects/Contact/003000000000002AAA", json={"LastName": "x"}).status_code == 200
        for refused in (
            client.delete(f"{SF}/composite/sobjects?ids=003000000000001AAA,003000000000002AAA"),
            client.delete(f"{SF}/sobjects/Contact/003000000000002AAA"),
            client.patch(f"{SF}/sobjects/Contact/003000000000001AAA", json={"LastName": "x"}),
            client.delete(f"{SF}/sobjects/Account/003000000000001AAA"),
            upsert(client, contact("1")),
            client.post(f"{SF}/sobjects/Contact", json={"LastName": "x"}),
        ):
            assert refused.json()["code"] == "not_in_undo"
    assert len(upstream.mutations()) == 2


def test_a_schema_run_makes_exactly_the_approved_changes(brokers: Brokers, upstream: Recorder) -> None:
    operations = [
        {
            "method": "POST",
            "path": "/crm/v3/properties/contacts",
            "name": "migration_source_id",
            "connection": "hubspot",
        },
        {"method": "POST", "path": f"{SF}/tooling/sobjects/CustomField", "name": "Contact.HubSpot_Id__c"},
    ]
    handle = brokers.start("schema", schema_operations=operations)
    with brokers.client(handle) as client:
        assert client.post("/crm/v3/properties/contacts", json={"name": "migration_source_id"}).status_code == 200
        for refused in (
            client.post("/crm/v3/properties/contacts", json={"name": "another"}),
            client.post("/crm/v3/properties/deals", json={"name": "migration_source_id"}),
            client.patch("/crm/v3/properties/contacts/migration_source_id", json={"label": "x"}),
        ):
            assert refused.json()["code"] == "schema_not_planned"
        assert client.post("/crm/v3/properties/contacts", json={"label": "x"}).json()["code"] == "body_unreadable"
        assert client.post("/crm/v3/objects/contacts", json={"properties": {}}).json()["code"] == "purpose_forbids"
    with brokers.client(handle, "salesforce") as client:
        path = f"{SF}/tooling/sobjects/CustomField"
        assert client.post(path, json={"FullName": "Contact.HubSpot_Id__c"}).status_code == 200
        assert client.post(path, json={"FullName": "Contact.Other__c"}).json()["code"] == "schema_not_planned"
    assert len(upstream.mutations()) == 2


def test_a_changed_audit_line_is_found(brokers: Brokers, upstream: Recorder) -> None:
    answer_upserts(upstream)
    handle = brokers.start("live", **LIVE)
    with brokers.client(handle, "salesforce") as client:
        for number in range(3):
            upsert(client, contact(str(number)))
    handle.stop()
    path = brokers.trusted / "audit.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    assert len(lines) >= 6
    for tampered in (
        [lines[0].replace(b'"rows":1', b'"rows":2'), *lines[1:]],
        [*lines[:2], *lines[3:]],
        [lines[1], lines[0], *lines[2:]],
        lines[1:],
    ):
        path.write_bytes(b"".join(tampered))
        assert verify_chain(path) != []
    path.write_bytes(b"".join(lines))
    assert verify_chain(path) == []
