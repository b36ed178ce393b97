"""Opt-outs as HubSpot keeps them (doc "Subscriptions API")."""

from collections.abc import Callable

import httpx
import pytest

from sdrbot_skills import lab
from tests.lab.conftest import client_for

BASE = "/communication-preferences/v4"


def opted_out(http: httpx.Client, contact: str) -> str | None:
    shown = http.get(f"/crm/v3/objects/contacts/{contact}?properties=hs_email_optout").json()
    value: str | None = shown["properties"]["hs_email_optout"]
    return value


@pytest.mark.parametrize("base", [BASE, "/communication-preferences/2026-03"])
def test_unsubscribing_from_all_shows_on_the_contact(http: httpx.Client, create: Callable[..., str], base: str) -> None:
    contact = create("contacts", email="a@x.example")
    path = f"{base}/statuses/a%40x.example/unsubscribe-all?channel=EMAIL"
    assert http.get(path).json()["results"] == []
    assert opted_out(http, contact) is None
    told = http.post(f"{path}&verbose=true")
    assert told.status_code == 200
    assert told.json()["results"][0]["wideStatusType"] == "PORTAL_WIDE"
    assert opted_out(http, contact) == "true"
    filters = [{"propertyName": "hs_email_optout", "operator": "EQ", "value": "true"}]
    search = http.post("/crm/v3/objects/contacts/search", json={"filterGroups": [{"filters": filters}]})
    assert search.json()["total"] == 1


def test_the_property_itself_cannot_be_written(http: httpx.Client, create: Callable[..., str]) -> None:
    contact = create("contacts", email="a@x.example")
    for name in ("hs_email_optout", "hs_marketable_status"):
        answer = http.patch(f"/crm/v3/objects/contacts/{contact}", json={"properties": {name: "true"}})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"] == "READ_ONLY_VALUE"


def test_an_opted_out_address_stays_so_for_a_later_contact(http: httpx.Client, create: Callable[..., str]) -> None:
    http.post(f"{BASE}/statuses/later@x.example/unsubscribe-all?channel=EMAIL")
    assert opted_out(http, create("contacts", email="LATER@x.example")) == "true"
    other = create("contacts", email="other@x.example")
    http.patch(f"/crm/v3/objects/contacts/{other}", json={"properties": {"firstname": "O"}})
    assert opted_out(http, other) is None


def test_topics_and_the_reason_that_must_never_be_seen(http: httpx.Client, create: Callable[..., str]) -> None:
    create("contacts", email="a@x.example")
    topics = http.get(f"{BASE}/definitions").json()["results"]
    topic = topics[0]["id"]
    path = f"{BASE}/statuses/a%40x.example"

    def put(state: str) -> str:
        body = {"channel": "EMAIL", "statusState": state, "subscriptionId": int(topic), "legalBasis": "NON_GDPR"}
        return str(http.post(path, json=body).json()["setStatusSuccessReason"])

    assert put("UNSUBSCRIBED") == "REQUESTED_CHANGE_OCCURRED"
    assert put("UNSUBSCRIBED") == "NO_STATUS_CHANGE"
    rows = {row["subscriptionId"]: row["status"] for row in http.get(f"{path}?channel=EMAIL").json()["results"]}
    assert rows == {1001: "UNSUBSCRIBED", 1002: "NOT_SPECIFIED"}
    v3 = {"emailAddress": "a@x.example", "subscriptionId": topic}
    assert http.post("/communication-preferences/v3/subscribe", json=v3).status_code == 400
    assert put("SUBSCRIBED") == "RESUBSCRIBE_OCCURRED"


def test_scopes_and_the_channel_are_needed(hubspot: lab.Emulator, http: httpx.Client) -> None:
    assert http.post(f"{BASE}/statuses/a@x.example/unsubscribe-all").status_code == 400
    batch = {"inputs": [{"channel": "EMAIL", "subscriberIdString": "a@x.example"}]}
    assert http.post(f"{BASE}/statuses/batch/unsubscribe-all", json=batch).status_code == 403
    made = hubspot.control("tokens", scopes=["communication_preferences.read"])
    with client_for(hubspot, made["access_token"]) as client:
        path = f"{BASE}/statuses/a@x.example/unsubscribe-all?channel=EMAIL"
        assert client.get(path).status_code == 200
        assert client.post(path).status_code == 403
