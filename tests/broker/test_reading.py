"""Reads go through, with the credential added and nothing of ours or theirs carried over that should not be."""

from __future__ import annotations

import httpx

from tests.broker.conftest import HUBSPOT_TOKEN, Brokers
from tests.broker.recorder import ORG, Recorder


def test_connections_tell_facts_and_no_secret(brokers: Brokers) -> None:
    handle = brokers.start()
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(handle.socket), verify=False)) as client:
        reply = client.get("http://broker/connections")
    document = reply.json()
    assert document["purpose"] == "discover"
    hubspot, salesforce = document["connections"]
    assert hubspot["base_url"] == "https://api.hubapi.com"
    assert hubspot["account"] == {"id": "4242", "name": "Practice", "currency": None, "time_zone": None}
    assert hubspot["environment"] == "lab"
    assert salesforce["base_url"] == "https://lab-salesforce.my.salesforce.com"
    assert salesforce["account"]["id"] == ORG
    assert salesforce["user_id"] == "005000000000001AAA"
    assert "planted" not in reply.text


def test_a_read_is_forwarded_with_the_very_bytes_and_the_credential(brokers: Brokers, upstream: Recorder) -> None:
    handle = brokers.start()
    upstream.json(
        "GET", "/crm/v3/objects/contacts", 200, {"results": []}, {"Set-Cookie": "a=b", "X-HubSpot-RateLimit-Max": "190"}
    )
    target = "/crm/v3/objects/contacts?limit=100&properties=email&properties=lastname&after=NTI1Cg%3D%3D"
    with brokers.client(handle) as client:
        reply = client.get(target, headers={"Authorization": "Bearer placeholder", "Cookie": "x=y", "X-Api-Token": "z"})
    assert reply.json() == {"results": []}
    assert "set-cookie" not in reply.headers
    assert reply.headers["x-hubspot-ratelimit-max"] == "190"
    arrived = upstream.seen[-1]
    assert arrived.target == target
    assert arrived.headers["Authorization"] == f"Bearer {HUBSPOT_TOKEN}"
    assert not {"Cookie", "X-Api-Token", "X-CRM-Connection"} & set(arrived.headers)


def test_a_post_that_reads_is_a_read(brokers: Brokers, upstream: Recorder) -> None:
    handle = brokers.start("dry")
    with brokers.client(handle) as client:
        assert client.post("/crm/v3/objects/contacts/search", json={"limit": 1}).status_code == 200
        assert client.post("/crm/v3/objects/contacts/batch/read", json={"inputs": []}).status_code == 200
        refused = client.post("/crm/v3/objects/contacts", json={"properties": {"email": "a@b.co"}})
    assert refused.status_code == 403
    assert refused.headers["X-Broker-Refused"] == "1"
    assert refused.json()["code"] == "write_in_dry_run"
    assert [one.target for one in upstream.mutations()] == [
        "/crm/v3/objects/contacts/search",
        "/crm/v3/objects/contacts/batch/read",
    ]
