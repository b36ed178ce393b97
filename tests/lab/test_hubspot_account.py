"""Tokens, scopes, limits and account facts as HubSpot answers them."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sdrbot_skills import lab
from tests.lab.conftest import client_for

CONTACTS = "/crm/v3/objects/contacts"


def with_token(hubspot: lab.Emulator, **wanted: Any) -> tuple[httpx.Client, dict[str, Any]]:
    made = hubspot.control("tokens", **wanted)
    return client_for(hubspot, made["access_token"]), made


def test_without_a_known_token_there_is_401(hubspot: lab.Emulator) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}):
        answer = httpx.get(hubspot.base_url + CONTACTS, headers=headers, trust_env=False)
        assert answer.status_code == 401
        assert answer.json()["category"] == "INVALID_AUTHENTICATION"


def test_missing_scopes_are_named(hubspot: lab.Emulator) -> None:
    client, _ = with_token(hubspot, scopes=["crm.objects.contacts.read"])
    with client:
        assert client.get(CONTACTS).status_code == 200
        answer = client.post(CONTACTS, json={"properties": {}})
        assert answer.status_code == 403
        assert answer.json()["category"] == "MISSING_SCOPES"
        (error,) = answer.json()["errors"]
        assert error["context"] == {"requiredGranularScopes": ["crm.objects.contacts.write"]}
        assert client.get("/crm/v3/objects/companies").status_code == 403
        assert client.get("/crm/v3/owners").status_code == 403
        assert client.get("/crm/v3/properties/contacts").status_code == 200
        assert client.post("/crm/v3/properties/contacts", json={}).status_code == 403
        assert client.get("/crm/v3/properties/contacts?dataSensitivity=sensitive").status_code == 403
        assert client.get("/account-info/v3/details").status_code == 200


def test_sensitive_columns_and_mail_texts_are_silently_absent(hubspot: lab.Emulator, http: httpx.Client) -> None:
    field = {"name": "health", "label": "H", "type": "string", "fieldType": "text", "groupName": "contactinformation"}
    assert http.post("/crm/v3/properties/contacts", json={**field, "dataSensitivity": "sensitive"}).status_code == 201
    assert "health" not in {row["name"] for row in http.get("/crm/v3/properties/contacts").json()["results"]}
    record = http.post(CONTACTS, json={"properties": {"email": "a@x.example", "health": "good"}}).json()["id"]
    assert "health" not in http.get(f"{CONTACTS}/{record}?properties=health").json()["properties"]
    scopes = ["crm.objects.contacts.read", "crm.objects.contacts.sensitive.read.v2"]
    client, _ = with_token(hubspot, scopes=scopes)
    mail = http.post("/crm/v3/objects/emails", json={"properties": {"hs_email_text": "secret"}}).json()["id"]
    with client:
        listed = client.get("/crm/v3/properties/contacts?dataSensitivity=sensitive").json()["results"]
        assert [row["name"] for row in listed] == ["health"]
        assert client.get(f"{CONTACTS}/{record}?properties=health").json()["properties"]["health"] == "good"
        shown = client.get(f"/crm/v3/objects/emails/{mail}?properties=hs_email_text").json()
        assert "hs_email_text" not in shown["properties"]


def test_oauth_tokens_expire_and_are_refreshed(hubspot: lab.Emulator) -> None:
    client, made = with_token(hubspot, kind="oauth", expires_in=1800)
    with client:
        assert "X-HubSpot-RateLimit-Daily" not in client.get(CONTACTS).headers
        hubspot.advance_clock(1807)
        answer = client.get(CONTACTS)
        assert answer.status_code == 401
        assert answer.json()["category"] == "EXPIRED_AUTHENTICATION"
        assert answer.json()["message"] == "The OAuth token used to make this call expired 7 second(s) ago."
        form = {name: made[name] for name in ("client_id", "client_secret", "refresh_token")}
        for path in ("/oauth/v1/token", "/oauth/v3/token"):
            fresh = client.post(path, data={"grant_type": "refresh_token", **form}).json()
            assert (fresh["expires_in"], fresh["token_type"]) == (1800, "bearer")
        client.headers["Authorization"] = f"Bearer {fresh['access_token']}"
        assert client.get(CONTACTS).status_code == 200
        told = client.get(f"/oauth/v1/access-tokens/{fresh['access_token']}").json()
        assert str(told["hub_id"]) == hubspot.account["id"]
        refused = client.post("/oauth/v1/token", data={"grant_type": "refresh_token", **form, "refresh_token": "x"})
        assert refused.status_code == 400
        assert (refused.json()["error"], refused.json()["status"]) == ("invalid_grant", "BAD_REFRESH_TOKEN")


def test_a_private_token_tells_its_scopes(hubspot: lab.Emulator) -> None:
    client, made = with_token(hubspot, scopes=["crm.objects.contacts.read"])
    path = "/oauth/v2/private-apps/get/access-token-info"
    with client:
        told = client.post(path, json={"tokenKey": made["access_token"]}).json()
        assert told["scopes"] == ["crm.objects.contacts.read"]
        assert str(told["hubId"]) == hubspot.account["id"]
        assert client.post(path, json={"tokenKey": "other"}).status_code == 404


def test_introspection_tells_user_level_tokens(hubspot: lab.Emulator, http: httpx.Client) -> None:
    made = hubspot.control("tokens", kind="oauth", user_level=True)
    told = http.post("/oauth/2026-03/token/introspect", data={"token": made["access_token"]}).json()
    assert told["active"] is True
    assert told["signed_access_token"]["isUserLevel"] is True
    assert http.post("/oauth/2026-03/token/introspect", data={"token": "x"}).json() == {"active": False}


def test_from_2026_09_on_a_users_token_cannot_link_without_permission(hubspot: lab.Emulator) -> None:
    client, _ = with_token(hubspot, kind="oauth", user_level=True)
    body = {"inputs": [{"from": {"id": "1"}, "to": {"id": "2"}}]}
    tail = "contacts/companies/batch/associate/default"
    with client:
        assert client.post(f"/crm/associations/2026-03/{tail}", json=body).status_code == 207
        assert client.post(f"/crm/associations/2026-09/{tail}", json=body).status_code == 403


def test_account_and_capacity(hubspot: lab.Emulator, http: httpx.Client) -> None:
    details = http.get("/account-info/2026-03/details").json()
    assert str(details["portalId"]) == hubspot.account["id"]
    assert details["accountType"] == "DEVELOPER_TEST"
    http.post(CONTACTS, json={"properties": {"email": "a@x.example"}})
    rows = http.get("/crm/limits/2026-03/records").json()["hubspotDefinedObjectTypes"]
    assert {row["objectTypeId"]: row["usage"] for row in rows}["0-1"] == 1
    limits = http.get("/crm/v3/limits/custom-properties").json()
    assert {row["objectTypeId"]: row["limit"] for row in limits["byObjectType"]}["0-1"] == 1000
    usage = http.get("/account-info/2026-03/api-usage/daily/private-apps").json()["results"][0]
    assert usage["currentUsage"] > 0


@pytest.fixture(scope="module")
def metered() -> Iterator[lab.Emulator]:
    with lab.running("hubspot", limits="vendor", name="metered") as emulator:
        yield emulator


def token_of(emulator: lab.Emulator) -> str:
    return emulator.env["HUBSPOT_ACCESS_TOKEN__METERED"]


def test_the_ten_second_window(metered: lab.Emulator) -> None:
    with client_for(metered, token_of(metered)) as client:
        metered.advance_clock(20)
        left = [int(client.get("/crm/v3/owners").headers["X-HubSpot-RateLimit-Remaining"]) for _ in range(190)]
        assert left == list(range(189, -1, -1))
        answer = client.get("/crm/v3/owners")
        assert answer.status_code == 429
        assert answer.json()["policyName"] == "TEN_SECONDLY_ROLLING"
        assert answer.json()["errorType"] == "RATE_LIMIT"
        assert "Retry-After" not in answer.headers
        metered.advance_clock(10)
        fine = client.get("/crm/v3/owners")
        assert fine.status_code == 200
        assert fine.headers["X-HubSpot-RateLimit-Max"] == "190"
        assert fine.headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
        assert fine.headers["X-HubSpot-RateLimit-Daily"] == "625000"


def test_five_searches_a_second(metered: lab.Emulator) -> None:
    with client_for(metered, token_of(metered)) as client:
        metered.advance_clock(20)
        answers = [client.post(f"{CONTACTS}/search", json={}) for _ in range(12)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused
        assert refused[0].json()["message"] == "You have reached your secondly limit."


def test_another_name_is_another_account(metered: lab.Emulator, hubspot: lab.Emulator) -> None:
    assert metered.account["id"] != hubspot.account["id"]
    assert set(metered.env) == {"HUBSPOT_ACCESS_TOKEN__METERED", "HUBSPOT_BASE_URL__METERED"}
    assert token_of(metered) != hubspot.env["HUBSPOT_ACCESS_TOKEN"]
